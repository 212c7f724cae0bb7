"""Feature conversations refuse what does not fit; standardising learns from training alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_conversation, feature_corpus

from heartsay.errors import InputError
from heartsay.evidence.features import FeatureCorpus, speaker_indices, standardised
from heartsay.evidence.reading import UNLABELLED

TALK = feature_conversation(4, missing=0.3, seed=2)


def spoilt(value: float) -> dict[str, Any]:
    features = {m: x.copy() for m, x in TALK.features.items()}
    features["voice"][2, 1] = value
    return {"features": features}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"utterances": ()}, "one utterance or more, found none"),
        ({"speaker": TALK.speaker[:3]}, "talk-2, speaker: expected 4 rows, one per utterance, found 3"),
        ({"emotion": TALK.emotion[:1]}, "talk-2, emotion: expected 4 rows"),
        ({"present": {m: TALK.present[m] for m in ("text", "face")}}, "presence for"),
        ({"present": TALK.present | {"face": TALK.present["face"][:2]}}, "presence of face: expected 4 rows"),
        ({"features": TALK.features | {"text": TALK.features["text"][:3]}}, "features of text: expected 4"),
        ({"pair": np.ones((4, 3), bool)}, r"pairs as 4 by 4 cells, found \(4, 3\)"),
        (spoilt(np.nan), "talk-2/2, voice: expected finite numbers, found NaN or infinity"),
        (spoilt(-np.inf), "talk-2/2, voice: expected finite numbers"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        replace(TALK, **change)


def corpus_of(*talks: Any, **splits: Any) -> FeatureCorpus:
    return FeatureCorpus("small", EMOTIONS, {"train": talks, "dev": (), "test": ()} | splits)


def test_a_corpus_has_three_splits_of_one_kind_and_every_utterance_once() -> None:
    other = feature_conversation(3, seed=9)
    assert len(corpus_of(TALK, other).conversations()) == 2
    with pytest.raises(InputError, match="every utterance once, found talk-2/0 twice"):
        corpus_of(TALK, test=(TALK,))
    with pytest.raises(InputError, match="features of the sizes"):
        corpus_of(TALK, feature_conversation(3, widths={**WIDTHS, "text": 3}, seed=9))
    with pytest.raises(InputError, match="features of the sizes"):
        corpus_of(TALK, feature_conversation(3, widths={"text": WIDTHS["text"]}, seed=9))
    with pytest.raises(InputError, match="labels from 0 to 3, found 4 to 4"):
        corpus_of(TALK, replace(other, emotion=np.array([4, UNLABELLED, 4])))
    with pytest.raises(InputError, match="the splits train, dev, test, found train"):
        FeatureCorpus("small", EMOTIONS, {"train": (TALK,)})
    with pytest.raises(InputError, match="expected conversations, found none"):
        corpus_of()


def test_modalities_are_listed_in_one_order_and_speakers_are_counted() -> None:
    mixed = {"zither": 2, "face": 3, "gaze": 1, "text": 4}
    corpus = corpus_of(
        feature_conversation(3, widths=mixed, seed=1),
        feature_conversation(5, speakers=3, widths=mixed, seed=2),
        test=(feature_conversation(4, speakers=4, widths=mixed, seed=3),),
    )
    assert list(corpus.widths.items()) == [("text", 4), ("face", 3), ("gaze", 1), ("zither", 2)]
    assert corpus.speakers == 4


def present_cells(corpus: FeatureCorpus, split: str, modality: str) -> np.ndarray:
    return np.concatenate([c.features[modality][c.present[modality]] for c in corpus.splits[split]])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100), st.floats(-50, 50))
def test_training_cells_have_mean_0_and_deviation_1(seed: int, scale: float, shift: float) -> None:
    raw = feature_corpus((6, 2, 2), (3, 6), seed=seed, missing=0.2)

    def stretched(c: Any) -> Any:
        return replace(c, features={m: (x * scale + shift).astype(np.float32) for m, x in c.features.items()})

    raw = replace(raw, splits={s: tuple(map(stretched, cs)) for s, cs in raw.splits.items()})
    corpus = standardised(raw)
    for m in WIDTHS:
        known = present_cells(corpus, "train", m)
        np.testing.assert_allclose(known.mean(0), 0, atol=1e-3)
        np.testing.assert_allclose(known.std(0), 1, atol=1e-2)
        for c in corpus.conversations():
            assert (c.features[m][~c.present[m]] == 0).all()


def test_nothing_is_learnt_from_development_and_test_data_nor_from_missing_cells() -> None:
    raw = feature_corpus((5, 2, 2), (3, 6), missing=0.3)
    loud = {
        split: tuple(
            replace(
                c,
                features={
                    m: np.where(c.present[m][:, None] & (split == "train"), x, 1e3).astype(np.float32)
                    for m, x in c.features.items()
                },
            )
            for c in conversations
        )
        for split, conversations in raw.splits.items()
    }
    for one, other in zip(
        standardised(raw).splits["train"],
        standardised(replace(raw, splits=loud)).splits["train"],
        strict=True,
    ):
        for m in WIDTHS:
            np.testing.assert_array_equal(one.features[m], other.features[m])


def test_a_feature_that_never_varies_is_only_shifted() -> None:
    raw = feature_corpus((4, 1, 1), (2, 5))

    def flat(c: Any) -> Any:
        text = c.features["text"].copy()
        text[:, 0] = 1234.567
        return replace(c, features={**c.features, "text": text})

    first = flat(raw.splits["dev"][0])
    first.features["text"][0, 0] += 2.0
    train = tuple(map(flat, raw.splits["train"]))
    corpus = standardised(replace(raw, splits={"train": train, "dev": (first,), "test": ()}))
    assert max(abs(c.features["text"][:, 0]).max() for c in corpus.splits["train"]) < 1e-3
    assert corpus.splits["dev"][0].features["text"][0, 0] == pytest.approx(2.0, abs=1e-3)


def test_a_modality_that_training_lacks_altogether_stays_finite() -> None:
    raw = feature_corpus((3, 1, 1), (2, 4))
    away = tuple(
        replace(c, present={**c.present, "face": np.zeros(len(c), bool)}) for c in raw.splits["train"]
    )
    corpus = standardised(replace(raw, splits={**raw.splits, "train": away}))
    for c in corpus.conversations():
        assert np.isfinite(c.features["face"]).all()


def test_speakers_count_in_order_of_appearance() -> None:
    assert speaker_indices(["Kim", "Ana", "Kim", "Ben", "Ana"]).tolist() == [0, 1, 0, 2, 1]
    assert speaker_indices([]).tolist() == []
