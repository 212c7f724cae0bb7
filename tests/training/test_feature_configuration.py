from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.errors import InputError
from heartsay.training.feature_configuration import (
    FeatureConfiguration,
    Part,
)
from heartsay.training.yaml_settings import checked, read_settings

WHOLE = """
name: mine
corpus: meld-voices
modalities: [text, voice]
backbone: {name: m3net, settings: {hidden: 64}}
objective: {name: cmerc, settings: {curriculum: null}}
task_loss: {name: focal, gamma: 2, class_weights: inverse_frequency}
epochs: 3
learning_rate: 1e-3
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def test_every_setting_is_read(path: Path) -> None:
    path.write_text(WHOLE)
    read = checked(FeatureConfiguration, read_settings(path), path)
    assert read.modalities == ("text", "voice")
    assert read.backbone == Part(name="m3net", settings={"hidden": 64})
    assert read.objective.settings == {"curriculum": None}
    assert (read.task_loss.gamma, read.task_loss.class_weights) == (2.0, "inverse_frequency")
    assert (read.epochs, read.learning_rate, read.gradient_norm) == (3, 1e-3, None)
    assert FeatureConfiguration.model_validate(read.model_dump(mode="json")) == read


def test_the_base_method_differs_in_the_objective_alone(path: Path) -> None:
    path.write_text(WHOLE)
    read = checked(FeatureConfiguration, read_settings(path), path)
    base = read.without_objective()
    changed = {
        name for name in FeatureConfiguration.model_fields if getattr(base, name) != getattr(read, name)
    }
    assert changed == {"name", "objective"}
    assert base.objective == Part(name="base")


@pytest.mark.parametrize(
    ("line", "setting", "known"),
    [
        ("epoch: 3", "epoch", "epochs"),
        ("epochs: 0", "epochs", "epochs"),
        ("batch_size: 0", "batch_size", "batch_size"),
        ("learning_rate: .nan", "learning_rate", "learning_rate"),
        ("gradient_norm: 0", "gradient_norm", "gradient_norm"),
        ("modalities: []", "modalities", "modalities"),
        ("removal: everything", "removal", "removal"),
        ("backbone: {nam: m3net}", "backbone.name", "settings"),
        ("task_loss: {name: hinge}", "task_loss.name", "class_weights"),
        ("task_loss: {gama: 1}", "task_loss.gama", "gamma"),
    ],
)
def test_a_bad_setting_is_named_beside_those_that_there_are(
    path: Path, line: str, setting: str, known: str
) -> None:
    name = line.partition(":")[0]
    lines = ["name: mine", "corpus: composed", "backbone: {name: m3net}", "epochs: 3"]
    path.write_text("\n".join([*(x for x in lines if not x.startswith(f"{name}:")), line]))
    with pytest.raises(InputError) as caught:
        checked(FeatureConfiguration, read_settings(path), path)
    assert caught.value.where == f"{path}, {setting}"
    assert known in caught.value.do
