"""An analysis of a conversation: what it promises of any text, in any company, and what it refuses."""

from __future__ import annotations

import itertools
import json
import math
import multiprocessing
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.dummies.conversations import WORDS, make_conversation, random_conversation
from tests.dummies.model import model_folder, recalibrated
from tests.dummies.promises import check_promises

from heartsay.analysis import Explanation
from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError, ModelError
from heartsay.explanation import ReadUtterance
from heartsay.formats import write_json
from heartsay.formats.analyses.json_document import SCHEMA_PATH
from heartsay.pipeline import analysing, analyze, load_model
from heartsay.runtime import Bundle, read_conversations, shipped_models


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
