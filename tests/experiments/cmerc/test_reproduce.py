"""Results of an interrupted reproduction: what is there is measured, what is not is said."""

from __future__ import annotations

import json
import math
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.cmerc.conftest import DONE, SCOPE, Made

from heartsay.errors import HeartsayError
from heartsay.experiments.cmerc import reproduce
from heartsay.experiments.cmerc.methods import DERIVED, PROTOCOLS
from heartsay.experiments.cmerc.plan import FROZEN_VOICES, QUICK, VOICES, Run, fold_of, runs
from heartsay.experiments.cmerc.reproduce import as_json, quick_scope, reproduce_cmerc, timed
from heartsay.experiments.cmerc.tables import write_tables
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


def test_the_file_holds_no_nan_and_the_page_is_made_from_it_alone(made: Made, tmp_path: Path) -> None:
    text = (made.results / "results.json").read_text("utf-8")

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    stored = json.loads(text, parse_constant=refuse)
    assert stored == made.content
    write_tables(stored, tmp_path / "tables.md")
    assert (tmp_path / "tables.md").read_bytes() == (made.results / "tables.md").read_bytes()


def test_what_is_undefined_becomes_null_and_a_row_has_a_line() -> None:
    text = as_json({"rows": [{"f": math.nan, "g": 1.23456789}, {"f": math.inf}], "runs": 2})
    assert json.loads(text) == {"rows": [{"f": None, "g": 1.23457}, {"f": None}], "runs": 2}
    assert '\n  {"f": null, "g": 1.23457},\n' in text


def test_the_content_counts_what_is_done(made: Made) -> None:
    assert (made.content["runs"], made.content["done"]) == (len(runs(SCOPE)), len(DONE))
    assert len(made.content["time"]) == len(DONE)


def test_nothing_is_trained_with_no_workers(made: Made) -> None:
    assert not any("features" in message for message in made.messages)


@pytest.mark.parametrize(
    ("stop", "told"), [(KeyboardInterrupt, KeyboardInterrupt), (BrokenProcessPool, HeartsayError)]
)
def test_a_reproduction_that_is_stopped_leaves_tables_and_says_that_it_was(
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stop: type[BaseException],
    told: type[BaseException],
) -> None:
    def stopped(*_: Any) -> dict[Run, str]:
        raise stop

    monkeypatch.setattr(reproduce, "prepare", lambda *_: None)
    monkeypatch.setattr(reproduce, "do", stopped)
    with pytest.raises(told):
        reproduce_cmerc(
            made.place.work, tmp_path, made.place.cache, scope=SCOPE, workers=1, report=lambda _: None
        )
    assert (tmp_path / "tables.md").read_bytes() == (made.results / "tables.md").read_bytes()


def test_failed_runs_are_named_with_their_reason(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(VOICES, "dialogue-rnn", "cml", 1, fold_of(VOICES, 1))
    monkeypatch.setattr(reproduce, "prepare", lambda *_: None)
    monkeypatch.setattr(reproduce, "do", lambda *_: {run: "the loss is no number any more"})
    content = reproduce_cmerc(
        made.place.work, tmp_path, made.place.cache, scope=SCOPE, workers=1, report=lambda _: None
    )
    assert content["failed"] == {"meld-voices, dialogue-rnn, cml, seed 1": "the loss is no number any more"}
    assert "the loss is no number any more" in (tmp_path / "tables.md").read_text("utf-8")


def test_progress_says_how_much_is_done_and_how_long_the_rest_takes(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(reproduce.time, "monotonic", lambda: clock[0])
    wanted = [Run(VOICES, "mmgcn", "base", seed, fold_of(VOICES, seed)) for seed in (1, 2, 3)]
    told: list[str] = []
    tell = timed(wanted, made.place, lambda row: told.append(row["message"]))
    tell({"message": "0 of 3 runs are there", "done": 0, "runs": 3})
    clock[0] = 600.0
    tell({"message": str(wanted[0]), "done": 1, "runs": 3})
    clock[0] = 1200.0
    tell({"message": f"{wanted[1]}: it diverged", "done": 2, "runs": 3})
    assert told[0] == "[0/3] 0 of 3 runs are there"
    assert told[1].endswith("; about 20 min left")
    assert told[2].endswith("; about 10 min left")


def test_a_quick_look_does_with_frozen_words_where_none_are_fine_tuned(tmp_path: Path) -> None:
    assert quick_scope(tmp_path).corpora == (FROZEN_VOICES,)
    (tmp_path / FINE_TUNED).touch()
    assert quick_scope(tmp_path) == QUICK
