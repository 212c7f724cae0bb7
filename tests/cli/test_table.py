from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.dummies.conversations import make_conversation, random_conversation
from tests.dummies.model import model_folder
from tests.formats.samples import controlled

from heartsay.analysis import Analysis
from heartsay.cli.table import LONGEST, PASSAGES, print_analysis
from heartsay.conversation import Conversation, Utterance
from heartsay.pipeline import analyze


def printed(conversation: Conversation, width: int = 100) -> tuple[Analysis, list[str]]:
    analysis = analyze(conversation, model=model_folder())
    file = io.StringIO()
    print_analysis(analysis, Console(file=file, width=width))
    return analysis, file.getvalue().splitlines()


def split(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines about passages, and those of the utterances with their heading and rule."""
    at = next(i for i, line in enumerate(lines) if "Confidence" in line)
    return lines[:at], lines[at:]


@pytest.mark.parametrize("width", [80, 100, 140])
def test_a_line_per_utterance_that_fits_the_terminal(width: int) -> None:
    analysis, lines = printed(random_conversation(0, 20, words=30), width)
    rows = split(lines)[1][2:22]
    for row, utterance in zip(rows, analysis.utterances, strict=True):
        assert len(row) <= width
        assert row.split()[:2] == [utterance.id, utterance.speaker]
        assert utterance.emotion.label in row
        assert f"{utterance.emotion.confidence:.0%}" in row
        assert (f"? {utterance.emotion.label}" in row) == utterance.emotion.abstain
        assert utterance.text[:10] in row


def test_the_likeliest_cause_is_named() -> None:
    analysis, lines = printed(random_conversation(0, 20))
    caused = [(row, u) for row, u in zip(split(lines)[1][2:], analysis.utterances, strict=False) if u.causes]
    assert caused
    for row, utterance in caused:
        first = utterance.causes[0]
        assert ("itself" if first.direction == "self" else first.utterance) in row
        assert f"({first.confidence:.0%})" in row


def test_the_passages_that_are_likeliest_to_hold_a_feeling_come_first() -> None:
    analysis, lines = printed(random_conversation(0, 20))
    found, _ = split(lines)
    assert found[0].startswith("Worth listening to")
    ranked = sorted(analysis.utterances, key=lambda u: -u.emotion.feeling.probability)[:PASSAGES]
    assert len(found) == 3 + len(ranked)
    for row, utterance in zip(found[3:], ranked, strict=True):
        feeling = utterance.emotion.feeling
        assert row.split()[:2] == [utterance.id, utterance.speaker]
        assert f"{feeling.probability:.0%}" in row
        assert f"{feeling.likeliest} {feeling.confidence:.0%}" in row


def test_at_most_a_third_of_the_talk_is_worth_listening_to() -> None:
    assert len(split(printed(random_conversation(0, 4))[1])[0]) == 3 + 2
    assert split(printed(random_conversation(0, 1))[1])[0] == []


def test_a_long_conversation_is_cut_short() -> None:
    _, lines = printed(random_conversation(0, LONGEST + 5))
    assert len(split(lines)[1]) <= LONGEST + 5
    assert any("5 more utterances" in line for line in lines)


def test_markup_in_the_talk_is_shown_as_it_is() -> None:
    _, lines = printed(make_conversation("c", ("[bold]Al[/]", "[red]Stop[/red] it [/]")))
    assert "[red]Stop[/red] it [/]" in split(lines)[1][2]


def test_a_narrow_terminal_is_not_overrun() -> None:
    _, lines = printed(random_conversation(0, 20, words=30), width=40)
    assert max(map(len, lines)) <= 40


def test_a_false_discovery_rate_is_named_where_one_was_asked_for() -> None:
    analysis, lines = printed(random_conversation(0, 5))
    assert not any("expected to be wrong" in line for line in lines)
    file = io.StringIO()
    print_analysis(controlled(analysis, 0.3), Console(file=file, width=100))
    assert "At most 30% of the causes listed are expected to be wrong" in file.getvalue()


def test_what_was_not_read_is_not_called_unsure() -> None:
    conversation = Conversation("silent", tuple(Utterance(str(n), "A", None) for n in range(3)))
    _, lines = printed(conversation)
    assert sum("not read" in line for line in lines) == 3
    assert not any("not sure enough" in line for line in lines)
