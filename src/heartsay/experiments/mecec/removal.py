"""Whether an explanation depends on what it cites: the cited cause is taken away and the talk analysed anew.

An explanation that stays as it was when its cause is gone was not made from it. One that names its causes by
their ids cannot stay, so the share is set beside how many change when an utterance that they do not cite is
taken away instead. Percentages do not count as a change, and a cause in the utterance itself cannot be taken
away without taking the utterance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from heartsay.analysis import Explanation
from heartsay.conversation import Conversation
from heartsay.pipeline import analyze
from heartsay.progress import Report, track

_PERCENT = re.compile(r"\s*\((?:over |under )?\d+%\)|\b(?:over |under )?\d+%")


class Case(NamedTuple):
    """An explanation that cites another utterance.

    Attributes:
        conversation: that it is of.
        id: of the utterance that is explained.
        cause: the surest other utterance that it cites.
        uncited: the nearest earlier one that it does not, or None.
        explanation: as it is with everything there.
    """

    conversation: Conversation
    id: str
    cause: str
    uncited: str | None
    explanation: Explanation


def removal(
    conversations: Sequence[Conversation], report: Report, most: int | None = None
) -> dict[str, float]:
    """Share of explanations that change when the surest cause they cite in another utterance is taken away.

    Args:
        conversations: with words; analysed by the default model.
        report: called with how far it is.
        most: of the explanations to look at, the first ones, if given.

    Returns:
        `explanations` looked at, the share `changed`, and `changed_otherwise`, the share that change when an
        uncited utterance goes; NaN where there is none.
    """
    cases = list(_cases(conversations))[:most]
    others = [case for case in cases if case.uncited is not None]
    return {
        "explanations": len(cases),
        "changed": _changed(cases, [case.cause for case in cases], "Taking causes away", report),
        "changed_otherwise": _changed(
            others, [case.uncited or "" for case in others], "Taking other utterances away", report
        ),
    }


def _changed(cases: Sequence[Case], gone: Sequence[str], message: str, report: Report) -> float:
    shorter = (_without(case.conversation, id) for case, id in zip(cases, gone, strict=True))
    changed = 0
    analyses = analyze(shorter, evidence="never")
    for case, analysis in zip(track(cases, message, report, "explanations"), analyses, strict=True):
        after = next(u.explanation for u in analysis.utterances if u.id == case.id)
        changed += _said(case.explanation) != _said(after)
    return changed / len(cases) if cases else float("nan")


def _cases(conversations: Sequence[Conversation]) -> Iterator[Case]:
    for conversation, analysis in zip(
        conversations, analyze(iter(conversations), evidence="never"), strict=True
    ):
        for place, utterance in enumerate(analysis.utterances):
            cites = utterance.explanation.cites
            others = [id for id in cites if id != utterance.id]
            if others and utterance.causes and not utterance.emotion.abstain:
                before = [u.id for u in conversation.utterances[:place] if u.id not in cites]
                yield Case(
                    conversation,
                    utterance.id,
                    others[0],
                    before[-1] if before else None,
                    utterance.explanation,
                )


def _without(conversation: Conversation, id: str) -> Conversation:
    left = tuple(u for u in conversation.utterances if u.id != id)
    return replace(conversation, utterances=left, pairs=None)


def _said(explanation: Explanation) -> str:
    return _PERCENT.sub("", explanation.text)
