from __future__ import annotations

from tests.dummies import analysis as dummies

from heartsay.analysis import feeling_in
from heartsay.card import Card, Reliability, ReliabilityBin, RiskCoverage, RiskPoint
from heartsay.report import sentences


def test_a_summary_names_speakers_length_and_what_is_open() -> None:
    assert sentences.summary(dummies.small()) == (
        "Ines, Theo and Mara: 28 utterances over 2:24. 24 read, 4 are left open for a person to judge."
    )
    later = [
        u.model_copy(update={"start": u.start + 3600, "end": u.end + 3600})
        for u in dummies.small().utterances
    ]
    excerpt = dummies.small().model_copy(update={"utterances": later})
    assert sentences.summary(excerpt).startswith("Ines, Theo and Mara: 28 utterances over 2:24.")
    assert sentences.summary(dummies.one()) == "Ines: 1 utterance over 0:02. None is left open."
    assert sentences.summary(dummies.untimed()).startswith("Speaker unknown: 28 utterances. 24 read")
    assert sentences.summary(dummies.all_abstaining()).endswith("All are left open for a person to judge.")


def test_a_label_that_is_not_the_most_probable_is_accounted_for() -> None:
    plain = dummies.small()
    assert sentences.decision_sentence(plain) == ""
    first, *rest = plain.utterances
    label, rival = (
        first.emotion.label,
        next(n for n in first.emotion.distribution if n != first.emotion.label),
    )
    assert label is not None
    given = first.emotion.distribution
    swapped = {**given, label: given[rival], rival: given[label]}
    emotion = first.emotion.model_copy(update={"distribution": swapped, "confidence": swapped[label]})
    told = plain.model_copy(update={"utterances": [first.model_copy(update={"emotion": emotion}), *rest]})
    assert sentences.decision_sentence(told).startswith("1 utterance is named after a rarer emotion")


def test_many_speakers_are_counted_not_listed() -> None:
    spoken = [{"id": str(i), "speaker": f"S{i}", "text": "Yes."} for i in range(9)]
    crowd = dummies._analysis("crowd", [dummies.utterance(i + 1, spoken, "joy", 0.5) for i in range(9)])
    assert sentences.summary(crowd).startswith("S0, S1 and S2, and 6 more: 9 utterances.")


def test_nothing_said_is_said() -> None:
    assert sentences.summary(dummies._analysis("empty", [])) == "This conversation holds no utterances."


def test_reliability_tells_what_came_true() -> None:
    card = dummies.card()
    assert sentences.reliability_sentence(card.emotion_reliability, "readings") == (
        "Of 350 readings stated with 93 to 100% confidence, 96% were right."
    )
    low = Reliability(
        split="s", bins=[ReliabilityBin(lower=0.1, upper=0.2, count=7, confidence=0.15, accuracy=0.4)]
    )
    assert sentences.reliability_sentence(low, "pairs").startswith("Of 7 pairs stated with 10 to 20%")
    assert sentences.reliability_sentence(Reliability(split="s", bins=[]), "pairs") == "Nothing was counted."


def test_risk_tells_what_setting_aside_buys_and_when_it_buys_nothing() -> None:
    assert sentences.risk_sentence(dummies.card().risk_coverage) == (
        "Of all readings 36% are wrong; of the surest 50% of them only 17% are."
    )
    flat = RiskCoverage(split="s", points=[RiskPoint(coverage=c, risk=0.2) for c in (0.5, 1.0)])
    assert "no less often" in sentences.risk_sentence(flat)


def test_the_floor_is_compared_with_the_model() -> None:
    assert sentences.floor_sentence(dummies.card()) == (
        "A method that has learnt nothing (always neutral) reaches 31.3 on “Emotion, weighted F1”; "
        "this model reaches 61.8."
    )
    bare = Card(name="m", version="1", description="d")
    assert "would reach" in sentences.floor_sentence(bare)


def test_counts_leave_out_what_is_open() -> None:
    counts = sentences.emotion_counts(dummies.small())
    assert sum(counts.values()) == 24
    assert sentences.counts_in_words(counts) == "neutral 7, joy 5, surprise 3"
    assert sentences.counts_in_words({"joy": 0}) == ""


def test_the_limits_name_the_law_and_the_training_data() -> None:
    whole = " ".join(sentences.LIMITS)
    for fact in ("acted American television", "Article 5(1)(f)", "work or in education", "medical or safety"):
        assert fact in whole


def test_a_feeling_that_was_calibrated_by_itself_is_said_so() -> None:
    analysis = dummies.small()
    first = analysis.utterances[0]
    at_home, by_itself = (
        analysis.model_copy(
            update={
                "utterances": [
                    first.model_copy(
                        update={"emotion": first.emotion.model_copy(update={"feeling": feeling})}
                    )
                ]
            }
        )
        for feeling in (
            feeling_in(first.emotion.distribution),
            feeling_in(first.emotion.distribution, calibrated=0.123),
        )
    )
    assert sentences.feeling_sentence(at_home) == ""
    assert "need not make 100%" in sentences.feeling_sentence(by_itself)
