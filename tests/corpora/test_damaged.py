"""What is damaged, or of another structure within, is refused in one line, whichever reader takes it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.dummies import feature_files

from heartsay.atomic import read_arrays
from heartsay.cli.labels import own_labels
from heartsay.corpora import iemocap_features, meld_voices, reccon
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.corpora.tables import read_table
from heartsay.errors import HeartsayError, InputError, ModelError
from heartsay.evidence.reading import Reading
from heartsay.evidence.store import read_store
from heartsay.explanation.annotations import single
from heartsay.labels import EMOTIONS

DEEP, LONG = "[" * 100_000, "9" * 5_000


def test_a_sentence_is_one_line() -> None:
    assert (
        str(InputError(expected="a\nb", found="c\r\nd", where="x", do="y"))
        == "x: expected a b, found c d; y."
    )
    assert str(ModelError("a\n\nb")) == "a  b"


@pytest.mark.parametrize("text", [DEEP, LONG, f'{{"a": {LONG}}}'])
def test_json_that_python_cannot_hold(text: str, tmp_path: Path) -> None:
    class Model:
        labels = EMOTIONS

    path = tmp_path / "a.json"
    path.write_text(text)
    for read in (single, lambda p: reccon.read(p, "train")):
        with pytest.raises(InputError):
            read(path)
    path.write_text('{"livid": ' + text)
    with pytest.raises(InputError):
        own_labels(Model(), None, str(path))  # type: ignore[arg-type]


@pytest.mark.parametrize("cut", [4, 60, 200, -20, -3])
def test_archives_cut_and_overwritten(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, id=np.array(["x"]), features=np.ones((1, 47)))
    data = path.read_bytes()
    for spoilt in (data[:cut], data[:cut] + b"(\xff[" + data[cut + 3 :], b"\x93NUMPY\x01\x00", b""):
        path.write_bytes(spoilt)
        try:
            read_arrays(path)
        except ValueError:
            with pytest.raises(InputError):
                meld_voices.read_voices(path, "train")
            with pytest.raises(ModelError):
                Reading.load(path)


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (0, np.array(["x", ""])),
        (1, {"Ses01F_impro01": [[1, [2]], "F", "M"]}),
        (2, {"Ses01F_impro01": np.array([{}, None, 1], object)}),
        (3, {"Ses01F_impro01": [{}, [], None]}),
        (7, {"Ses01F_impro01": None}),
        (7, [float("nan"), 2**70]),
    ],
)
def test_a_feature_file_of_another_structure(item: int, value: Any, tmp_path: Path) -> None:
    items = feature_files.iemocap_items()
    items[item] = value
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(items))
    with pytest.raises(InputError):
        iemocap_features.read(load_pickle(path), path)


def test_rows_of_a_table_that_are_cut_or_too_long(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1\n1,2,3\n")
    assert read_table(path, ("a", "b"), "x") == [{"a": "1", "b": ""}, {"a": "1", "b": "2"}]
    path.write_bytes(b"a,b\n\xe6,1\n")
    with pytest.raises(InputError, match="UTF-8"):
        read_table(path, ("a", "b"), "x")


@pytest.mark.parametrize("change", [{"classes": [{}]}, {"splits": [["x"]]}, {"features": [3]}, {"key": None}])
def test_a_store_whose_manifest_says_something_else(change: dict[str, Any], tmp_path: Path) -> None:
    good = {"store": 1, "corpus": "x", "licence": "x", "classes": [], "features": [], "splits": []}
    (tmp_path / "store.json").write_text(json.dumps({**good, "problems": [], "key": "k"}))
    assert read_store(tmp_path).corpus == "x"
    (tmp_path / "store.json").write_text(json.dumps({**good, "problems": [], "key": "k", **change}))
    with pytest.raises(HeartsayError):
        read_store(tmp_path)


def test_readings_whose_columns_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "readings.npz"
    three = {name: np.zeros(3, np.int64) for name in ("conversation", "position", "gold", "speaker")}
    texts = {name: np.array(["a"] * 3) for name in ("utterance", "split")}
    lists = {name: np.array(["a"]) for name in ("conversations", "classes", "modalities")}
    good = {**three, **texts, **lists, "logits/full": np.zeros((3, 1))}
    np.savez(path, **good)
    assert len(Reading.load(path)) == 3
    for change in ({"gold": np.array(1)}, {"logits/full": np.zeros((2, 1))}, {"split": np.array("a")}):
        np.savez(path, **{**good, **change})
        with pytest.raises(ModelError):
            Reading.load(path)
