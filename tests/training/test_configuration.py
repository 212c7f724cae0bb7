from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.errors import InputError
from heartsay.experiments.configurations import load
from heartsay.training.configuration import Configuration
from heartsay.training.yaml_settings import checked, read_settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def test_what_is_not_stated_has_its_default(path: Path) -> None:
    path.write_text("name: mine\nepochs: 2\n")
    assert checked(Configuration, read_settings(path), path) == Configuration(name="mine", epochs=2)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("name: mine\nepoch: 3\n", "epoch"),
        ("name: mine\nepochs: 0\n", "epochs"),
        ("name: mine\nepochs: many\n", "epochs"),
        ("name: mine\nencoder_learning_rate: 0\n", "encoder_learning_rate"),
        ("name: mine\nhead_learning_rate: .nan\n", "head_learning_rate"),
        ("name: mine\ndropout: 1.0\n", "dropout"),
        ("name: mine\nwarmup: -0.1\n", "warmup"),
        ("name: mine\npair_weight: -1\n", "pair_weight"),
        ("epochs: 3\n", "name"),
        ("name: mine\nrpcl: {spoil: modality}\n", "rpcl"),
        ("name: mine\nrpcl: {cause_weight: 0}\n", "rpcl"),
        ("name: mine\nagreement: 1\nrpcl: {}\n", "rpcl"),
    ],
)
def test_a_bad_setting_is_named(path: Path, text: str, setting: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        checked(Configuration, read_settings(path), path)
    assert caught.value.where == f"{path}, {setting}"
    assert "encoder_learning_rate" in caught.value.do  # the settings that there are


@pytest.mark.parametrize("bad", ["rate: 1.5", "rivals: 0", "margin_weight: -1", "ramp: .nan", "rates: 0.3"])
def test_a_bad_setting_of_rpcl_is_named_among_those_of_rpcl(path: Path, bad: str) -> None:
    path.write_text(f"name: mine\nrpcl: {{{bad}}}\n")
    with pytest.raises(InputError) as caught:
        checked(Configuration, read_settings(path), path)
    assert caught.value.where == f"{path}, rpcl.{bad.partition(':')[0]}"
    assert "alignment_weight" in caught.value.do


def test_the_arms_end_to_end_differ_in_rpcl_alone() -> None:
    base, other = load("small"), load("small-rpcl")
    assert isinstance(base, Configuration)
    assert isinstance(other, Configuration)
    assert base.rpcl is None
    assert other.rpcl is not None
    assert other.rpcl.second_reading
    assert other.rpcl.margin_weight > 0
    assert other.model_copy(update={"name": base.name, "rpcl": None}) == base


@pytest.mark.parametrize(
    "content", [b"name: [mine", b"\tname: mine", b"name: \xff\xfe", b"", b"mine", b"- mine"]
)
def test_what_is_no_mapping_in_yaml_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"mine\.yaml: expected"):
        checked(Configuration, read_settings(path), path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.yaml", tmp_path):
        with pytest.raises(InputError, match="expected a YAML file"):
            checked(Configuration, read_settings(path), path)


def test_yaml_that_would_run_code_is_refused(path: Path) -> None:
    path.write_text("name: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(InputError, match="expected YAML"):
        checked(Configuration, read_settings(path), path)
