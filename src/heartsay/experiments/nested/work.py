"""Doing one run: a trial, or the training for the outer test with the trial that inner data chose."""

from __future__ import annotations

from pathlib import Path

from heartsay.experiments.configurations import BASE
from heartsay.experiments.nested.corpora import corpus_of
from heartsay.experiments.nested.plan import ARMS, NestedRun, Scope, configuration, starts_from, trial_runs
from heartsay.experiments.nested.trials import Trial, draw
from heartsay.experiments.study import Place
from heartsay.training.run_folder import RunFolder

INNER_SCORE = "test_weighted_f1"
"""What trials are compared by: the third inner part, of the epoch that the second chose."""


def trial_of(run: NestedRun, scope: Scope, place: Place) -> Trial:
    """The settings of a run: those of its trial, or of the one that inner data chose in its fold."""
    of_arm = draw(ARMS)[run.method]
    return of_arm[chosen(run, scope, place.work) if run.trial is None else run.trial]


def chosen(run: NestedRun, scope: Scope, work: Path) -> int:
    """Which trial of an arm is best on inner data of an outer fold; of equals the earlier one."""
    scores = inner_scores(run, scope, work)
    return max(range(len(scores)), key=lambda k: (scores[k], -k))


def inner_scores(run: NestedRun, scope: Scope, work: Path) -> list[float]:
    """Weighted F1 in percent of each trial of an arm in an outer fold, on inner data."""
    assert run.fold is not None
    trials = trial_runs(scope, run.corpus, run.model, run.method, run.fold)
    return [float(RunFolder(trial.folder(work)).chosen()[INNER_SCORE]) for trial in trials]


def train(run: NestedRun, scope: Scope, place: Place) -> None:
    """Train one run; nothing of the outer test is in what it is given.

    Raises:
        HeartsayError: the loss is not finite, or the folder holds another run.
    """
    train_with(trial_of(run, scope, place), run, scope, place)


def train_with(trial: Trial, run: NestedRun, scope: Scope, place: Place) -> None:
    """Train one run with the settings of a trial; otherwise as `train`."""
    from heartsay.training.tasks.backbone import train_backbone

    start = starts_from(run, trial)
    train_backbone(
        configuration(run, trial, scope.epochs[run.corpus]),
        corpus_of(run, place, scope),
        run.seed,
        run.folder(place.work),
        device=place.device,
        baseline=None if start is None else start.folder(place.work),
        keep_weights=run.trial is None or run.method == BASE,
    )
