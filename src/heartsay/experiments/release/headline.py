"""The few figures of the readers that ship which the README shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from heartsay.experiments.release.tables import row_of
from heartsay.experiments.report_tables import ABSENT, RULE, Content, Row, grid, lookup

LEFT_OUT = ("emorynlp", "dev")
"""The project whose labels stand for those of people that neither training nor calibration knew."""


class Measured(NamedTuple):
    """What was measured of a reader.

    Attributes:
        results: what its ``results.json`` holds.
        projects: rows of its ``projects.json``.
    """

    results: Content
    projects: Sequence[Row]


class _Shown(NamedTuple):
    home: Mapping[str, Row]
    left_out: Row


def headline(readers: Mapping[str, Measured]) -> str:
    """The figures, a column for each reader, as a Markdown table."""
    shown = [_shown(measured) for measured in readers.values()]
    floors = next(iter(readers.values())).results["floors"]
    neutral = floors["meld/test"]["weighted_f1"]["always neutral"]
    itself = floors["ecf/test"]["pair_f1"]["every utterance with itself"]

    def home(corpus: str, metric: str) -> list[str]:
        return [f"{lookup(one.home[corpus], metric):.1f}" for one in shown]

    def away(metric: str) -> list[str]:
        return [f"{one.left_out[metric]:.1f}" for one in shown]

    before = ", ".join(home("meld", "uncalibrated_ece"))
    table = [
        ("emotions, weighted F1", *home("meld", "weighted_f1"), f"{neutral:.1f} always neutral"),
        ("emotions, macro F1", *home("meld", "macro_f1"), ABSENT),
        ("error of its confidence (ECE)", *home("meld", "ece"), f"{before} before calibration"),
        ("90% sets hold the truth", *home("meld", "coverage"), _sizes(home("meld", "mean_set_size"))),
        ("cause pairs, Pair F1", *home("ecf", "pair_f1"), f"{itself:.1f} every utterance with itself"),
        ("error of pair confidence (ECE)", *home("ecf", "pair_ece"), ABSENT),
        ("labels of people it never knew, weighted F1", *away("weighted_f1"), "EmoryNLP, five emotions"),
        ("the same, error of its confidence (ECE)", *away("ece"), ABSENT),
        (
            "the same, 90% sets hold the truth",
            *away("coverage"),
            _sizes([f"{one.left_out['mean_set_size']:.1f}" for one in shown]),
        ),
    ]
    header = ("on conversations kept apart, %", *(f"`{name}`" for name in readers), "beside it")
    return "\n".join(grid(header, table, RULE)[:-1])


def _shown(measured: Measured) -> _Shown:
    tests = [row for row in measured.results["rows"] if row["split"] == "test"]
    corpus, split = LEFT_OUT
    return _Shown(
        {name: row_of(tests, name, measured.results["chosen"]) for name in ("meld", "ecf")},
        next(
            row
            for row in measured.projects
            if (row["corpus"], row["split"], row["fitted_to"]) == (corpus, split, f"without {corpus}")
        ),
    )


def _sizes(sizes: Sequence[str]) -> str:
    return f"in sets of {', '.join(sizes)} of 7 emotions"
