"""A tuned language model as an explainer that may only reword."""

from __future__ import annotations

import hashlib
from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.explanation.rewriter import Rewriter
from heartsay.models.hosts.asking import ask
from heartsay.models.hosts.fame_net import WEIGHTS, Answer
from heartsay.training.tasks.language_model import load_explainer


def load_rewriter(folder: Path) -> Rewriter:
    """The language model of a finished run as what `analyze(..., explainer=...)` takes.

    Raises:
        HeartsayError: a package is missing.
        ModelError: the folder holds no such run.
    """
    net, settings = load_explainer(folder)

    def reword(conversation: Conversation, place: int, emotion: str) -> str:
        return usable(net.explain([ask(conversation, place, emotion, context=settings.context)])[0])

    version = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:8]
    return Rewriter(reword, version=version)


def usable(answer: Answer) -> str:
    """What was written, or nothing where it repeats itself or does not end."""
    return answer.text if answer.ended and not answer.repeated else ""
