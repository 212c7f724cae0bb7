"""What came of campaigns, as a table.

python -m campaign.summary fuzz-1.json fuzz-2.json > summary.md
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FINE = ("read", "refused")


class Row(NamedTuple):
    """What came of the inputs of one target.

    Attributes:
        inputs: that were fed.
        counts: by what came of them.
        slowest_seconds: of processor time for one of them.
        megabytes: by how much a process grew that fed some thousands of them.
        seconds: that all took.
    """

    inputs: int
    counts: Mapping[str, int]
    slowest_seconds: float
    megabytes: int
    seconds: int

    @property
    def failures(self) -> int:
        """Inputs of which came neither a result nor a sentence."""
        return sum(n for kind, n in self.counts.items() if kind not in FINE)


def joined(rows: Iterable[Row]) -> Row:
    """Several rows as one."""
    rows = list(rows)
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row.counts)
    slowest, largest = max(r.slowest_seconds for r in rows), max(r.megabytes for r in rows)
    return Row(sum(r.inputs for r in rows), counts, slowest, largest, sum(r.seconds for r in rows))


def table(contents: Iterable[Mapping[str, Any]]) -> str:
    """A Markdown table of the summaries of runs with different seeds."""
    found: dict[str, list[Row]] = {}
    seeds = []
    for content in contents:
        seeds.append(str(content["seed"]))
        for target, row in content["rows"].items():
            found.setdefault(target, []).append(Row(**row))
    rows = {target: joined(each) for target, each in found.items()}
    lines = [
        f"Seeds {', '.join(seeds)}.",
        "",
        "| target | inputs | read | refused | failures | slowest, s | growth, MB | minutes |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for target, row in {**rows, "all": joined(rows.values())}.items():
        read, refused = (row.counts.get(kind, 0) for kind in FINE)
        counts = f"{row.inputs:,} | {read:,} | {refused:,} | {row.failures:,}"
        lines.append(
            f"| {target} | {counts} | {row.slowest_seconds:.2f} | {row.megabytes} | {row.seconds / 60:.0f} |"
        )
    kinds = sorted({kind for row in rows.values() for kind in row.counts if kind not in FINE})
    return "\n".join([*lines, *(["", *(f"- {kind}" for kind in kinds)] if kinds else [])])


if __name__ == "__main__":
    print(table(json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:]))
