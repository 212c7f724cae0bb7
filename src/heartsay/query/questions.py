"""What people ask most of their results, as SQL; every value is handed over apart from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heartsay.errors import InputError

WORDS = {"likely": 0.5}
"""Words for a confidence, and from which value on they are said; explanations use the same."""

GROUPS = {"speaker": "speaker", "conversation": "conversation", "emotion": "label"}
"""By what utterances can be counted, and the column of each."""


@dataclass(frozen=True)
class Question:
    """Which utterances are meant; what is None does not matter.

    Attributes:
        emotion: the label.
        confidence: how sure the label is, at least; or the cause, where causes are asked for.
        since: from which share of the conversation on, by where an utterance begins: 0 is its beginning, 1
            its end or, without times, its last utterance.
        until: up to which share.
        speaker: who speaks.
        conversation: whose id.
        containing: words that the text holds, capitals or not.
        settled: only those that are not left open.
    """

    emotion: str | None = None
    confidence: float | None = None
    since: float | None = None
    until: float | None = None
    speaker: str | None = None
    conversation: str | None = None
    containing: str | None = None
    settled: bool = False

    def condition(self) -> tuple[str, list[Any]]:
        """What an utterance, or a cause of one, must fulfil, and the values in it."""
        tests = {
            "label = ?": self.emotion,
            "confidence >= ?": self.confidence,
            "progress >= ?": self.since,
            "progress <= ?": self.until,
            "speaker = ?": self.speaker,
            "conversation = ?": self.conversation,
            "contains(lower(text), lower(?))": self.containing,
        }
        given = {test: value for test, value in tests.items() if value is not None}
        settled = ["NOT abstain"] if self.settled else []
        return " AND ".join([*given, *settled]) or "true", list(given.values())

    def listed(self) -> tuple[str, list[Any]]:
        """The utterances in their order, each with the place in its report."""
        condition, values = self.condition()
        columns = "conversation, utterance_id, start, speaker, label, confidence, text, report"
        order = "ORDER BY results, conversation, position"
        return f"SELECT {columns} FROM utterances WHERE {condition} {order}", values

    def counted(self, by: str) -> tuple[str, list[Any]]:
        """How many there are of each speaker, conversation or emotion, of how many; most first.

        Conversations of one id in two tables are two, and a column names the table. The report is that of the
        surest one.

        Args:
            by: a key of `GROUPS`.
        """
        column, (condition, values) = GROUPS[by], self.condition()
        # An id names a conversation within its table alone.
        table = ", results" if by == "conversation" else ""
        sql = f"""
            SELECT {column} AS {by}{table}, count(*) FILTER (meant) AS utterances, count(*) AS of_all,
                count(DISTINCT (results, conversation)) FILTER (meant) AS conversations,
                avg(confidence) FILTER (meant) AS mean_confidence,
                arg_max(report, confidence) FILTER (meant) AS surest
            FROM (SELECT *, coalesce({condition}, false) AS meant FROM utterances)
            GROUP BY {column}{table} HAVING count(*) FILTER (meant) > 0
            ORDER BY utterances DESC, {by}{table}"""
        return sql, values

    def caused(self) -> tuple[str, list[Any]]:
        """The causes of such utterances, the surest first; `confidence` is that of the cause."""
        condition, values = self.condition()
        columns = (
            "conversation, utterance_id, speaker, label, cause, cause_speaker, cause_text, confidence, report"
        )
        return f"SELECT {columns} FROM causes WHERE {condition} ORDER BY confidence DESC, report", values


def at_least(value: str) -> float:
    """A confidence as a word or a number.

    Raises:
        InputError: it is neither.
    """
    try:
        found = WORDS[value] if value in WORDS else float(value)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise InputError(
            expected=f"{', '.join(WORDS)}, or a number from 0 to 1",
            found=repr(value),
            where="--at-least",
            do="give one of these",
        )
    return found
