"""Labelled Evidence refuses what does not fit; standardising learns from training alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_conversation, feature_corpus

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.evidence.corpus import (
    EvidenceCorpus,
    LabelledConversation,
    all_pairs,
    fingerprint,
    reading_of,
    standardised,
)
from heartsay.evidence.reading import UNLABELLED
from heartsay.labels import EMOTIONS as MELD_EMOTIONS

TALK = feature_conversation(4, missing=0.3, seed=2)


EVIDENCE = TALK.evidence
FEATURES, PRESENT = EVIDENCE.features, EVIDENCE.present


def spoilt(value: float) -> dict[str, Any]:
    features = {m: x.copy() for m, x in EVIDENCE.features.items()}
    features["voice"][2, 1] = value
    return {"features": features}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"utterances": ()}, "one utterance or more, found none"),
        ({"speaker": EVIDENCE.speaker[:3]}, "talk-2/0, speaker: expected 4 rows, one per utterance, found 3"),
        ({"present": {m: PRESENT[m] for m in ("text", "face")}}, "presence for"),
        (
            {"present": EVIDENCE.present | {"face": EVIDENCE.present["face"][:2]}},
            "presence of face: expected 4",
        ),
        (
            {"features": EVIDENCE.features | {"text": EVIDENCE.features["text"][:3]}},
            "features of text: expected",
        ),
        ({"sight": np.ones((4, 3), np.bool_)}, "visible as 4 by 4 cells, found the shape"),
        (spoilt(np.nan), "talk-2/2, voice: expected finite numbers, found NaN or infinity"),
        (spoilt(-np.inf), "talk-2/2, voice: expected finite numbers"),
    ],
)
def test_evidence_that_does_not_fit_is_refused_with_its_place(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        replace(EVIDENCE, **change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"emotion": TALK.emotion[:1]},
            r"talk-2: expected 4 emotions.*, found the shape \(1,\)",
        ),
        (
            {"emotion": np.zeros((4, 2), np.int64)},
            r"expected 4 emotions.*, found the shape \(4, 2\)",
        ),
        (
            {"pair": np.ones((4, 3), bool)},
            r"talk-2: expected pairs as 4 by 4 cells, found .*\(4, 3\)",
        ),
    ],
)
def test_gold_that_does_not_fit_is_refused_with_its_place(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        replace(TALK, **change)


def test_a_conversation_brings_its_own_gold() -> None:
    turns = [("1", "Kim", "joy"), ("2", "Ana", None), ("3", "Kim", "neutral")]
    talk = Conversation("t", tuple(Utterance(i, who, "Well.", emotion=e) for i, who, e in turns))
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    plain = LabelledConversation.of(talk, {"text": vectors})
    assert (plain.id, plain.evidence.utterances, plain.pair) == ("t", ("1", "2", "3"), None)
    assert plain.emotion.tolist() == [MELD_EMOTIONS.index("joy"), UNLABELLED, MELD_EMOTIONS.index("neutral")]
    assert plain.evidence.speaker.tolist() == [0, 1, 0]
    assert plain.evidence.present["text"].tolist() == [True, True, True]
    here = np.array([True, False, True])
    caused = LabelledConversation.of(
        replace(talk, pairs=frozenset({(0, 2), (2, 2)})), {"text": vectors}, {"text": here}
    )
    assert caused.pair is not None
    assert np.argwhere(caused.pair).tolist() == [[0, 2], [2, 2]]
    assert caused.evidence.present["text"].tolist() == here.tolist()


def test_a_fingerprint_tells_corpora_apart_by_what_is_seen_of_them() -> None:
    def with_evidence(**changes: Any) -> EvidenceCorpus:
        return corpus_of(replace(TALK, evidence=replace(EVIDENCE, **changes)))

    known = fingerprint(corpus_of(TALK))
    hidden = EVIDENCE.features["face"].copy()
    hidden[~EVIDENCE.present["face"]] += 1
    assert (~EVIDENCE.present["face"]).any()
    assert fingerprint(with_evidence(features={**EVIDENCE.features, "face": hidden})) == known
    shown = EVIDENCE.features["face"].copy()
    shown[EVIDENCE.present["face"]] += 1
    others = [
        with_evidence(features={**EVIDENCE.features, "face": shown}),
        with_evidence(speaker=1 - EVIDENCE.speaker),
        corpus_of(replace(TALK, emotion=(TALK.emotion + 1) % 4)),
        corpus_of(replace(TALK, pair=np.zeros((4, 4), bool))),
        corpus_of(replace(TALK, pair=np.eye(4, dtype=bool))),
        corpus_of(test=(TALK,)),
    ]
    assert len({known, *map(fingerprint, others)}) == 1 + len(others)


def test_rows_of_a_reading_stand_beside_the_gold_of_their_utterances() -> None:
    other = replace(feature_conversation(2, seed=9), pair=np.array([[True, False], [True, True]]))
    first = replace(TALK, pair=np.zeros((4, 4), bool))
    reading = reading_of({"dev": [first], "test": [other]}, EMOTIONS, {"full": np.eye(6)})
    assert reading.conversation.tolist() == [0] * 4 + [1] * 2
    assert reading.position.tolist() == [0, 1, 2, 3, 0, 1]
    assert reading.split.tolist() == ["dev"] * 4 + ["test"] * 2
    assert reading.gold.tolist() == [*first.emotion, *other.emotion]
    assert reading.utterance.tolist() == [*EVIDENCE.utterances, *other.evidence.utterances]
    assert reading.speaker.tolist() == [*EVIDENCE.speaker, *other.evidence.speaker]
    pairs = all_pairs([first, other], np.arange(20.0))
    assert pairs.gold is not None
    assert (len(pairs.gold), pairs.gold_pairs) == (20, 3)
    last = pairs.conversation == 1
    assert list(zip(pairs.emotion[last], pairs.cause[last], pairs.gold[last], strict=True)) == [
        (0, 0, True),
        (0, 1, False),
        (1, 0, True),
        (1, 1, True),
    ]
    assert pairs.log_odds["full"][last].tolist() == [16, 17, 18, 19]


def corpus_of(*talks: Any, **splits: Any) -> EvidenceCorpus:
    return EvidenceCorpus("small", EMOTIONS, {"train": talks, "dev": (), "test": ()} | splits)


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
        EvidenceCorpus("small", EMOTIONS, {"train": (TALK,)})
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


def present_cells(corpus: EvidenceCorpus, split: str, modality: str) -> np.ndarray:
    known = [c.evidence for c in corpus.splits[split]]
    return np.concatenate([e.features[modality][e.present[modality]] for e in known])


def with_features(conversation: LabelledConversation, features: Any) -> LabelledConversation:
    return replace(conversation, evidence=replace(conversation.evidence, features=features))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100), st.floats(-50, 50))
def test_training_cells_have_mean_0_and_deviation_1(seed: int, scale: float, shift: float) -> None:
    raw = feature_corpus((6, 2, 2), (3, 6), seed=seed, missing=0.2)

    def stretched(c: Any) -> Any:
        features = c.evidence.features.items()
        return with_features(c, {m: (x * scale + shift).astype(np.float32) for m, x in features})

    raw = replace(raw, splits={s: tuple(map(stretched, cs)) for s, cs in raw.splits.items()})
    corpus = standardised(raw)
    for m in WIDTHS:
        known = present_cells(corpus, "train", m)
        np.testing.assert_allclose(known.mean(0), 0, atol=1e-3)
        np.testing.assert_allclose(known.std(0), 1, atol=1e-2)
        for c in corpus.conversations():
            assert (c.evidence.features[m][~c.evidence.present[m]] == 0).all()


def test_nothing_is_learnt_from_development_and_test_data_nor_from_missing_cells() -> None:
    raw = feature_corpus((5, 2, 2), (3, 6), missing=0.3)
    loud = {
        split: tuple(
            with_features(
                c,
                {
                    m: np.where(c.evidence.present[m][:, None] & (split == "train"), x, 1e3).astype(
                        np.float32
                    )
                    for m, x in c.evidence.features.items()
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
            np.testing.assert_array_equal(one.evidence.features[m], other.evidence.features[m])


def test_a_feature_that_never_varies_is_only_shifted() -> None:
    raw = feature_corpus((4, 1, 1), (2, 5))

    def flat(c: Any) -> Any:
        text = c.evidence.features["text"].copy()
        text[:, 0] = 1234.567
        return with_features(c, {**c.evidence.features, "text": text})

    first = flat(raw.splits["dev"][0])
    first.evidence.features["text"][0, 0] += 2.0
    train = tuple(map(flat, raw.splits["train"]))
    corpus = standardised(replace(raw, splits={"train": train, "dev": (first,), "test": ()}))
    assert max(abs(c.evidence.features["text"][:, 0]).max() for c in corpus.splits["train"]) < 1e-3
    assert corpus.splits["dev"][0].evidence.features["text"][0, 0] == pytest.approx(2.0, abs=1e-3)


def test_a_modality_that_training_lacks_altogether_stays_finite() -> None:
    raw = feature_corpus((3, 1, 1), (2, 4))
    away = tuple(
        replace(
            c,
            evidence=replace(c.evidence, present={**c.evidence.present, "face": np.zeros(len(c), bool)}),
        )
        for c in raw.splits["train"]
    )
    corpus = standardised(replace(raw, splits={**raw.splits, "train": away}))
    for c in corpus.conversations():
        assert np.isfinite(c.evidence.features["face"]).all()
