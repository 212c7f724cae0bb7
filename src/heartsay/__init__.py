"""Heartsay reads the emotions of a recorded conversation and says how far the reading can be trusted.

    import heartsay

    analysis = heartsay.analyze(heartsay.read("chat.json"))

What is named here is loaded when it is first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heartsay.analysis import Analysis
    from heartsay.conversation import Conversation, Utterance
    from heartsay.formats import read, read_all
    from heartsay.pipeline import analyze

__version__ = "0.1.0"

# onnxruntime's builds for Linux and macOS keep events of its use and send them to its maker, from 1.31 at the
# latest, unless this is said before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_HOMES = {
    "Analysis": "heartsay.analysis",
    "Conversation": "heartsay.conversation",
    "Utterance": "heartsay.conversation",
    "analyze": "heartsay.pipeline",
    "read": "heartsay.formats",
    "read_all": "heartsay.formats",
}

__all__ = ["Analysis", "Conversation", "Utterance", "__version__", "analyze", "read", "read_all"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
