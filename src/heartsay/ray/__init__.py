"""A corpus of any size on Ray: the same analysis, on as many machines as there are.

`analyze` maps a Ray dataset of utterances to one of results, for a pipeline of your own. `analyze_corpus` is
behind `heartsay analyze --engine ray`: it plans partitions (`listing`, `plan`), gathers the rows of tables by
conversation (`tables`, `buckets`, `shuffle`), shares them out (`sharing`) to each `worker`, which reads,
analyses and writes them, and sums up in `manifest`. What a dead worker leaves behind is in `tries`, and where
files lie is in `places`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heartsay.ray.dataset import analyze
    from heartsay.ray.reading import How
    from heartsay.ray.run import Engine, Outcome, analyze_corpus

_HOMES = {"analyze": "dataset", "How": "reading", "Engine": "run", "Outcome": "run", "analyze_corpus": "run"}

__all__ = ["Engine", "How", "Outcome", "analyze", "analyze_corpus"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"heartsay.ray.{_HOMES[name]}"), name)
