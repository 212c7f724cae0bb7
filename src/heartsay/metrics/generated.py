"""Answers in words, read as labels: strictly, so that an answer that says nothing does not pass for one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from heartsay.metrics.checks import IntArray

NO_LABEL = -1


def read_answers(
    answers: Sequence[str], names: Sequence[str], synonyms: Mapping[str, str] | None = None
) -> IntArray:
    """Index of the one label that each answer names, (N,); -1 where it names none or several.

    A label counts as a whole word, upper or lower case alike. Much public code takes what it cannot read as
    neutral, which rewards silence wherever neutral is frequent; here it is wrong (`metrics.conflict`).

    Args:
        answers: as a model wrote them.
        names: of the labels.
        synonyms: other words for a label, such as happy for joy.

    Raises:
        ValueError: a synonym is for no label.
    """
    words = {name.lower(): k for k, name in enumerate(names)}
    for word, name in (synonyms or {}).items():
        if name not in names:
            raise ValueError(f"{word!r} is said to mean {name!r}, which is no label")
        words[word.lower()] = list(names).index(name)
    either = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)")
    found = [{words[match] for match in pattern.findall(answer.lower())} for answer in answers]
    return np.array([named.pop() if len(named) == 1 else NO_LABEL for named in found], np.int64)
