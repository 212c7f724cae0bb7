from __future__ import annotations

import csv
import itertools
import json
import math
import multiprocessing
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.dummies.conversations import WORDS, make_conversation, random_conversation
from tests.dummies.model import LINKS, build_calibration, model_folder, with_removals, write_manifest

from heartsay.analysis import Analysis, Emotion, Explanation
from heartsay.calibration import ConformalSets, EmotionCalibration, LinkRule, ProjectData, Sureness
from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError, ModelError
from heartsay.explanation import ReadUtterance
from heartsay.formats import write_json
from heartsay.formats.analyses.csv_table import write_csv
from heartsay.formats.analyses.json_document import SCHEMA_PATH
from heartsay.formats.analyses.parquet_table import write_parquet
from heartsay.labels import EMOTIONS
from heartsay.pipeline import analysing, analyze, load_model
from heartsay.pipeline.causes import mean_pairs
from heartsay.pipeline.emotions import UNLIKE, calibrate, round_distribution
from heartsay.report import render_report
from heartsay.runtime import Bundle, read_conversations, shipped_models


@pytest.fixture(scope="module")
def model() -> Bundle:
    return Bundle.load(model_folder())


def recalibrated(tmp_path: Path, **changes: object) -> Bundle:
    """The dummy with another calibration."""
    folder = shutil.copytree(model_folder(), tmp_path / "recalibrated")
    calibration = replace(build_calibration(), **changes)  # type: ignore[arg-type]
    (folder / "calibration.json").write_text(json.dumps(calibration.to_dict()))
    write_manifest(folder)
    return Bundle.load(folder)


def answering_over(threshold: float) -> EmotionCalibration:
    (alone,) = build_calibration().emotions
    return replace(alone, abstention=replace(alone.abstention, threshold=threshold))


def check_feeling(emotion: Emotion) -> None:
    others = {name: p for name, p in emotion.distribution.items() if name != "neutral"}
    feeling = emotion.feeling
    assert feeling is not None
    assert feeling.probability == pytest.approx(math.fsum(others.values()), abs=1e-6)
    assert feeling.found == (feeling.probability >= 0.5)
    if feeling.probability:
        assert others[feeling.likeliest] == max(others.values())
        assert feeling.confidence == pytest.approx(max(others.values()) / feeling.probability, abs=1e-3)


def check_promises(analysis: Analysis, conversation: Conversation) -> None:
    """Everything that must hold of any analysis of any conversation."""
    ids = [u.id for u in conversation.utterances]
    assert [u.id for u in analysis.utterances] == ids
    assert [(u.speaker, u.text) for u in analysis.utterances] == [
        (u.speaker, u.text) for u in conversation.utterances
    ]
    for place, utterance in enumerate(analysis.utterances):
        emotion = utterance.emotion
        assert tuple(emotion.distribution) == EMOTIONS.names
        assert abs(math.fsum(emotion.distribution.values()) - 1.0) < 1e-6
        assert emotion.confidence == emotion.distribution[emotion.label] == max(emotion.distribution.values())
        assert emotion.set[0] == emotion.label
        probabilities = [emotion.distribution[name] for name in emotion.set]
        assert probabilities == sorted(probabilities, reverse=True)
        assert len(set(emotion.set)) == len(emotion.set)
        assert emotion.abstain == (emotion.abstain_reason is not None)
        check_feeling(emotion)
        assert emotion.feeling.found or not utterance.causes
        confidences = [cause.confidence for cause in utterance.causes]
        assert confidences == sorted(confidences, reverse=True)
        for cause in utterance.causes:
            at = ids.index(cause.utterance)
            assert at <= place
            assert cause.direction == ("self" if at == place else "past")
        assert set(utterance.explanation.cites) <= set(ids)


def test_an_analysis_keeps_its_promises(model: Bundle) -> None:
    conversation = random_conversation(0, 30, "ABC")
    analysis = analyze(conversation, model=model)
    check_promises(analysis, conversation)
    assert analysis.model == model.stamp
    assert analysis.conversation == "random-0"
    assert any(u.causes for u in analysis.utterances)
    assert {u.emotion.abstain for u in analysis.utterances} == {True, False}


def test_the_same_conversation_gives_the_same_bytes_in_any_company(model: Bundle) -> None:
    conversations = [random_conversation(seed, 1 + 7 * seed, "ABC") for seed in range(7)]
    alone = {c.id: analyze(c, model=model).model_dump_json() for c in conversations}
    again = {c.id: analyze(c, model=model).model_dump_json() for c in conversations}
    together = {a.conversation: a.model_dump_json() for a in analyze(conversations[::-1], model=model)}
    assert alone == again == together


def test_many_conversations_stream_in_order(model: Bundle) -> None:
    drawn = 0

    def endless() -> Iterator[Conversation]:
        nonlocal drawn
        for seed in itertools.count():
            drawn += 1
            yield random_conversation(seed, 3)

    analyses = analyze(endless(), model=model)
    first = [next(analyses).conversation for _ in range(20)]
    assert first == [f"random-{seed}" for seed in range(20)]
    assert drawn < 20 + 1000


def test_what_moved_a_reading_is_the_change_of_its_label(model: Bundle) -> None:
    turns = make_conversation("t", ("A", "Help me."), ("B", "Leave me alone."), ("A", "Fine."))
    with_context = analyze(turns, model=model).utterances
    alone = analyze(replace(turns, utterances=turns.utterances[1:2]), model=model).utterances[0]
    label = with_context[1].emotion.label
    expected = alone.emotion.distribution[label] - with_context[1].emotion.confidence
    assert with_context[1].moved_by.other_context == pytest.approx(expected, abs=1e-4)
    assert with_context[1].moved_by.own_context is None
    assert with_context[0].moved_by.own_context is not None


@pytest.mark.parametrize(
    ("evidence", "turns", "expected"),
    [("never", 4, False), ("auto", 20, True), ("auto", 21, False), ("always", 21, True)],
)
def test_evidence_is_computed_where_asked_for(
    model: Bundle, evidence: str, turns: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysing, "limit", {"evidence_utterances": 20}.__getitem__)
    analysis = analyze(random_conversation(1, turns), model=model, evidence=evidence)  # type: ignore[call-overload]
    found = [u.moved_by.own_context is not None for u in analysis.utterances]
    assert any(found) == expected


def test_a_higher_coverage_never_takes_an_emotion_out(model: Bundle) -> None:
    conversation = random_conversation(2, 20)
    before: list[set[str]] = [set() for _ in conversation.utterances]
    for coverage in (0.3, 0.6, 0.8, 0.9, 0.95):
        analysis = analyze(conversation, model=model, coverage=coverage)
        sets = [set(u.emotion.set) for u in analysis.utterances]
        assert all(small <= large for small, large in zip(before, sets, strict=True))
        assert analysis.coverage == coverage
        before = sets
    assert analysis.warnings == []


def test_a_coverage_that_cannot_be_promised_warns_and_leaves_nothing_out(model: Bundle) -> None:
    analysis = analyze(random_conversation(2, 3), model=model, coverage=0.99)  # 40 conversations: 40/41
    assert all(len(u.emotion.set) == 7 for u in analysis.utterances)
    assert "40 conversations" in analysis.warnings[-1]
    assert "97.6%" in analysis.warnings[-1]


def test_what_sets_of_an_adapted_model_can_hold_is_called_an_estimate(model: Bundle) -> None:
    sets = ConformalSets("lac", 10, (0.5,), (20 / 21,), expected=10)
    emotions = tuple(replace(e, sets=sets) for e in model.calibration.emotions)
    own = model.adapted(model.folder, replace(model.calibration, emotions=emotions), "0" * 64)
    (warning,) = analyze(random_conversation(2, 3), model=own, coverage=0.99).warnings
    assert "the 10 labelled conversations that the model was adapted to" in warning
    assert "95.2% at most be estimated" in warning


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 90, math.nan, "0.9"])
def test_a_coverage_out_of_range_is_refused(model: Bundle, coverage: float) -> None:
    with pytest.raises(InputError, match="coverage"):
        analyze(random_conversation(0, 1), model=model, coverage=coverage)


def test_an_unknown_word_for_evidence_is_refused(model: Bundle) -> None:
    with pytest.raises(InputError, match="auto, always or never"):
        analyze(random_conversation(0, 1), model=model, evidence="maybe")  # type: ignore[call-overload]


def test_a_cause_is_never_said_later(tmp_path: Path) -> None:
    model = recalibrated(tmp_path, pair_threshold=0.01)
    conversation = random_conversation(3, 12)
    ((_, _, reading),) = read_conversations(model, [conversation])
    later = reading.pairs.cause > reading.pairs.emotion
    assert reading.pairs.log_odds["full"][later].max() > 0  # the model itself thinks some likelier than not
    analysis = analyze(conversation, model=model)
    check_promises(analysis, conversation)
    assert {cause.direction for u in analysis.utterances for cause in u.causes} == {"past", "self"}


def test_a_label_is_decided_by_weights_and_its_confidence_is_its_probability(tmp_path: Path) -> None:
    conversation = random_conversation(4, 40)
    plain = recalibrated(tmp_path / "plain", emotions=(answering_over(0.5),))
    fear = EMOTIONS.index("fear")
    weights = tuple(1.5 if k == fear else 0.0 for k in range(len(EMOTIONS)))
    deciding = replace(answering_over(0.5), decision=weights)
    model = recalibrated(tmp_path / "weighed", emotions=(deciding,))
    before, after = (analyze(conversation, model=m, evidence="always") for m in (plain, model))
    moved = 0
    for then, now in zip(before.utterances, after.utterances, strict=True):
        assert now.emotion.distribution == then.emotion.distribution
        weighed = {
            n: p * np.exp(w) for (n, p), w in zip(now.emotion.distribution.items(), weights, strict=True)
        }
        assert now.emotion.label == max(weighed, key=weighed.get)
        assert now.emotion.confidence == now.emotion.distribution[now.emotion.label]
        assert now.emotion.label in now.emotion.set
        assert set(now.emotion.set) == {*then.emotion.set, now.emotion.label}
        assert now.emotion.abstain == (now.emotion.confidence <= 0.5)
        if now.emotion.label == then.emotion.label:
            assert now.moved_by == then.moved_by
        else:
            moved += 1
            assert now.emotion.label == "fear"
            assert now.emotion.abstain  # a label that is not the most probable cannot be over a half
    assert 0 < moved < len(conversation)


def test_an_unsure_reading_abstains_and_says_why(tmp_path: Path) -> None:
    model = recalibrated(tmp_path, emotions=(answering_over(0.5),))
    for utterance in analyze(random_conversation(4, 40), model=model).utterances:
        assert utterance.emotion.abstain == (utterance.emotion.confidence <= 0.5)
        if utterance.emotion.abstain:
            assert utterance.emotion.abstain_reason == "the model is not sure enough of it"
            assert "is not over 50.0%" in str(utterance.emotion.abstain_figures)
            assert "at most 30%" in str(utterance.emotion.abstain_figures)


@pytest.mark.parametrize("text", ["Я так счастлив!", "我好开心啊", "είμαι καλά", "もう無理 ok"])
def test_other_scripts_abstain(model: Bundle, text: str) -> None:
    utterance = analyze(make_conversation("c", ("A", text)), model=model).utterances[0]
    assert "outside the English vocabulary" in str(utterance.emotion.abstain_reason)


@pytest.mark.parametrize("text", ["Leave me alone, this is awful.", "Café at the river", "?!", "3.50"])
def test_english_does_not_abstain_for_its_script(tmp_path: Path, text: str) -> None:
    model = recalibrated(tmp_path, emotions=(answering_over(0.0),))
    utterance = analyze(make_conversation("Nora", ("Nora", text)), model=model).utterances[0]
    assert utterance.emotion.abstain_reason is None


def test_warnings_and_source_are_carried_over(model: Bundle) -> None:
    conversation = replace(random_conversation(0, 2), warnings=("no speaker is named",))
    analysis = analyze(conversation, model=model)
    assert analysis.warnings == ["no speaker is named"]
    assert analysis.source == "random-0"


def hand_made(*utterances: Utterance) -> Conversation:
    return Conversation("hand-made", utterances)


@pytest.mark.parametrize(
    ("conversation", "message"),
    [
        (hand_made(), "at least one utterance"),
        (hand_made(Utterance("1", "A", "x"), Utterance("1", "A", "y")), "'1' more than once"),
        (hand_made(Utterance("1", "A", "x", start=math.nan)), "times that are finite"),
        (hand_made(Utterance("1", "A", "x", end=math.inf)), "times that are finite"),
        (hand_made(Utterance("1", "A", "half \ud83d of it")), "surrogate"),
        (hand_made(Utterance("1", "\udc80", "x")), "surrogate"),
        (replace(hand_made(Utterance("1", "A", "x")), id="\udc80"), "surrogate"),
        (hand_made(Utterance(1, "A", "x")), "that are text, found 1;"),  # type: ignore[arg-type]
        (hand_made(Utterance("1", "A", "x", start="3")), "finite numbers, found start '3'"),  # type: ignore[arg-type]
    ],
)
def test_what_no_reader_lets_through_is_refused(
    model: Bundle, conversation: Conversation, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        analyze(conversation, model=model)


def test_an_utterance_of_twenty_thousand_words(model: Bundle) -> None:
    conversation = make_conversation(
        "long", ("A", "Help me."), ("B", " ".join(itertools.islice(itertools.cycle(WORDS), 20_000)))
    )
    analysis = analyze(conversation, model=model)
    check_promises(analysis, conversation)
    assert analysis.utterances[1].moved_by.other_context is not None


def test_ten_thousand_utterances(model: Bundle) -> None:
    conversation = random_conversation(5, 10_000, words=3)
    analysis = analyze(conversation, model=model)
    assert len(analysis.utterances) == 10_000
    assert all(u.moved_by.own_context is None for u in analysis.utterances)


def test_the_document_validates_against_the_schema(model: Bundle, tmp_path: Path) -> None:
    write_json(analyze(random_conversation(6, 25, "ABC"), model=model), tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(document)
    assert document["schema_version"] == "1.1"


texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=80)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=12))
def test_any_text_is_analysed(turns: list[tuple[str, str]]) -> None:
    conversation = make_conversation("any", *turns)
    check_promises(analyze(conversation, model=load_model(model_folder())), conversation)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=7).filter(lambda p: sum(p) > 1e-3))
def test_rounding_keeps_sum_and_order(values: list[float]) -> None:
    probabilities = np.array(values) / sum(values)
    rounded = round_distribution(probabilities, digits=4)
    assert round(sum(rounded) * 10_000) == 10_000
    np.testing.assert_allclose(rounded, probabilities, atol=1.01e-4)
    for i, j in itertools.permutations(range(len(values)), 2):
        # What differs by the rounding of floats alone has no order to keep.
        assert not (probabilities[i] > probabilities[j] + 1e-12 and rounded[i] < rounded[j])


def test_a_model_is_loaded_once_and_by_any_name(tmp_path: Path) -> None:
    folder = shutil.copytree(model_folder(), tmp_path / "model")
    assert load_model(folder) is load_model(str(folder / ".." / "model"))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the folder of an exported model"):
        analyze(random_conversation(0, 1), model=tmp_path)


@pytest.mark.skipif(not shipped_models(), reason="the default model has not been exported yet")
def test_the_default_model_reads_plain_words() -> None:
    analysis = analyze(
        make_conversation(
            "plain",
            ("A", "I am so happy that you came!"),
            ("B", "How dare you, get out of my house!"),
            ("A", "Oh my God, what happened to your car?"),
        )
    )
    assert [u.emotion.label for u in analysis.utterances] == ["joy", "anger", "surprise"]


def shown(analysis: Analysis) -> set[tuple[str, str]]:
    return {(u.id, cause.utterance) for u in analysis.utterances for cause in u.causes}


def test_a_false_discovery_rate_lists_the_links_that_its_rule_shows(tmp_path: Path) -> None:
    model = recalibrated(tmp_path)
    conversation = random_conversation(3, 12)
    ((_, _, reading),) = read_conversations(model, [conversation])
    pairs = mean_pairs(reading, len(conversation))
    for rate, least in ((0.1, 0.6), (0.25, 0.6), (0.3, 0.2), (0.9, 0.2)):
        analysis = analyze(conversation, model=model, false_discovery_rate=rate)
        check_promises(analysis, conversation)
        # The score of this rule is the probability that the pair's log-odds state.
        score = 1 / (1 + np.exp(-pairs.log_odds))
        past = pairs.cause <= pairs.emotion
        expected = np.argwhere((score >= least) & past)[:, 0]
        places = zip(pairs.emotion[expected], pairs.cause[expected], strict=True)
        ids = [u.id for u in conversation.utterances]
        assert shown(analysis) == {(ids[i], ids[j]) for i, j in places}
        assert shown(analysis)
        control = analysis.false_discovery_control
        assert control is not None
        assert (control.rate, control.score_threshold, control.calibration_conversations) == (rate, least, 19)


def test_without_a_false_discovery_rate_nothing_speaks_of_one(tmp_path: Path, model: Bundle) -> None:
    conversation = random_conversation(3, 12)
    plain = analyze(conversation, model=model)
    assert "false_discovery" not in plain.model_dump_json()
    assert "false_discovery_control" not in plain.model_dump()
    without_rule = analyze(conversation, model=recalibrated(tmp_path, links=None))
    assert without_rule.model_dump_json() == plain.model_dump_json()


def test_a_document_under_a_false_discovery_rate_validates_and_reads_back(
    model: Bundle, tmp_path: Path
) -> None:
    analysis = analyze(random_conversation(6, 9), model=model, false_discovery_rate=0.3)
    write_json(analysis, tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(document)
    assert document["false_discovery_control"] == {
        "rate": 0.3,
        "rule": "conformal_risk_control",
        "score_threshold": 0.2,
        "calibration_conversations": 19,
    }
    assert Analysis.model_validate(document) == analysis


@pytest.mark.parametrize("rate", [0, 1, -0.1, 20, math.nan, "0.2", True])
def test_a_false_discovery_rate_out_of_range_is_refused(model: Bundle, rate: float) -> None:
    with pytest.raises(InputError, match="false discovery rate: expected a number between 0 and 1"):
        analyze(random_conversation(0, 1), model=model, false_discovery_rate=rate)


def test_a_false_discovery_rate_that_cannot_be_kept_names_the_lowest_that_can(model: Bundle) -> None:
    with pytest.raises(InputError, match=r"expected 0\.1 or more, .* found 0\.0999; ask for 0\.1 or more"):
        analyze(random_conversation(0, 1), model=model, false_discovery_rate=0.0999)
    # It is refused before anything is read.
    with pytest.raises(InputError, match=r"0\.1 or more"):
        analyze(iter(()), model=model, false_discovery_rate=0.05)


def test_a_model_that_can_keep_no_false_discovery_rate_says_so(tmp_path: Path) -> None:
    without = recalibrated(tmp_path / "without", links=None)
    with pytest.raises(ModelError, match=r"without a rule .* `heartsay calibrate`"):
        analyze(random_conversation(0, 1), model=without, false_discovery_rate=0.3)
    hopeless = recalibrated(tmp_path / "hopeless", links=replace(LINKS, rule=LinkRule(19, (), (), ())))
    with pytest.raises(ModelError, match=r"cannot keep any .* the 19 conversations"):
        analyze(random_conversation(0, 1), model=hopeless, false_discovery_rate=0.3)


@pytest.mark.skipif(not shipped_models(), reason="the default model has not been exported yet")
def test_the_default_model_keeps_a_false_discovery_rate_of_a_fifth() -> None:
    conversation = make_conversation(
        "plain", ("A", "I am so happy that you came!"), ("B", "How dare you, get out of my house!")
    )
    lists = [shown(analyze(conversation, false_discovery_rate=rate)) for rate in (0.2, 0.5)]
    assert lists[0] <= lists[1]
    assert lists[1]


def test_without_its_views_a_conversation_keeps_the_rules_of_the_full_reading(tmp_path: Path) -> None:
    mixing = recalibrated(tmp_path, emotions=with_removals(build_calibration()).emotions)
    conversation = random_conversation(11, 5)
    with_views, without = (analyze(conversation, model=mixing, evidence=e) for e in ("always", "never"))
    plain = analyze(conversation, model=load_model(model_folder()), evidence="never")
    assert [u.emotion for u in without.utterances] == [u.emotion for u in plain.utterances]
    # The mixture's own mark for answering is higher in this calibration.
    assert sum(u.emotion.abstain for u in with_views.utterances) > sum(
        u.emotion.abstain for u in without.utterances
    )
    assert [u.causes for u in with_views.utterances] == [u.causes for u in without.utterances]


def test_what_context_moved_is_counted_from_the_full_reading(tmp_path: Path) -> None:
    mixing = recalibrated(tmp_path, emotions=with_removals(build_calibration()).emotions)
    conversation = random_conversation(12, 5)
    analysis = analyze(conversation, model=mixing, evidence="always")
    ((_, evidence, reading),) = read_conversations(mixing, [conversation], views=mixing.views)
    found = calibrate(reading, evidence, mixing.calibration)
    other = found.views["other_context"]
    for t, utterance in enumerate(analysis.utterances):
        k = EMOTIONS.index(utterance.emotion.label)
        moved = utterance.moved_by.other_context
        assert moved == pytest.approx(other[t, k] - found.whole[t, k], abs=1e-4)


def without_words(conversation: Conversation, *places: int) -> Conversation:
    """The conversation with times and no words for some utterances."""
    return replace(
        conversation,
        utterances=tuple(
            replace(u, text=None, start=float(t), end=t + 0.5) if t in places else u
            for t, u in enumerate(conversation.utterances)
        ),
    )


def test_nothing_is_said_of_an_utterance_without_words(model: Bundle) -> None:
    conversation = without_words(random_conversation(7, 6), 1, 4)
    analysis = analyze(conversation, model=model, evidence="always")
    assert len(analysis.utterances) == 6
    for place in (1, 4):
        utterance = analysis.utterances[place]
        emotion = utterance.emotion
        assert utterance.text is None
        assert (emotion.label, emotion.confidence, emotion.distribution) == (None, None, {})
        assert emotion.set == list(EMOTIONS)
        assert (emotion.abstain, emotion.abstain_reason) == (True, "no words were given for this utterance")
        assert (utterance.moved_by.own_context, utterance.moved_by.other_context) == (None, None)
        assert utterance.causes == []
        assert "was not read" in utterance.explanation.text
    named = {cause.utterance for u in analysis.utterances for cause in u.causes}
    assert named.isdisjoint({analysis.utterances[1].id, analysis.utterances[4].id})
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(
        analysis.model_dump(mode="json")
    )


def test_the_others_read_as_if_an_utterance_without_words_were_not_there(model: Bundle) -> None:
    whole = random_conversation(8, 6)
    gap = analyze(without_words(whole, 2), model=model, evidence="always")
    shorter = replace(whole, utterances=(*whole.utterances[:2], *whole.utterances[3:]))
    rest = analyze(shorter, model=model, evidence="always")
    kept = [u for u in gap.utterances if u.emotion.label is not None]
    assert [(u.id, u.emotion, u.moved_by) for u in kept] == [
        (u.id, u.emotion, u.moved_by) for u in rest.utterances
    ]


def test_a_conversation_without_any_words_keeps_its_place(model: Bundle) -> None:
    talks = [
        random_conversation(0, 2),
        without_words(random_conversation(1, 2), 0, 1),
        random_conversation(2, 2),
    ]
    found = list(analyze(talks, model=model))
    assert [a.conversation for a in found] == [t.id for t in talks]
    assert all(u.emotion.label is None for u in found[1].utterances)
    assert all(u.emotion.label is not None for k in (0, 2) for u in found[k].utterances)


def test_what_has_no_words_can_be_written_and_shown(model: Bundle, tmp_path: Path) -> None:
    analysis = analyze(without_words(random_conversation(7, 3), 0), model=model)
    assert "not read" in render_report(analysis, None)
    write_csv([analysis], tmp_path / "a.csv")
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert (rows[0]["label"], rows[0]["confidence"], rows[0]["p_joy"]) == ("", "", "")
    write_parquet([analysis], tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").column("confidence")[0].as_py() is None


class Blunt:
    """An explainer of a user's own."""

    name = "blunt"

    def __call__(self, utterance: ReadUtterance, conversation: Conversation) -> Explanation:
        sentence = f"{utterance.speaker}: {utterance.label}, one of {len(conversation)}."
        return Explanation(text=sentence, cites=[utterance.id], generator=self.name)


BLUNT = Blunt()


def test_another_explainer_writes_the_sentences(model: Bundle) -> None:
    conversation = random_conversation(9, 3)
    analysis = analyze(conversation, model=model, explainer=BLUNT)
    assert {u.explanation.generator for u in analysis.utterances} == {"blunt"}
    assert analysis.utterances[0].explanation.text.endswith("one of 3.")
    assert analyze(conversation, model=model, explainer=f"{__name__}:BLUNT") == analysis
    with pytest.raises(InputError, match="template"):
        analyze(conversation, model=model, explainer="poet")


def test_a_forked_process_analyses_too() -> None:
    """The threads of the parent do not come along, and waiting for them would never end."""
    conversation = random_conversation(10, 4)
    expected = analyze(conversation, model=model_folder())
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(analyze, (conversation,), {"model": model_folder()}).get(timeout=60)
    assert found == expected


def test_a_conversation_that_is_surer_than_usual_is_read_less_surely_and_called_unlike(
    tmp_path: Path, model: Bundle
) -> None:
    conversation = random_conversation(0, 8)
    before = analyze(conversation, model=model, evidence="never")
    assert before.calibration is None
    assert "calibration" not in json.loads(before.model_dump_json())
    projects = (
        ProjectData("meld", "dev", 113, 1092, "home"),
        ProjectData("reccon", "train", 120, 1258, "other"),
    )
    (alone,) = build_calibration().emotions
    usual = Sureness(1.0, mean=0.01, spread=0.01, weight=0.0, slope=0.1, unlike=3.0)
    for unlike, sureness in ((True, usual), (False, replace(usual, mean=1.0))):
        emotions = (replace(alone, sureness=sureness),)
        found = analyze(
            conversation,
            model=recalibrated(tmp_path / str(unlike), emotions=emotions, projects=projects),
            evidence="never",
        )
        note = found.calibration
        assert note is not None
        assert [(p.corpus, p.role) for p in note.projects] == [("meld", "home"), ("reccon", "other")]
        assert note.unlike is unlike
        assert (UNLIKE in found.warnings) is unlike
        assert note.surer == (pytest.approx(note.surer) if unlike else 0.0)
        for old, new in zip(before.utterances, found.utterances, strict=True):
            assert old.emotion.label == new.emotion.label
            sure, now = old.emotion.confidence or 0.0, new.emotion.confidence or 0.0
            assert now < sure if unlike else now == sure
        Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(
            json.loads(found.model_dump_json())
        )
