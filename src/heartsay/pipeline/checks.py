"""What an analysis refuses, in plain sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from numbers import Real

from heartsay.analysis import FalseDiscoveryControl
from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError, ModelError
from heartsay.formats import is_given, read
from heartsay.runtime import Bundle


def check_options(coverage: float, evidence: str) -> None:
    """Refuse a coverage or an evidence mode that cannot be.

    Raises:
        InputError: it is such a one.
    """
    if not (isinstance(coverage, int | float) and 0.0 < coverage < 1.0):
        raise InputError(
            expected="a number between 0 and 1, both excluded",
            found=repr(coverage),
            where="coverage",
            do="give how often the sets shall hold the true emotion, for example 0.9",
        )
    if evidence not in ("auto", "always", "never"):
        raise InputError(
            expected="auto, always or never", found=repr(evidence), where="evidence", do="choose one of these"
        )


def conversation_of(given: object) -> Conversation | Iterable[Conversation]:
    """One conversation, read where that is needed, or many.

    Raises:
        InputError: it is neither, cannot be read, or holds several conversations.
    """
    if isinstance(given, Conversation):
        return given
    if is_given(given):
        return read(given)  # type: ignore[arg-type]
    first = given[0] if isinstance(given, list | tuple) and given else None
    if (
        isinstance(given, bytes)
        or not isinstance(given, Iterable)
        or not isinstance(first, Conversation | None)
    ):
        kind = type(given).__name__ if first is None else f"a list of {type(first).__name__}"
        raise InputError(
            expected="a conversation or several, a path, text of several lines, a list of dictionaries or a"
            " data frame",
            found=kind,
            where="what to analyse",
            do="read several files with heartsay.read_all, and give what comes",
        )
    return given


def check_conversation(conversation: Conversation) -> Conversation:
    """Refuse what no reader lets through, since conversations can also be made by hand.

    Raises:
        InputError: no utterances, ids that repeat, times that are not finite, or text that is not Unicode.
    """
    if not isinstance(conversation, Conversation):
        raise InputError(
            expected="conversations",
            found=type(conversation).__name__,
            where="what to analyse",
            do="read each with heartsay.read first",
        )
    problem = None
    if not conversation.utterances:
        problem = "at least one utterance", "none"
    elif repeated := [name for name, n in Counter(u.id for u in conversation.utterances).items() if n > 1]:
        problem = "utterance ids that differ", f"{repeated[0]!r} more than once"
    else:
        problem = next(filter(None, map(_problem, conversation.utterances)), _no_text(conversation.id))
    if problem:
        raise InputError(
            expected=problem[0],
            found=problem[1],
            where=f"conversation {conversation.id!r}",
            do="correct the conversation",
        )
    return conversation


def _problem(utterance: Utterance) -> tuple[str, str] | None:
    """What is wrong with an utterance: what was expected, and what is there."""
    times = [time for time in (utterance.start, utterance.end) if time is not None]
    if not all(isinstance(time, Real) and math.isfinite(time) for time in times):
        return "times that are finite numbers", f"start {utterance.start!r}, end {utterance.end!r}"
    texts = (utterance.id, utterance.speaker, *(() if utterance.text is None else (utterance.text,)))
    return next(filter(None, map(_no_text, texts)), None)


def _no_text(value: object) -> tuple[str, str] | None:
    if not isinstance(value, str):
        return "ids, speakers and words that are text", f"{value!r:.60}"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "text that is Unicode", "half of a surrogate pair"
    return None


def false_discovery_control(model: Bundle, rate: float) -> FalseDiscoveryControl:
    """How a model keeps a false discovery rate, if it can.

    Raises:
        InputError: a rate out of range, or lower than this model can keep.
        ModelError: the model has no rule for it.
    """
    if not (isinstance(rate, int | float) and 0.0 < rate < 1.0):
        raise InputError(
            expected="a number between 0 and 1, both excluded",
            found=repr(rate),
            where="false discovery rate",
            do="give the share of wrong causes that may be expected, for example 0.3",
        )
    links = model.calibration.links
    if links is None:
        raise ModelError(
            f"{model.folder} was calibrated without a rule that keeps a false discovery rate; calibrate it"
            " anew with `heartsay calibrate`, or ask for none."
        )
    lowest = links.lowest_level
    if lowest is None:
        raise ModelError(
            f"{model.folder} cannot keep any false discovery rate: its causes were too often wrong on the"
            f" {links.rule.conversations} conversations that it was calibrated on; ask for none."
        )
    if rate < lowest:
        raise InputError(
            expected=f"{lowest:g} or more, the lowest rate at which this model can list any cause",
            found=f"{rate:g}",
            where="false discovery rate",
            do=f"ask for {lowest:g} or more",
        )
    return FalseDiscoveryControl(
        rate=rate,
        score_threshold=links.rule.threshold(rate),
        calibration_conversations=links.rule.conversations,
    )
