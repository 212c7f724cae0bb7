"""Benchmarks that are made of a corpus by a rule, and what each should come out as.

A benchmark has counts by split and name instead of conversations; `checks.check` compares them as it compares
those of a corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Expected = Mapping[str, Mapping[str, int]]
"""Counts by split and by what is counted."""


@dataclass(frozen=True)
class Benchmark:
    """What a benchmark states about itself.

    Attributes:
        name: short name, as in `heartsay corpora check NAME`.
        title: full name.
        language: of the talk.
        licence: terms of use.
        citation: BibTeX entry of what it is made of.
        home: page from which that is handed out.
        expected: counts, as made of the published files.
        count: makes it of the files under a folder, by default that of HEARTSAY_DATA, and counts.
        notes: what a user should know before trusting it.
    """

    name: str
    title: str
    language: str
    licence: str
    citation: str
    home: str
    expected: Expected
    count: Callable[[Path | None], Expected] = field(repr=False)
    notes: str = ""


_benchmarks: dict[str, Benchmark] = {}


def register_benchmark(benchmark: Benchmark) -> Benchmark:
    """Add a benchmark to the list; returns it.

    Raises:
        ValueError: the name is taken.
    """
    if benchmark.name in _benchmarks:
        raise ValueError(f"a benchmark named {benchmark.name!r} is registered already")
    _benchmarks[benchmark.name] = benchmark
    return benchmark


def benchmarks() -> Mapping[str, Benchmark]:
    """Every benchmark by its name, in the order of names."""
    return dict(sorted(_benchmarks.items()))
