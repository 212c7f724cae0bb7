"""What a store holds comes back as Evidence, and what it lacks is absent and not zero."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.store import MANIFEST, Feature, Store, read_store
from heartsay.evidence.store_files import digest, write_index, write_manifest, write_split

RANDOM = np.random.default_rng(1)
WIDTHS = {"voice47": 3, "egemaps": 2, "text-tiny": 4, "log-mel": 5}
MODALITIES = {"text-tiny": "text"}


def feature(name: str) -> Feature:
    modality = MODALITIES.get(name, "voice")
    return Feature(name, modality, name, "1", WIDTHS[name], 16_000, name == "log-mel", "our own")


def write(folder: Path, names: tuple[str, ...] = ("voice47", "text-tiny"), **changes: Any) -> Store:
    """Two conversations for training, one for the others; the second utterance of each has no voice."""
    folder.mkdir()
    features = {name: feature(name) for name in names}
    index = []
    splits = changes.pop("splits", ("train", "dev", "test"))
    for split in splits:
        talk = [(f"{split}{c}", u) for c in range(2 if split == "train" else 1) for u in range(3)]
        for name, one in features.items():
            absent = [one.modality == "voice" and u == 1 for _, u in talk]
            rows = [RANDOM.normal(size=(0 if a else 1, one.width)).astype(np.float32) for a in absent]
            write_split(folder / split, name, rows, one.width)
            for (conversation, u), values in zip(talk, rows, strict=True):
                row = {"split": split, "conversation": conversation, "utterance": f"{conversation}_{u}"}
                row |= {"speaker": "AB"[u % 2], "emotion": ("joy", None, "anger")[u], "feature": name}
                index.append({**row, "rows": len(values), "row_sha256": digest(values)})
    stated: dict[str, Any] = {"corpus": "own", "licence": "our own", "classes": ("joy", "anger")}
    stated |= {"features": features, "splits": splits, "problems": (), "key": "k"}
    store = Store(folder, **{**stated, **changes})
    write_index(folder, index)
    write_manifest(store)
    return store


def test_it_comes_back_as_evidence(tmp_path: Path) -> None:
    write(tmp_path / "store")
    store = read_store(tmp_path / "store")
    corpus = store.evidence_corpus()
    assert (corpus.name, corpus.classes, corpus.widths) == (
        "store-own",
        ("joy", "anger"),
        {"text": 4, "voice": 3},
    )
    assert [c.id for c in corpus.splits["train"]] == ["train0", "train1"]
    second = corpus.splits["train"][1]
    assert second.evidence.utterances == ("train1_0", "train1_1", "train1_2")
    assert second.evidence.speaker.tolist() == [0, 1, 0]
    assert second.emotion.tolist() == [0, UNLABELLED, 1]
    assert second.evidence.present["voice"].tolist() == [True, False, True]
    assert second.evidence.present["text"].all()
    rows = store.rows("train", "voice47")
    assert [len(r) for r in rows] == [1, 0, 1, 1, 0, 1]
    np.testing.assert_array_equal(second.evidence.features["voice"][2], rows[5][0])


def test_of_several_features_of_a_modality_one_is_named(tmp_path: Path) -> None:
    store = write(tmp_path / "store", ("voice47", "egemaps", "text-tiny", "log-mel"))
    with pytest.raises(InputError, match=r"one feature of the voice, found voice47, egemaps"):
        store.evidence_corpus()
    assert store.evidence_corpus(["egemaps"]).widths == {"voice": 2}
    assert store.evidence_corpus(["egemaps", "text-tiny"]).widths == {"text": 4, "voice": 2}
    with pytest.raises(InputError, match="one a frame"):
        store.evidence_corpus(["log-mel"])
    with pytest.raises(InputError, match="features out of voice47"):
        store.evidence_corpus(["face"])


def test_what_cannot_be_trained_on_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="labels of emotions, found none"):
        write(tmp_path / "a", classes=()).evidence_corpus()
    with pytest.raises(InputError, match="the splits train, dev, test, found all"):
        write(tmp_path / "b", splits=("all",)).evidence_corpus()
    with pytest.raises(InputError, match="features of one row an utterance"):
        write(tmp_path / "c", ("log-mel",)).evidence_corpus()


def test_a_split_without_clips_is_empty(tmp_path: Path) -> None:
    corpus = write(tmp_path / "store", splits=("train", "dev")).evidence_corpus()
    assert corpus.splits["test"] == ()


def test_what_is_no_store_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        read_store(tmp_path)
    (tmp_path / "parts").mkdir()
    with pytest.raises(InputError, match="a run that was not finished"):
        read_store(tmp_path)
    store = write(tmp_path / "store")
    for damage in ("", "[]", '{"store": 2}', '{"store": 1}'):
        (store.folder / MANIFEST).write_text(damage)
        with pytest.raises(InputError, match=r"store\.json: expected the manifest"):
            read_store(store.folder)


def test_damaged_files_get_a_sentence(tmp_path: Path) -> None:
    store = write(tmp_path / "store")
    path = store.folder / "train" / "voice47.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match=r"voice47\.safetensors: expected the numbers of a feature"):
        store.evidence_corpus()
    path.unlink()
    with pytest.raises(InputError, match="the numbers of a feature"):
        store.rows("train", "voice47")
    (store.folder / "index.parquet").write_text("no table")
    with pytest.raises(InputError, match="the index of a store"):
        store.index()


def test_a_checksum_tells_values_types_and_shapes_apart() -> None:
    rows = RANDOM.normal(size=(2, 3)).astype(np.float32)
    others = [rows + 1, rows.reshape(3, 2), rows.astype(np.float16), rows[:1]]
    assert len({digest(r) for r in (rows, *others)}) == 5
    assert digest(rows) == digest(rows.copy(order="F"))
