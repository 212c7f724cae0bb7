"""Results of an interrupted reproduction: what is there is measured, what is not is said."""

from __future__ import annotations

import json

from tests.experiments.cmerc.conftest import DONE, Made


def test_rows_are_those_of_finished_runs_under_both_protocols(made: Made) -> None:
    trained = {
        (row["corpus"], row["model"], row["method"], row["seed"])
        for row in made.content["rows"]
        if row["method"] not in ("temperature", "ensemble", "cmerc-temperature")
    }
    assert {key for key in DONE if key[3] < 100} <= trained
