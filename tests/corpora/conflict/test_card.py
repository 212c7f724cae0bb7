"""The page about the benchmark says the numbers that a check expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.corpora.conflict.crema_d import BENCHMARK

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "conflict-benchmark.md").read_text("utf-8")


@pytest.mark.parametrize("subset", ["consistent", "face_aligned", "voice_aligned", "neither", "undecided"])
def test_the_page_has_the_counts_of_each_subset(subset: str) -> None:
    plain, strict = (BENCHMARK.expected[rule][subset] for rule in ("all", "all, strict"))
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {subset.replace('_', '-')} |"))
    assert row.endswith(f"| {plain:,} | {strict:,} |")
    assert BENCHMARK.licence.split(",")[1].strip().removeprefix("contents ") in PAGE
