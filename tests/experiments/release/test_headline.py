from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.dummies.results import content, figure

from heartsay.experiments.release.headline import Measured, headline

ROOT = Path(__file__).resolve().parents[3]
READERS = ("default", "accurate")

AWAY = {"weighted_f1": 43.21, "ece": 17.31, "coverage": 85.42, "mean_set_size": 3.77}


def rows(shift: float = 0.0) -> list[dict[str, object]]:
    return [
        {"corpus": "meld", "split": "test", "fitted_to": "without emorynlp", **dict.fromkeys(AWAY, 1.0)},
        {"corpus": "emorynlp", "split": "dev", "fitted_to": "all", **dict.fromkeys(AWAY, 2.0)},
        {
            "corpus": "emorynlp",
            "split": "dev",
            "fitted_to": "without emorynlp",
            **{name: value + shift for name, value in AWAY.items()},
        },
    ]


def test_every_reader_has_a_column_with_its_figures_on_test_and_on_the_project_left_out() -> None:
    text = headline({"one": Measured(content(), rows()), "two": Measured(content(), rows(1.0))})
    table = {
        cells[0]: cells[1:]
        for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
    }
    assert table["on conversations kept apart, %"][:2] == ["`one`", "`two`"]
    shipped = f"{figure('meld', 'test', 'weighted_f1', 'average'):.1f}"
    assert table["emotions, weighted F1"] == [shipped, shipped, "31.3 always neutral"]
    assert table["the same, error of its confidence (ECE)"][:2] == ["17.3", "18.3"]
    assert table["the same, 90% sets hold the truth"] == ["85.4", "86.4", "in sets of 3.8, 4.8 of 7 emotions"]


def test_the_readme_shows_the_committed_figures() -> None:
    found = {}
    for name in READERS:
        folder = ROOT / "results" / name
        if not all((folder / file).exists() for file in ("results.json", "projects.json")):
            continue
        results, projects = (
            json.loads((folder / file).read_text("utf-8")) for file in ("results.json", "projects.json")
        )
        found[name] = Measured(results, projects[name]["rows"])
    if not found:
        pytest.skip("no results in this checkout")
    assert headline(found) in (ROOT / "README.md").read_text("utf-8")
