"""What the pages of results are made of: cells over seeds, columns, grids, published numbers, intervals."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from heartsay.experiments.published import published
from heartsay.metrics.student import MeanDifference, paired_t

Row = Mapping[str, Any]
Content = Mapping[str, Any]
"""What ``results.json`` holds."""

Lines = list[str]
Key = tuple[str, str, str, str]
"""Corpus, model, method, protocol."""

NO_RUNS = "no runs yet"
UNDEFINED = "undefined"
ABSENT = "-"
RULE = "---"
"""What stands below the header in the tables of the default model and of RPCL."""

SIGNIFICANT = 0.05


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        metric: name of a column of the rows; a point leads into one that holds several numbers.
        title: above it.
        digits: after the point.
        protocol: whose rows, if not those of the line's own protocol.
        published: the published metric that stands in it, if any.
    """

    metric: str
    title: str
    digits: int = 2
    protocol: str | None = None
    published: str | None = None


class Results:
    """Rows of a study by what they are of, and how many seeds each was planned with."""

    def __init__(self, content: Content) -> None:
        self.planned = {(p["corpus"], p["model"], p["method"]): p["seeds"] for p in content["planned"]}
        self.by_key: dict[Key, list[Row]] = defaultdict(list)
        for row in content["rows"]:
            self.by_key[row["corpus"], row["model"], row["method"], row["protocol"]].append(row)

    def cell(self, key: Key, metric: str, digits: int = 2) -> str:
        """Mean and standard deviation of a metric over the seeds that are done, and their number."""
        values = [lookup(row, metric) for row in self.by_key.get(key, ())]
        return spread(values, self.planned.get(key[:3], 0), digits)

    def line(self, key: Key, columns: Sequence[Column]) -> list[str]:
        """The cells of a model and a method, behind their names."""
        keys = [(*key[:3], column.protocol or key[3]) for column in columns]
        return [*key[1:3], *(self.cell(k, c.metric, c.digits) for k, c in zip(keys, columns, strict=True))]

    def methods(self, corpus: str, model: str) -> list[str]:
        """The methods planned for a model."""
        return [method for c, m, method in self.planned if (c, m) == (corpus, model)]


def of_seeds(content: Content, seeds: Collection[int]) -> Results:
    """The rows of some seeds alone, so that what is set side by side was tested on the same data."""
    rows = [row for row in content["rows"] if row["seed"] in seeds]
    planned = [{**p, "seeds": min(p["seeds"], len(seeds))} for p in content["planned"]]
    return Results({"rows": rows, "planned": planned})


def mean_and_deviation(values: Sequence[float], digits: int = 2) -> str:
    """Mean ± sample standard deviation; the mean alone of a single value."""
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


def over_seeds(one: Mapping[int, float], two: Mapping[int, float]) -> MeanDifference | None:
    """One less the other, paired by seed; None where there are fewer than two seeds."""
    differences = [one[seed] - two[seed] for seed in one]
    return paired_t(differences) if len(differences) > 1 else None


def shown(found: MeanDifference | None, digits: int = 2) -> str:
    """A difference over seeds with its interval."""
    if found is None:
        return ABSENT
    return f"{found.difference:+.{digits}f} [{found.low:+.{digits}f}, {found.high:+.{digits}f}]"


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
    return f"{mean_and_deviation(known, digits)} ({count})"


def lookup(row: Row, metric: str) -> float | None:
    """A number of a row; None where the data leave it undefined or the row has no such column."""
    value: Any = row
    for part in metric.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if value is None else float(value)


def grouped(rows: Iterable[Row], names: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """Rows by what stands in some of their columns, in the order of the first of each."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(str(row[name]) for name in names), []).append(row)
    return found


def means(
    rows: Sequence[Row], by: Sequence[str], columns: Sequence[str], titles: Sequence[str] = ()
) -> Lines:
    """A table with a line for each group of rows: means and deviations over its seeds.

    Args:
        rows: any.
        by: the columns that make a group.
        columns: what is averaged.
        titles: above both, if not their names.
    """
    if not rows:
        return [f"{NO_RUNS.capitalize()}.", ""]
    table = [
        [*key, *(spread([lookup(row, column) for row in found], len(found)) for column in columns)]
        for key, found in grouped(rows, by).items()
    ]
    return grid(titles or (*by, *(column.replace("_", " ") for column in columns)), table)


def grid(header: Sequence[str], lines: Iterable[Sequence[str]], rule: str = " --- ") -> Lines:
    """A Markdown table and an empty line; `rule` stands in each cell below the header."""
    head, *rest = (f"| {' | '.join(line)} |" for line in (header, *lines))
    return [head, f"|{'|'.join([rule] * len(header))}|", *rest, ""]


def section(title: str, text: str, table: Lines) -> Lines:
    """A heading, what is said under it if anything is, and a table, an empty line after each."""
    return [title, "", *([text, ""] if text else ()), *table]


def published_rows(table: str) -> list[dict[str, Any]]:
    """The rows of one of the CMERC paper's tables."""
    return [row for row in published("cmerc")["rows"] if row["table"] == table]


def published_cell(row: Row, metric: str | None) -> str:
    """A published number as it is printed, with ~ where it could not be read with certainty."""
    value = None if metric is None else row["values"].get(metric)
    if value is None:
        return ABSENT
    return f"{'~' if metric in row.get('approximate', ()) else ''}{value:g}"


def runs_done(content: Content) -> str:
    """How much of a study is done."""
    return f"{content['done']} of {content['runs']} runs are done."


def interval(row: Row) -> str:
    """A difference, its interval and its p-value."""
    if row["difference"] is None:
        return UNDEFINED
    return f"{row['difference']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}], p {row['p_value']:.3f}"
