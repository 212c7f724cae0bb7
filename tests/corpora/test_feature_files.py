"""The four feature files of the field: read as they are, refused where their parts do not fit together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.dummies.feature_files import (
    IEMOCAP_TEST,
    IEMOCAP_TRAINING,
    MELD_DIALOGUES,
    iemocap_items,
    iemocap_roberta_items,
    meld_items,
    meld_roberta_items,
    write,
)

from heartsay.corpora import (
    iemocap_features,
    meld_features,
    roberta_features,
)
from heartsay.corpora.feature_pickle import with_text, with_text_of
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.errors import InputError
from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.labels import EMOTIONS

Read = Callable[[Any, Path], EvidenceCorpus]


def opened(read: Callable[..., Any], path: Path, *settings: int) -> Any:
    return read(load_pickle(path), path, *settings)


def ids(corpus: EvidenceCorpus, split: str) -> list[str]:
    return [c.id for c in corpus.splits[split]]


def test_meld_is_read_with_its_development_dialogues_taken_out_of_training(tmp_path: Path) -> None:
    items = meld_items()
    items[7] = items[7][::-1]  # the order of the list says nothing, the numbers do
    corpus = opened(meld_features.read, write(tmp_path / "MELD_features_raw1.pkl", items))
    training, test = MELD_DIALOGUES
    assert sorted(ids(corpus, "train")) == sorted(f"dia{k}" for k in range(training - 114))
    assert sorted(ids(corpus, "dev")) == sorted(f"dia{k}" for k in range(training - 114, training))
    assert ids(corpus, "test") == [f"dia{k}" for k in range(training, training + test)]
    assert corpus.classes == EMOTIONS.names
    assert corpus.widths == {"text": 6, "voice": 3, "face": 4}
    assert corpus.facts["dialogues in no split"] == "0"
    first = corpus.splits["train"][0]
    assert first.evidence.utterances == ("dia0_utt0", "dia0_utt1", "dia0_utt2")
    assert first.evidence.speaker.tolist() == [0, 1, 0]  # columns 8, 7, 8 of the one-hot vectors
    assert first.emotion.tolist() == items[2][0]
    for modality, place in (("text", 3), ("voice", 4), ("face", 5)):
        np.testing.assert_array_equal(first.evidence.features[modality], np.stack(items[place][0]))
        assert first.evidence.features[modality].dtype == np.float32
    assert (
        opened(meld_features.sentences, tmp_path / "MELD_features_raw1.pkl")["dia0_utt2"]
        == "Sentence 2 of 0."
    )


def test_a_whole_meld_file_whose_last_dialogues_are_not_development_is_refused(tmp_path: Path) -> None:
    items = meld_items()
    # As many utterances as MELD has in training and development, but too many in the last 114 dialogues.
    for key, length in ((0, 11098 - 3 * 2 - 113 * 2 - 1000), (117, 1000)):
        items[0][key] = [str(k) for k in range(length)]
        items[1][key] = items[1][1][:1] * length
        items[2][key] = [0] * length
    assert sum(len(items[2][key]) for key in items[7]) == 11098
    with pytest.raises(InputError, match="1109 utterances in the last 114"):
        opened(meld_features.read, write(tmp_path / "meld.pkl", items))


def test_iemocap_gives_a_whole_session_to_development(tmp_path: Path) -> None:
    items = iemocap_items()
    path = write(tmp_path / "IEMOCAP_features.pkl", items)
    for seed, session in enumerate(("Ses01", "Ses02", "Ses03", "Ses04", "Ses01")):
        corpus = opened(iemocap_features.read, path, seed)
        assert ids(corpus, "dev") == [key for key in IEMOCAP_TRAINING if key.startswith(session)]
        assert ids(corpus, "train") == [key for key in IEMOCAP_TRAINING if not key.startswith(session)]
        assert ids(corpus, "test") == list(IEMOCAP_TEST)
    assert corpus.classes[5] == "frustrated"
    assert corpus.widths == {"text": 5, "voice": 7, "face": 4}
    first = corpus.splits["test"][0]
    assert first.evidence.utterances == tuple(items[0]["Ses05F_impro01"])
    assert first.evidence.speaker.tolist() == [0, 1, 0]
    assert opened(iemocap_features.sentences, path)["Ses05F_impro01_M001"] == "Line 1 of Ses05F_impro01."


def test_roberta_layers_stand_side_by_side(tmp_path: Path) -> None:
    meld = opened(roberta_features.read_meld, write(tmp_path / "m.pkl", meld_roberta_items()))
    items = iemocap_roberta_items()
    iemocap = opened(roberta_features.read_iemocap, write(tmp_path / "i.pkl", items))
    assert meld.widths == iemocap.widths == {"text": 16}
    assert [len(meld.splits[s]) for s in ("train", "dev", "test")] == [4, 114, 3]
    assert ids(iemocap, "dev") == ["Ses04F_impro02"]
    first = iemocap.splits["train"][0]
    assert first.id == "Ses01F_impro01"
    np.testing.assert_array_equal(
        first.evidence.features["text"][1], np.concatenate([items[2 + k][first.id][1] for k in range(4)])
    )


def test_a_vector_of_zeros_is_a_missing_signal(tmp_path: Path) -> None:
    items = iemocap_items()
    items[5]["Ses02F_impro01"][1] = np.zeros(4)
    corpus = opened(iemocap_features.read, write(tmp_path / "i.pkl", items))
    present = {c.id: c.evidence.present["face"].tolist() for c in corpus.conversations()}
    assert present.pop("Ses02F_impro01") == [True, False, True]
    assert all(all(row) for row in present.values())


def test_text_of_another_file_replaces_the_first_ones(tmp_path: Path) -> None:
    voices = opened(meld_features.read, write(tmp_path / "m.pkl", meld_items()))
    roberta = opened(roberta_features.read_meld, write(tmp_path / "r.pkl", meld_roberta_items()))
    both = with_text_of(voices, roberta)
    assert both.widths == {"text": 16, "voice": 3, "face": 4}
    one, other = both.splits["dev"][7], roberta.splits["dev"][7]
    assert one.id == other.id
    np.testing.assert_array_equal(one.evidence.features["text"], other.evidence.features["text"])
    np.testing.assert_array_equal(
        one.evidence.features["face"], voices.splits["dev"][7].evidence.features["face"]
    )
    spoilt = meld_roberta_items()
    spoilt[1] = {key: [(label + 1) % 7 for label in row] for key, row in spoilt[1].items()}
    with pytest.raises(InputError, match="labels"):
        with_text_of(voices, opened(roberta_features.read_meld, write(tmp_path / "s.pkl", spoilt)))
    with pytest.raises(InputError, match="text features"):
        with_text(voices, {"nobody": np.ones(3, np.float32)}, "nowhere")


NAN = np.array([1.0, np.nan, 0.0, 0.0])
SPOILT: list[tuple[str, Callable[[list[Any]], Any], str]] = [
    ("an item too few", lambda i: i.pop(), "9 items"),
    ("an unknown dialogue in a list", lambda i: i[8].append("Ses05M_impro09"), "Ses05M_impro09"),
    ("a dialogue in two lists", lambda i: i[8].append("Ses01F_impro01"), "one split"),
    ("a dialogue listed twice", lambda i: i[8].append("Ses05F_impro01"), "once"),
    ("NaN", lambda i: i[5]["Ses02F_impro01"].__setitem__(1, NAN), "NaN"),
    ("infinity", lambda i: i[4]["Ses02F_impro01"][0].__setitem__(3, np.inf), "infinity"),
    ("too large for 32 bits", lambda i: i[4]["Ses02F_impro01"][0].__setitem__(3, 1e300), "infinity"),
    (
        "vectors of two widths in a dialogue",
        lambda i: i[3]["Ses05F_impro01"].__setitem__(0, np.ones(9)),
        "vector",
    ),
    (
        "vectors of two widths in the corpus",
        lambda i: i[3].__setitem__("Ses05F_impro01", [np.ones(9)] * 3),
        "sizes",
    ),
    ("words instead of numbers", lambda i: i[3].__setitem__("Ses05F_impro01", ["a", "b", "c"]), "vector"),
    ("a vector too few", lambda i: i[3]["Ses05F_impro01"].pop(), "3 rows"),
    ("a speaker too few", lambda i: i[1]["Ses05F_impro01"].pop(), "3 rows"),
    ("a label above the classes", lambda i: i[2]["Ses01F_impro01"].__setitem__(0, 6), "labels from 0 to 5"),
    ("a label below them", lambda i: i[2]["Ses01F_impro01"].__setitem__(0, -100), "labels from 0 to 5"),
    ("half a label", lambda i: i[2]["Ses01F_impro01"].__setitem__(0, 1.5), "labels from 0 to 5"),
    (
        "an utterance id twice",
        lambda i: i[0]["Ses02F_impro01"].__setitem__(0, "Ses01F_impro01_F000"),
        "twice",
    ),
    (
        "a number in place of labels",
        lambda i: i.__setitem__(2, 3),
        "labels: expected a dictionary by dialogue",
    ),
    ("no faces at all", lambda i: i.__setitem__(5, {}), "visual"),
    ("nothing but black faces", lambda i: i.__setitem__(5, {k: np.zeros((3, 4)) for k in i[0]}), "face"),
    (
        "a dialogue of no utterances",
        lambda i: [part.__setitem__("Ses05F_impro01", []) for part in i[:7]],
        "Ses05F",
    ),
    ("dialogues without a session", lambda i: i[7].append("dialogue"), "session"),
    ("a list of no ids", lambda i: i.__setitem__(8, 3), "test ids"),
]


@pytest.mark.parametrize(("spoiling", "message"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, spoiling: Callable[[list[Any]], Any], message: str
) -> None:
    items = iemocap_items()
    spoiling(items)
    with pytest.raises(InputError, match=message) as caught:
        opened(iemocap_features.read, write(tmp_path / "spoilt.pkl", items))
    assert "spoilt.pkl" in caught.value.where


@pytest.mark.parametrize(
    ("read", "items"),
    [
        (meld_features.read, iemocap_items),
        (iemocap_features.read, meld_items),
        (roberta_features.read_meld, iemocap_roberta_items),
        (roberta_features.read_iemocap, meld_roberta_items),
        (roberta_features.read_iemocap, meld_items),
        (meld_features.read, iemocap_roberta_items),
    ],
)
def test_one_file_is_not_taken_for_another(
    tmp_path: Path, read: Read, items: Callable[[], list[Any]]
) -> None:
    with pytest.raises(InputError):
        opened(read, write(tmp_path / "other.pkl", items()))


def test_two_hot_speakers_and_uneven_layers_are_refused(tmp_path: Path) -> None:
    items = meld_items()
    items[1][5][0] = np.ones(9, np.int64)
    with pytest.raises(InputError, match="one-hot"):
        opened(meld_features.read, write(tmp_path / "m.pkl", items))
    layers = iemocap_roberta_items()
    layers[3]["Ses05F_impro01"] = np.ones((3, 9))
    with pytest.raises(InputError, match="four layers of one shape"):
        opened(roberta_features.read_iemocap, write(tmp_path / "i.pkl", layers))
