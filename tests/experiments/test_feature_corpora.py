"""Names lead to corpora; a feature file is recognised by what is in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.dummies.encoder import encoder_folder
from tests.dummies.feature_files import (
    iemocap_items,
    iemocap_roberta_items,
    meld_items,
    meld_roberta_items,
    write,
)

from heartsay.errors import InputError
from heartsay.experiments import feature_corpora
from heartsay.experiments.feature_corpora import CORPORA, load_feature_corpus


@pytest.mark.parametrize(
    ("items", "name"),
    [
        (meld_items, "meld-features"),
        (iemocap_items, "iemocap-features"),
        (meld_roberta_items, "meld-roberta"),
        (iemocap_roberta_items, "iemocap-roberta"),
    ],
)
def test_a_feature_file_is_recognised_whatever_it_is_called(
    tmp_path: Path, items: Callable[[], list[Any]], name: str
) -> None:
    path = write(tmp_path / "some+thing.bin", items())
    assert load_feature_corpus(f"file:{path}", tmp_path, fold=None, seed=0).name == name


def test_roberta_text_joins_the_voices_and_faces_of_another_file(tmp_path: Path) -> None:
    first = write(tmp_path / "raw.pkl", iemocap_items())
    second = write(tmp_path / "roberta.pkl", iemocap_roberta_items(width=6))
    corpus = load_feature_corpus(f"file:{first}+{second}", tmp_path, fold=None, seed=2)
    assert corpus.widths == {"text": 24, "voice": 7, "face": 4}
    assert [c.id[:5] for c in corpus.splits["dev"]] == ["Ses03"]


def test_own_text_features_join_the_voices_and_faces_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "raw.pkl", iemocap_items())
    monkeypatch.setattr(feature_corpora, "MINILM", str(encoder_folder()))
    corpus = load_feature_corpus(f"file:{path}+{encoder_folder()}", tmp_path, fold=None, seed=0)
    assert corpus.widths == {"text": 16, "voice": 7, "face": 4}
    with np.load(tmp_path / "text-minilm-iemocap-features.npz") as cache:
        vectors = dict(zip(cache["id"].tolist(), cache["features"], strict=True))
    one = corpus.splits["test"][0]
    np.testing.assert_array_equal(one.evidence.features["text"][1], vectors[one.evidence.utterances[1]])


def test_unknown_names_files_and_folds_get_their_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="meld-voices"):
        load_feature_corpus("meld", tmp_path, fold=None, seed=0)
    with pytest.raises(InputError, match="a fold"):
        load_feature_corpus("meld-voices", tmp_path, fold=None, seed=0)
    for fold in (-1, 5):
        with pytest.raises(InputError, match="a fold from 0 to 4"):
            load_feature_corpus("meld-voices", tmp_path, fold=fold, seed=0)
    with pytest.raises(InputError, match="no fold"):
        load_feature_corpus("meld-text", tmp_path, fold=1, seed=0)
    with pytest.raises(InputError, match="9, 10 or 11 items"):
        load_feature_corpus(f"file:{write(tmp_path / 'x.pkl', [1, 2])}", tmp_path, fold=None, seed=0)
    roberta = write(tmp_path / "r.pkl", meld_roberta_items())
    with pytest.raises(InputError, match="utterance ids and sentences"):
        load_feature_corpus(f"file:{roberta}+minilm", tmp_path, fold=None, seed=0)


@pytest.fixture
def without_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that tell which utterance they are of, without any encoder."""

    def vectors(cache: Path, *, fine_tuned: bool, report: Any) -> dict[str, Any]:
        from heartsay.corpora import load

        talk = [c for split in ("train", "dev", "test") for c in load("meld", split)]
        ids = [u.id for c in talk for u in c.utterances]
        return {id_: np.array([k, fine_tuned], np.float32) for k, id_ in enumerate(ids)}

    monkeypatch.setattr(feature_corpora, "meld_text_vectors", vectors)


@pytest.mark.usefixtures("without_encoder")
def test_melds_corpora_have_the_published_sizes(real_root: Path, tmp_path: Path) -> None:
    text = load_feature_corpus("meld-text", tmp_path, fold=None, seed=0)
    assert [sum(map(len, text.splits[s])) for s in ("train", "dev", "test")] == [9989, 1109, 2610]
    voices = load_feature_corpus("meld-voices-frozen", tmp_path, fold=4, seed=1)
    assert [len(voices.splits[s]) for s in ("train", "dev", "test")] == [276, 39, 79]
    assert voices.facts["text"] == "frozen MiniLM on single utterances"
    rows = {
        u: row
        for c in text.conversations()
        for u, row in zip(c.evidence.utterances, c.evidence.features["text"], strict=True)
    }
    for c in voices.conversations():
        for u, row in zip(c.evidence.utterances, c.evidence.features["text"], strict=True):
            assert rows[u][0] == row[0]


@pytest.mark.parametrize(
    ("body", "found"),
    [("return {}[seed]", "KeyError: 0"), ("raise SystemExit(0)", "SystemExit: 0")],
)
def test_a_users_function_that_breaks_off_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, found: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "own_ruins", raising=False)
    Path("own_ruins.py").write_text(f"def ruins(cache, fold, seed):\n    {body}\n")
    with pytest.raises(InputError, match=f"that returns a corpus, found {found}; correct the function"):
        load_feature_corpus("own_ruins:ruins", tmp_path, fold=None, seed=0)


def test_every_name_is_a_function() -> None:
    assert {"meld-voices", "meld-text"} <= set(CORPORA)
    assert all(map(callable, CORPORA.values()))


@pytest.fixture
def real_root() -> Path:
    """The real corpora, or a skip that says why."""
    import os

    value = os.environ.get("HEARTSAY_DATA")
    if not value or not Path(value).is_dir():
        pytest.skip("HEARTSAY_DATA names no folder with the real corpora")
    return Path(value)
