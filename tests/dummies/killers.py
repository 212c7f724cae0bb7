"""What kills its process, as memory that runs out would: at certain words, or when a worker loads a model."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from heartsay.analysis import Explanation
from heartsay.batch import Settings
from heartsay.conversation import Conversation
from heartsay.explanation import ReadUtterance, get_explainer

POISON = "poison"
ONCE = "once"


class Killer:
    """Kills its process at every utterance that says `POISON`, and at the first that says `ONCE`.

    Args:
        mark: a file that says that the latter has happened.
    """

    name = "killer"

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __call__(self, utterance: ReadUtterance, conversation: Conversation) -> Explanation:
        words = (utterance.text or "").split()
        if ONCE in words and not self._mark.exists():
            self._mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if POISON in words:
            os.kill(os.getpid(), signal.SIGKILL)
        return get_explainer("template")(utterance, conversation)


class DeadlySettings(Settings):
    """Settings that kill every worker that would load a model by them, and nobody else."""

    @property
    def limits(self) -> Mapping[str, int]:  # type: ignore[override]
        """Asked for by who loads a model."""
        if sys.argv[0].endswith("default_worker.py"):  # Ray's
            os.kill(os.getpid(), signal.SIGKILL)
        return {}

    @limits.setter
    def limits(self, value: Mapping[str, int]) -> None:
        pass
