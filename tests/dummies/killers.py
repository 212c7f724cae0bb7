"""An explainer that kills its process at certain words, as memory that runs out would."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from heartsay.analysis import Explanation
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
