"""A guess of how common each emotion is in talk without labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from heartsay.calibration import Calibration
from heartsay.calibration.label_shift import guess_shares
from heartsay.conversation import Conversation
from heartsay.corpora import get
from heartsay.errors import InputError, ModelError
from heartsay.evidence.views import FULL
from heartsay.labels import EMOTIONS
from heartsay.progress import Report, silent, track
from heartsay.runtime import Bundle

MINIMUM = 10
"""Fewest conversations that a guess is made from."""


class Guess(NamedTuple):
    """What was guessed.

    Attributes:
        calibration: with the prior that follows; all else is as it came.
        shares: of each emotion in the talk.
        at_home: of each emotion in the talk that the model was calibrated on.
        conversations: that hold words.
        utterances: that were read.
    """

    calibration: Calibration
    shares: dict[str, float]
    at_home: dict[str, float]
    conversations: int
    utterances: int


def guess(model: Bundle, conversations: Sequence[Conversation], report: Report = silent) -> Guess:
    """Guess the class prior of unlabelled conversations.

    Raises:
        InputError: fewer than `MINIMUM` conversations with words.
        ModelError: nobody knows how common emotions are in what the model was calibrated on.
    """
    _check_enough(len(conversations), "")
    home = shares_at_home(model)
    evidence = [model.evidence(c) for c in conversations]
    reading = model.read(track(evidence, "Reading conversations", report, "conversations"))
    readable = len(np.unique(reading.conversation))
    _check_enough(readable, " with words")
    alone = model.calibration.for_reading(("text",), (FULL.name,))
    shares = guess_shares(alone.apply(reading.logits, reading.conversation), list(home.values()))
    weights = np.log(shares / np.array(list(home.values())))
    weights -= weights.mean()
    emotions = tuple(
        replace(e, prior=tuple((np.array(e.prior or np.zeros(len(home))) + weights).tolist()))
        for e in model.calibration.emotions
    )
    names = model.labels.names
    return Guess(
        replace(model.calibration, emotions=emotions),
        dict(zip(names, shares.tolist(), strict=True)),
        home,
        readable,
        len(reading),
    )


def _check_enough(count: int, which: str) -> None:
    if count < MINIMUM:
        raise InputError(
            expected=f"{MINIMUM} conversations{which} or more",
            found=f"{count}",
            where="the unlabelled conversations",
            do="give more transcripts, or use the model as it came",
        )


def shares_at_home(model: Bundle) -> dict[str, float]:
    """How common each emotion is in MELD's development part, on which shipped models are calibrated.

    Raises:
        ModelError: the model tells other emotions apart.
    """
    if model.labels.names != EMOTIONS.names:
        raise ModelError(
            f"{model.folder} tells other emotions apart than {', '.join(EMOTIONS)}, and it is not known how"
            " common they are in what it was calibrated on; label some conversations instead."
        )
    counts = get("meld").expected["dev"].emotions
    total = sum(counts.values())
    return {name: counts[name] / total for name in model.labels}
