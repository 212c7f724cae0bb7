from __future__ import annotations

import statistics
from itertools import takewhile

import pytest
from tests.experiments.cmerc.conftest import Made

from heartsay.experiments.cmerc.plan import VOICES


def section(made: Made, corpus: str, title: str) -> list[list[str]]:
    """Cells of the first table below a title, in a corpus's part of the page."""
    text = (made.results / "tables.md").read_text("utf-8")
    part = text.split("\n## ")
    mine = next(p for p in part if p.startswith("On ") and (corpus == VOICES) == ("real voices" in p[:40]))
    below = mine.split(f"### {title}", 1)[1].split("\n###")[0].splitlines()
    start = next(k for k, line in enumerate(below) if line.startswith("|"))
    lines = takewhile(lambda line: line.startswith("|"), below[start:])
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_table_of_the_paper_is_there_for_every_corpus(made: Made) -> None:
    text = (made.results / "tables.md").read_text("utf-8")
    for number in range(2, 8):
        assert text.count(f"### Table {number}:") == 2
    assert "paired by rule" in text
    assert text.index("## First, what is easy") < text.index("### Table 2:")


def test_a_cell_is_the_mean_of_its_rows_and_a_missing_one_says_so(made: Made) -> None:
    table = section(made, VOICES, "Table 6")
    column = table[0].index("W-F1")
    rows = {(line[0], line[1], line[2]): line[column] for line in table[2:]}
    values = [
        row["weighted_f1"]
        for row in made.content["rows"]
        if (row["corpus"], row["model"], row["method"]) == (VOICES, "m3net", "cmerc")
        and row["protocol"] == "test-selected"
    ]
    expected = f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f} (2)"
    assert rows["m3net", "cmerc", "**test**"] == expected
    assert rows["dialogue-rnn", "cmerc", "development"] == "no runs yet"
    assert rows["*m3net, MELD, published*", "cmerc", "test"] == "66.85"


def test_a_cell_of_fewer_seeds_than_planned_says_how_many(made: Made) -> None:
    table = section(made, VOICES, "Table 4")
    (line,) = (line for line in table if line[:2] == ["m3net", "cmerc-without-curriculum"])
    assert line[2].endswith("(1 of 2)")


def test_only_modalities_that_the_corpus_has_are_columns_of_table_two(made: Made) -> None:
    assert "face" not in section(made, VOICES, "Table 2")[0]
    assert "face" in section(made, "composed", "Table 2")[0]


def test_the_page_says_what_of_cmerc_is_better(made: Made) -> None:
    text = (made.results / "tables.md").read_text("utf-8")
    better = [
        row
        for row in made.content["comparisons"]
        if (row["corpus"], row["first"], row["second"]) == (VOICES, "cmerc", "base")
        and row["metric"] == "weighted_f1"
        and row["resample_runs"]
        and row["difference"] > 0
    ]
    part = text.split(f"`cmerc` against base on {VOICES}")[1]
    assert f"| weighted_f1 | {len(better)} of 1 |" in part.split("\n\n")[1]


def test_means_over_backbones_are_of_finished_cells_and_name_the_backbones(made: Made) -> None:
    text = (made.results / "tables.md").read_text("utf-8")
    (start,) = (k for k, line in enumerate(text.splitlines()) if line.startswith("Means over"))
    title, _, header, _, *rest = text.splitlines()[start:]
    models = title.removeprefix("Means over ").split(" on ")[0].split(", ")
    shown = [line.strip("| ").split(" | ") for line in rest[: rest.index("")]]
    assert header == "| method | weighted F1 | ECE | AURC | likelihood loss |"
    methods = {method for method, *_ in shown}
    assert "base" in methods
    assert "cmerc-without-curriculum" not in methods  # one seed of two
    for method, weighted_f1, *_ in shown:
        by_model = [
            [
                row["weighted_f1"]
                for row in made.content["rows"]
                if (row["corpus"], row["model"], row["method"]) == (VOICES, model, method)
                and row["protocol"] == "development-selected"
            ]
            for model in models
        ]
        mean = sum(sum(values) / len(values) for values in by_model) / len(models)
        assert float(weighted_f1) == pytest.approx(mean, abs=0.006)
