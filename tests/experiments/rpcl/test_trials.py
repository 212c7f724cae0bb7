"""Equal trials end to end on a tiny corpus: drawn, chosen on development data, compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from tests.dummies.pairs import pair_corpus

from heartsay.experiments.rpcl import trials, work
from heartsay.experiments.rpcl.trials import RpclTrials, TrialRun, settings_of, trial_runs
from heartsay.experiments.study import Place, do_run, is_done, reproduce
from heartsay.training.run_folder import RunFolder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("trials")
    study = RpclTrials(Place(root / "work", root / "cache", 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "_corpus", lambda name, cache: pair_corpus())
        patch.setattr(trials, "DRAWN", 2)
        patch.setattr(trials, "FINAL_SEEDS", (11, 12))
        for run in study.runs():
            assert all(is_done(needed, study.place) for needed in study.needs(run)), run
            assert do_run(study, run) is None, run
        content = reproduce(study, root / "results", workers=0, report=lambda _: None)
        yield study, content, root / "results"


def test_both_methods_have_the_same_settings_and_differ_in_the_objective_alone(made: Any) -> None:
    study, _, _ = made
    for k in range(3):
        base, rpcl = (settings_of(trial_runs(m)[2 * k], study.place) for m in trials.METHODS)
        assert base.objective != rpcl.objective
        same = {"objective": base.objective, "name": base.name}
        assert base == rpcl.model_copy(update=same)
    first, second = (settings_of(trial_runs("base")[k], study.place) for k in (0, 2))
    assert first.learning_rate == 5e-4
    assert trials.trials()[0] == trials.Trial()
    assert second.learning_rate == 5e-4 * trials.trials()[1].rate
    assert second.scorer["dropout"] == trials.trials()[1].dropout


def test_what_is_compared_is_what_development_data_chose(made: Any) -> None:
    study, content, folder = made
    for method in trials.METHODS:
        scores = [
            mean(
                RunFolder(run.folder(study.place.work)).chosen()["pair_f1"]
                for run in trial_runs(method)
                if run.trial == k
            )
            for k in range(3)
        ]
        best = content["chosen"][method]
        assert scores[best] == max(scores)
        assert [row[method] for row in content["trials"]] == pytest.approx(scores, rel=1e-4)
        final = RunFolder(TrialRun("ecf", "pair-scorer", method, 11).folder(study.place.work))
        used = final.configuration(type(settings_of(trial_runs(method)[0], study.place)))
        assert used.learning_rate == 5e-4 * trials.trials()[best].rate
    assert [(row["method"], row["seed"]) for row in content["rows"]] == [
        ("base", 11),
        ("rpcl", 11),
        ("base", 12),
        ("rpcl", 12),
    ]
    assert {row["first"] for row in content["comparisons"]} == {"rpcl"}
    page = (folder / "tables.md").read_text("utf-8")
    assert page.count("**") == 4  # the chosen one of each method
    assert "## ECF, test split" in page


def test_nothing_is_chosen_before_all_trials_are_done(made: Any, tmp_path: Path) -> None:
    study = replace(made[0], place=Place(tmp_path / "work", tmp_path / "cache", 2))
    content = reproduce(study, tmp_path / "results", workers=0, report=lambda _: None)
    assert (content["chosen"], content["rows"], content["comparisons"]) == ({}, [], [])
    final = TrialRun("ecf", "pair-scorer", "base", 11)
    assert set(study.needs(final)) == set(trial_runs("base"))
