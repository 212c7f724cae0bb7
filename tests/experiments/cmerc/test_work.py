from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.experiments.cmerc.conftest import SCOPE, Made, tiny

from heartsay.evidence.reading import Reading
from heartsay.experiments.cmerc import work
from heartsay.experiments.cmerc.plan import VOICES, runs
from heartsay.experiments.cmerc.study import CmercStudy
from heartsay.experiments.cmerc.work import prepare
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Place, Run, do_run
from heartsay.progress import Report
from heartsay.training.run_folder import RunFolder

BASE, MEMBER, CMERC = (
    Run(VOICES, "m3net", method, seed, fold_of(VOICES, 1))
    for method, seed in (("base", 1), ("base", 101), ("cmerc", 1))
)


def test_weights_stay_where_a_curriculum_or_a_finding_needs_them(made: Made) -> None:
    kept = {run: RunFolder(run.folder(made.place.work)).weights.exists() for run in (BASE, MEMBER, CMERC)}
    assert kept == {BASE: True, MEMBER: False, CMERC: False}


def test_only_runs_that_figures_show_are_read_under_every_coalition(made: Made) -> None:
    shown = {
        run: any(
            n.startswith("coalition/")
            for n in Reading.load(RunFolder(run.folder(made.place.work)).readings()).logits
        )
        for run in (BASE, MEMBER, CMERC)
    }
    assert shown == {BASE: True, MEMBER: False, CMERC: True}


def test_a_run_that_cannot_be_done_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "load_feature_corpus", tiny)
    work._corpus.cache_clear()
    reason = do_run(CmercStudy(Place(tmp_path, tmp_path, 1)), CMERC)
    work._corpus.cache_clear()
    assert reason is not None
    assert str(BASE.folder(tmp_path)) in reason


def test_a_curriculum_needs_the_base_run_of_its_own_seed(made: Made) -> None:
    assert list(made.study.needs(CMERC)) == [BASE]
    assert list(made.study.needs(BASE)) == []
    assert list(made.study.needs(replace(CMERC, method="cmerc-without-curriculum"))) == []


def test_features_are_made_once_for_each_corpus_before_processes_ask_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def note(name: str, cache: Path, *, fold: int | None, seed: int, report: Report) -> None:
        asked.append(name)

    monkeypatch.setattr(work, "load_feature_corpus", note)
    prepare(runs(SCOPE), Place(tmp_path, tmp_path), lambda _: None)
    assert asked == list(SCOPE.corpora)
