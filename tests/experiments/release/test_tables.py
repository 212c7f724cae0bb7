from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import pytest
from tests.dummies.results import content, figure

from heartsay.experiments.published import published
from heartsay.experiments.release.tables import LINES, page
from heartsay.labels import EMOTIONS

ROOT = Path(__file__).resolve().parents[3]
RELEASED = ("default", "accurate")


def committed(name: str) -> dict[str, Any]:
    """What ``results.json`` of a reader holds."""
    path = ROOT / "results" / name / "results.json"
    if not path.exists():
        pytest.skip(f"no results/{name}/results.json in this checkout")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def text() -> str:
    return page(content())


def cells(text: str, first: str) -> list[str]:
    """The cells of the one table row that begins with this."""
    (row,) = (line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.corpus} {line.metric}")
def test_each_row_holds_the_seeds_and_the_shipped_model_on_test(text: str, line: Any) -> None:
    *_, ours, shipped = cells(text, line.title)
    seeds = [figure(line.corpus, "test", line.metric, seed) for seed in ("1", "2", "3")]
    assert ours == f"{statistics.mean(seeds):.2f} ± {statistics.stdev(seeds):.2f}"
    assert shipped == f"{figure(line.corpus, 'test', line.metric, 'average'):.2f}"


def test_floors_and_published_numbers_stand_beside_ours(text: str) -> None:
    _, floor, others, _, _ = cells(text, "MELD test, weighted F1")
    assert floor == "always neutral 31.3"
    for entry in published("release")["meld/test"]["weighted_f1"]:
        assert f"{entry['system']} {entry['value']}" in others
    assert cells(text, "MELD test, mean set size (of 7)")[1:3] == ["-", "-"]


def test_the_shipped_models_emotions_and_every_candidate_are_listed(text: str) -> None:
    assert cells(text, "60.3") == [f"{60.3 + k:.1f}" for k in range(len(EMOTIONS))]
    header = f"| {' | '.join(EMOTIONS)} |"
    assert header in text
    alone = figure("meld", "dev", "full_reading_alone.weighted_f1", "2")
    pairs = figure("ecf", "dev", "pair_f1", "2")
    assert cells(text, "seed 2")[1:4] == [f"{x:.2f}" for x in (alone, pairs, (alone + pairs) / 2)]
    assert cells(text, "seed 2")[4:] == [
        f"{figure(corpus, split, metric, '2'):.2f}"
        for corpus, split, metric in (
            ("meld", "dev", "weighted_f1"),
            ("meld", "test", "weighted_f1"),
            ("meld", "test", "ece"),
            ("ecf", "test", "pair_f1"),
        )
    ]


def test_the_table_says_how_it_was_made(text: str) -> None:
    assert "made up for a test" in text
    assert "Seeds: 1, 2, 3" in text
    assert "stored as int8" in text


def test_every_published_number_says_whose_it_is_and_how_it_was_got(text: str) -> None:
    metrics = {line.metric for line in LINES}
    for place, by_metric in published("release").items():
        assert place in ("meld/test", "ecf/test")
        assert set(by_metric) <= metrics
        for entry in (e for listed in by_metric.values() for e in listed):
            assert set(entry) == {"system", "value", "source", "protocol"}
            assert 0 < entry["value"] < 100
            assert all(entry[key].strip() for key in ("system", "source", "protocol"))
            assert f"- {entry['system']}: {entry['value']} " in text


@pytest.mark.parametrize("name", RELEASED)
def test_the_committed_table_is_the_one_that_its_results_give(name: str) -> None:
    assert page(committed(name)) == (ROOT / "results" / name / "table.md").read_text("utf-8")


def test_links_under_a_false_discovery_rate_are_listed_by_rate() -> None:
    results = content()
    for k, row in enumerate(r for r in results["rows"] if (r["corpus"], r["split"]) == ("ecf", "test")):
        row["links"] = {
            "0.1": {
                "wrong": 0.0,
                "wrong_standard_error": 0.0,
                "wrong_of_all": None,
                "links_per_conversation": 0.0,
                "conversations_with_links": 0.0,
                "recall": 0.0,
            },
            "0.2": {
                "wrong": 16.0 + k,
                "wrong_standard_error": 1.25,
                "wrong_of_all": 21.5,
                "links_per_conversation": 1.5,
                "conversations_with_links": 70.0,
                "recall": 16.4,
            },
        }
    table = page(results).partition("Links shown")[2]
    assert cells(table, "10")[1:] == ["none shown", "0.00 ± 0.00", "-", "0", "0", "0"]
    assert cells(table, "20")[1:] == ["19.0 ± 1.2", "17.00 ± 1.00", "21.5", "1.50", "70.0", "16.4"]
    assert "Links shown" not in page(content())


@pytest.mark.parametrize("name", RELEASED)
def test_the_committed_links_keep_their_rate_up_to_chance(name: str) -> None:
    rows = [r for r in committed(name)["rows"] if (r["corpus"], r["split"]) == ("ecf", "test")]
    assert all(list(row["links"]) == ["0.1", "0.2", "0.3", "0.4", "0.5"] for row in rows)
    for rate, links in ((rate, row["links"][rate]) for row in rows for rate in row["links"]):
        # The promise is over development conversations too; their draw adds to the chance of the test's.
        assert links["wrong"] <= 100 * float(rate) + 3 * links["wrong_standard_error"]
