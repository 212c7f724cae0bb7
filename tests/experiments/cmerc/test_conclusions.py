"""What the page concludes is what its rows say, worked out another way; committed pages are their files'."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from heartsay.experiments.cmerc import tables as cmerc_tables
from heartsay.experiments.cmerc.conclusions import in_short
from heartsay.experiments.report_tables import Results, of_seeds
from heartsay.experiments.rpcl import tables as rpcl_tables

RESULTS = Path(__file__).parents[3] / "results"
PAGES = {"cmerc": cmerc_tables.page, "rpcl": rpcl_tables.page}


def committed(system: str) -> dict[str, Any]:
    path = RESULTS / system / "results.json"
    if not path.exists():
        pytest.skip(f"no {path} in this checkout")
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


@pytest.mark.parametrize("system", PAGES)
def test_the_committed_page_is_that_of_the_committed_rows(system: str) -> None:
    content = committed(system)
    assert PAGES[system](content) == (RESULTS / system / "tables.md").read_text("utf-8")


def rows(values: dict[str, list[float]]) -> dict[str, Any]:
    """One backbone whose methods have these CELs, one for each seed, and all else alike."""
    seeds = [1, 2, 3]
    return {
        "scope": {"corpora": ["composed"], "backbones": ["m3net"], "seeds": seeds},
        "planned": [{"corpus": "composed", "model": "m3net", "method": m, "seeds": 3} for m in values],
        "rows": [
            {
                "corpus": "composed",
                "model": "m3net",
                "method": method,
                "protocol": "development-selected",
                "seed": seed,
                "fold": None,
                "weighted_f1": 60.0,
                "cel_per_utterance_edges": cel,
            }
            for method, by_seed in values.items()
            for seed, cel in zip(seeds, by_seed, strict=True)
        ],
        "floors": [
            {
                "corpus": "composed",
                "seed": 1,
                "model": "logistic regression, single utterances",
                "method": "text",
                "weighted_f1": 61.5,
            }
        ],
        "comparisons": [],
    }


def test_a_gain_that_a_temperature_gives_too_is_shown_to_be_one() -> None:
    values = {
        "base": [0.9, 0.8, 1.0],
        "temperature": [0.5, 0.4, 0.6],
        "cmerc": [0.7, 0.7, 0.7],
        "cmerc-temperature": [0.48, 0.39, 0.59],
    }
    content = rows(values)
    lines = in_short(content, Results(content))
    (line,) = (line for line in lines if line.startswith("| CEL per utterance, edges"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1:5] == [f"{statistics.mean(of):.3f}" for of in values.values()]
    for shown, (one, two) in zip(
        cells[5:7], (("cmerc", "base"), ("cmerc-temperature", "temperature")), strict=True
    ):
        theirs = stats.ttest_rel(values[one], values[two])
        low, high = theirs.confidence_interval(0.95)
        difference = statistics.mean(values[one]) - statistics.mean(values[two])
        assert shown == f"{difference:+.3f} [{low:+.3f}, {high:+.3f}]"
    assert cells[7] == "1 of 1"
    text = "\n".join(lines)
    assert "-0.200 nats as they are and -0.013 with a temperature on both" in text
    assert "share one test split" in text


def test_a_backbone_is_set_beside_regression_on_the_same_vectors() -> None:
    content = rows({"base": [0.1, 0.2, 0.3]})
    lines = in_short(content, Results(content))
    assert not any("A temperature beside" in line for line in lines)
    assert "| m3net | 60.00 | -1.50 [-1.50, -1.50] | - | - |" in lines


def test_lines_of_few_seeds_are_of_the_same_ones() -> None:
    content = rows({"base": [0.1, 0.2, 0.9]})
    same = of_seeds(content, (1, 2))
    key = ("composed", "m3net", "base", "development-selected")
    assert same.cell(key, "cel_per_utterance_edges") == "0.15 ± 0.07 (2)"
    assert Results(content).cell(key, "cel_per_utterance_edges") == "0.40 ± 0.44 (3)"
