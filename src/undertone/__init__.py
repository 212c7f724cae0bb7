"""Undertone reads the emotions of a recorded conversation and says how far the reading can be trusted.

    import undertone

    analysis = undertone.analyze(undertone.read("chat.json"))

What is named here is loaded when it is first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from undertone.analysis import Analysis
    from undertone.conversation import Conversation, Utterance
    from undertone.formats import read, read_all
    from undertone.pipeline import analyze

__version__ = "0.1.0"

_HOMES = {
    "Analysis": "undertone.analysis",
    "Conversation": "undertone.conversation",
    "Utterance": "undertone.conversation",
    "analyze": "undertone.pipeline",
    "read": "undertone.formats",
    "read_all": "undertone.formats",
}

__all__ = ["Analysis", "Conversation", "Utterance", "__version__", "analyze", "read", "read_all"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
