"""Trials are equal in number and drawn before; runs say what they need; splits keep the outer test out."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from tests.dummies.evidence import feature_corpus

from heartsay.errors import InputError
from heartsay.experiments.nested.corpora import dealt, inside, with_outer_test
from heartsay.experiments.nested.plan import (
    ARMS,
    AS_CODE,
    CMERC,
    COMPOSED,
    FULL,
    OURS,
    PRIMARY,
    PRIMARY_SCOPE,
    VOICES,
    NestedRun,
    configuration,
    runs,
    starts_from,
)
from heartsay.experiments.nested.trials import TRIALS, cells, draw, written
from heartsay.objectives.registry import build_objective
from heartsay.objectives.task_losses import task_loss


def test_every_arm_has_equally_many_trials_that_share_what_is_not_their_own() -> None:
    trials = draw(ARMS)
    assert {len(of) for of in trials.values()} == {TRIALS}
    for k in range(TRIALS):
        assert len({of[k][:3] for of in trials.values()}) == 1
    assert all(of[0][:3] == (1.0, None, None) for of in trials.values())
    assert len({str(trial.objective) for trial in trials[CMERC]}) == len(cells()) == TRIALS == 12
    assert draw(ARMS) == trials


def test_trials_are_written_once_and_not_chosen_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "trials.json"
    assert written(path, ARMS) == draw(ARMS) == written(path, ARMS)
    path.write_text(path.read_text("utf-8").replace("0.02", "0.03", 1), "utf-8")
    with pytest.raises(InputError, match="the trials that were drawn"):
        written(path, ARMS)


def test_every_trial_of_every_arm_can_be_built() -> None:
    trials = draw(ARMS)
    for corpus in (VOICES, COMPOSED):
        modalities = ("text", "voice", "face") if corpus == COMPOSED else ("text", "voice")
        for model in FULL.backbones[corpus]:
            for arm, of_arm in trials.items():
                for k, trial in enumerate(of_arm):
                    run = NestedRun(corpus, model, arm, 1, 0, k)
                    made = configuration(run, trial, 40)
                    loss = task_loss(made.task_loss.name, tuple("abcdefg"))
                    built = build_objective(made.objective.name, loss, modalities, made.objective.settings)
                    assert built.needs_baseline == (starts_from(run, trial) is not None)
                    assert made.epochs == 40
                    if trial.dropout is not None:
                        assert made.backbone.settings["dropout"] == trial.dropout


def test_the_code_arm_is_the_public_code() -> None:
    made = configuration(NestedRun(VOICES, "m3net", AS_CODE, 1, 0, 0), draw(ARMS)[AS_CODE][0], 40)
    assert made.backbone.settings["hyperedges_ignore_views"] is True
    settings = made.objective.settings
    assert (settings["rule"], settings["removed_read"]) == ("code", "epoch_start")
    assert settings["removed_by"] == "padded_mean"
    assert settings["curriculum"] == 0.4
    ours = configuration(NestedRun(VOICES, "mm-dfn", AS_CODE, 1, 0, 0), draw(ARMS)[AS_CODE][0], 40)
    assert "hyperedges_ignore_views" not in ours.backbone.settings


def test_no_two_runs_share_a_folder_and_base_comes_before_what_starts_from_it(tmp_path: Path) -> None:
    every = runs(FULL)
    assert len({run.folder(tmp_path) for run in every}) == len(every)
    assert len({str(run) for run in every}) == len(every)
    place = {run: k for k, run in enumerate(every)}
    trials = draw(ARMS)
    for run in every:
        start = None if run.trial is None else starts_from(run, trials[run.method][run.trial])
        assert start is None or place[start] < place[run]
    assert OURS in FULL.arms


def test_an_outer_test_is_in_no_run_and_every_dialogue_is_in_one_of_them() -> None:
    corpus = feature_corpus((40, 10, 10), (2, 6), seed=3)
    everything = {c.id for c in corpus.conversations()}
    tests = []
    for fold in range(5):
        _, outer = dealt(corpus.conversations(), fold, 5)
        ids = {c.id for c in outer}
        tests.append(ids)
        for final in (False, True):
            made = inside(corpus, fold, 5, final=final)
            assert {c.id for c in made.conversations()} == everything - ids
        read = with_outer_test(corpus, fold, 5)
        trained = inside(corpus, fold, 5, final=True)
        assert {c.id for c in read.splits["test"]} == ids
        assert [c.id for c in read.splits["train"]] == [c.id for c in trained.splits["train"]]
        assert [c.id for c in read.splits["dev"]] == [c.id for c in trained.splits["dev"]]
    assert set.union(*tests) == everything
    assert not any(one & two for one, two in combinations(tests, 2))


def test_the_primary_comparison_by_itself_has_other_folds_than_the_whole() -> None:
    assert PRIMARY_SCOPE.arms == (PRIMARY[1], PRIMARY[0])
    assert PRIMARY_SCOPE.corpora == (VOICES,)
    assert len(runs(PRIMARY_SCOPE)) == 3 * 5 * 2 * (TRIALS + 3)
    assert PRIMARY_SCOPE.backbones[VOICES] == FULL.backbones[VOICES]
    assert PRIMARY_SCOPE.dealing != FULL.dealing
    corpus = feature_corpus((40, 10, 10), (2, 6), seed=3)
    for fold in range(5):
        _, own = dealt(corpus.conversations(), fold, 5, PRIMARY_SCOPE.dealing)
        others = [dealt(corpus.conversations(), k, 5, FULL.dealing)[1] for k in range(5)]
        assert {c.id for c in own} not in [{c.id for c in other} for other in others]
        made = inside(corpus, fold, 5, final=False, dealing=PRIMARY_SCOPE.dealing)
        assert not {c.id for c in made.conversations()} & {c.id for c in own}
        read = with_outer_test(corpus, fold, 5, PRIMARY_SCOPE.dealing)
        assert read.splits["test"] == own
