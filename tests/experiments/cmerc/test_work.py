from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.cmerc.conftest import SCOPE, Made, tiny

from heartsay.experiments.cmerc import work
from heartsay.experiments.cmerc.plan import VOICES, Run, fold_of, runs
from heartsay.experiments.cmerc.work import Place, do, is_done, prepare, seconds
from heartsay.training.feature_readings import FeatureReadings
from heartsay.training.run_folder import RunFolder

BASE, MEMBER, CMERC = (
    Run(VOICES, "m3net", method, seed, fold_of(VOICES, 1))
    for method, seed in (("base", 1), ("base", 101), ("cmerc", 1))
)


def test_what_is_measured_is_what_was_done_when_measuring_began(made: Made) -> None:
    assert is_done(BASE, made.place)
    assert not is_done(BASE, replace(made.place, finished=frozenset()))


def test_weights_stay_where_a_curriculum_or_a_finding_needs_them(made: Made) -> None:
    kept = {run: RunFolder(run.folder(made.place.work)).weights.exists() for run in (BASE, MEMBER, CMERC)}
    assert kept == {BASE: True, MEMBER: False, CMERC: False}


def test_only_runs_that_figures_show_are_read_under_every_coalition(made: Made) -> None:
    shown = {
        run: any(
            n.startswith("coalition/")
            for n in FeatureReadings.load(RunFolder(run.folder(made.place.work)).readings()).logits
        )
        for run in (BASE, MEMBER, CMERC)
    }
    assert shown == {BASE: True, MEMBER: False, CMERC: True}


def test_every_run_says_what_it_took(made: Made) -> None:
    taken = seconds(BASE, made.place)
    assert taken is not None
    assert taken["processor_seconds"] > 0
    assert seconds(replace(BASE, seed=5), made.place) is None


def test_a_run_that_cannot_be_done_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "load_feature_corpus", tiny)
    work._corpus.cache_clear()
    reason = work._train(CMERC, Place(tmp_path, tmp_path, 1))
    work._corpus.cache_clear()
    assert reason is not None
    assert str(BASE.folder(tmp_path)) in reason


def test_features_are_made_once_for_each_corpus_before_processes_ask_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def note(name: str, cache: Path, *, fold: int | None, seed: int, report: Any) -> None:
        asked.append(name)

    monkeypatch.setattr(work, "load_feature_corpus", note)
    prepare(runs(SCOPE), Place(tmp_path, tmp_path), lambda _: None)
    assert asked == list(SCOPE.corpora)


def test_nothing_is_started_where_all_is_done(made: Made) -> None:
    told: list[str] = []
    assert do([BASE, CMERC], made.place, 2, lambda row: told.append(row["message"])) == {}
    assert told == ["2 of 2 runs are there"]
