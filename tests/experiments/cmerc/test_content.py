"""Results of an interrupted reproduction: what is done is measured, what is not is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.experiments.cmerc.conftest import DONE, SCOPE, Made

from heartsay.experiments.cmerc.methods import DERIVED, PROTOCOLS
from heartsay.experiments.cmerc.plan import FROZEN_VOICES, QUICK, VOICES, runs
from heartsay.experiments.cmerc.study import quick_scope
from heartsay.experiments.cmerc.tables import page
from heartsay.experiments.feature_corpora import FINE_TUNED

IDENTITY = ("corpus", "model", "method", "protocol", "seed", "composed")


def test_rows_are_those_of_finished_runs_under_both_protocols(made: Made) -> None:
    trained = [row for row in made.content["rows"] if row["method"] not in DERIVED]
    found = {(row["corpus"], row["model"], row["method"], row["seed"], row["protocol"]) for row in trained}
    assert found == {(*key, protocol) for key in DONE if key[3] < 100 for protocol in PROTOCOLS}
    assert len(found) == len(trained)


def test_an_ensemble_has_a_row_only_where_all_its_members_are_done(made: Made) -> None:
    ensembles = {
        (r["corpus"], r["model"], r["seed"]) for r in made.content["rows"] if r["method"] == "ensemble"
    }
    assert ensembles == {(VOICES, "m3net", 1), (VOICES, "m3net", 2)}


def test_rows_say_whether_their_corpus_is_composed(made: Made) -> None:
    assert all(set(IDENTITY) <= set(row) for row in made.content["rows"])
    assert {(row["corpus"], row["composed"]) for row in made.content["rows"]} == {
        (VOICES, False),
        ("composed", True),
    }


def test_the_file_holds_no_nan_and_the_page_is_made_from_it_alone(made: Made) -> None:
    text = (made.results / "results.json").read_text("utf-8")

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    stored = json.loads(text, parse_constant=refuse)
    assert stored == made.content
    assert page(stored) == (made.results / "tables.md").read_text("utf-8")


def test_the_content_counts_what_is_done_and_says_what_it_took(made: Made) -> None:
    assert (made.content["runs"], made.content["done"]) == (len(runs(SCOPE)), len(DONE))
    assert len(made.content["time"]) == len(DONE)
    assert all(row["processor_seconds"] > 0 for row in made.content["time"])


def test_nothing_is_trained_with_no_workers(made: Made) -> None:
    assert not any("features" in message for message in made.messages)


def test_a_quick_look_does_with_frozen_words_where_none_are_fine_tuned(tmp_path: Path) -> None:
    assert quick_scope(tmp_path).corpora == (FROZEN_VOICES,)
    (tmp_path / FINE_TUNED).touch()
    assert quick_scope(tmp_path) == QUICK
