"""Cells of the tables: what several seeds gave, how many they were, and what was published beside it."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heartsay.experiments.published import published

Row = Mapping[str, Any]
Key = tuple[str, str, str, str]
"""Corpus, model, method, protocol."""

NO_RUNS = "no runs yet"
UNDEFINED = "undefined"
ABSENT = "-"


@dataclass
class Results:
    """Rows by what they are of, and how many seeds each was planned with.

    Args:
        rows: as in ``results.json``.
        planned: seeds by corpus, model and method.
    """

    rows: Iterable[Row]
    planned: Mapping[tuple[str, str, str], int]
    by_key: dict[Key, list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_key = defaultdict(list)
        for row in self.rows:
            self.by_key[row["corpus"], row["model"], row["method"], row["protocol"]].append(row)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Results:
        """From what ``results.json`` holds."""
        planned = {(p["corpus"], p["model"], p["method"]): p["seeds"] for p in content["planned"]}
        return cls(content["rows"], planned)

    def cell(self, key: Key, metric: str, digits: int = 2) -> str:
        """Mean and standard deviation of a metric over the seeds that are there, and their number.

        Args:
            key: whose.
            metric: name of a column; a point leads into a column that holds several numbers.
            digits: after the point.
        """
        values = [lookup(row, metric) for row in self.by_key.get(key, ())]
        return spread(values, self.planned.get(key[:3], 0), digits)

    def methods(self, corpus: str, model: str) -> list[str]:
        """The methods planned for a backbone."""
        return [method for c, m, method in self.planned if (c, m) == (corpus, model)]


def spread(values: Sequence[float | None], planned: int, digits: int = 2) -> str:
    """Mean ± sample standard deviation of what is defined, and of how many seeds."""
    known = [value for value in values if value is not None]
    if not values:
        return NO_RUNS if planned else ABSENT
    if not known:
        return UNDEFINED
    count = f"{len(values)}" if len(values) >= planned else f"{len(values)} of {planned}"
    if len(known) < len(values):
        count += f", {len(values) - len(known)} undefined"
    mean = f"{statistics.mean(known):.{digits}f}"
    if len(known) == 1:
        return f"{mean} ({count})"
    return f"{mean} ± {statistics.stdev(known):.{digits}f} ({count})"


def lookup(row: Row, metric: str) -> float | None:
    """A number of a row; None where the data leave it undefined or the row has no such column."""
    value: Any = row
    for part in metric.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if value is None else float(value)


def published_rows(table: str) -> list[dict[str, Any]]:
    """The rows of one table."""
    return [row for row in published("cmerc")["rows"] if row["table"] == table]


def published_cell(row: Mapping[str, Any], metric: str) -> str:
    """A published number as it is printed, with ~ where it could not be read with certainty."""
    value = row["values"].get(metric)
    if value is None:
        return ABSENT
    return f"{'~' if metric in row.get('approximate', ()) else ''}{value:g}"


def grid(header: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table and an empty line."""
    made = [header, ["---"] * len(header), *lines]
    return [*(f"| {' | '.join(line)} |" for line in made), ""]
