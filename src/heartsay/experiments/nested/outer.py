"""The one reading of the outer test: models are frozen by hash, then read, then the door is shut."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.errors import InputError
from heartsay.evidence.corpus import standardised
from heartsay.experiments.cmerc.floors import corpus_floors
from heartsay.experiments.nested.corpora import every_dialogue, with_outer_test
from heartsay.experiments.nested.journal import CHOSEN, READ, Journal, digest
from heartsay.experiments.nested.plan import NestedRun, Scope, encoders, final_runs
from heartsay.experiments.nested.work import chosen, inner_scores
from heartsay.experiments.release.manifest import sha256
from heartsay.experiments.study import Place, is_done
from heartsay.progress import Report, track
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.run_folder import RunFolder

FLOORS = "floors.json"
"""File among the runs with what needs no context, on the outer tests."""

OUTER = "outer"
"""What the readings of the outer test are called in a run's folder."""


def readings(run: NestedRun, work: Path) -> Path:
    """What a run says of the outer test, and of the dialogues by which its epoch was chosen."""
    return RunFolder(run.folder(work)).readings(OUTER)


def read_outer_test(scope: Scope, place: Place, journal: Journal, report: Report) -> None:
    """Read the outer test with every model that inner data chose, once; go on where that was interrupted.

    Raises:
        InputError: not every run is done, or the journal refuses: the outer test has been read, or was opened
            for other models.
    """
    runs = final_runs(scope)
    missing = [run for run in runs if not is_done(run, place)]
    if missing:
        raise InputError(
            expected=f"all {len(runs)} models that the outer test is for",
            found=f"{len(missing)} that are not done, ({missing[0]}) among them",
            where=str(place.work),
            do="run the command without --read-outer-test until all are done",
        )
    write_choices(runs, scope, place.work, journal)
    weights = {str(run): sha256(RunFolder(run.folder(place.work)).weights) for run in runs}
    journal.open_outer(digest([journal.of(CHOSEN), weights]))
    for run in track(runs, "Reading the outer test", report, "models"):
        if not readings(run, place.work).exists():
            read(run, scope, place)
    floors = outer_floors(scope, place)
    write_text(place.work / FLOORS, json.dumps(floors, indent=1) + "\n")
    said = {str(run): sha256(readings(run, place.work)) for run in runs}
    journal.write(READ, models=len(runs), readings=digest(said))


def outer_floors(scope: Scope, place: Place) -> list[dict[str, Any]]:
    """Majority class and logistic regression on single utterances, on the same outer tests and vectors."""
    return [
        {"corpus": name, "fold": fold, "encoder": encoder, **row}
        for name in scope.corpora
        for fold in range(scope.folds[name])
        for encoder in encoders(scope, name)
        for row in corpus_floors(
            with_outer_test(
                every_dialogue(name, place, scope, encoder), fold, scope.folds[name], scope.dealing
            )
        )
    ]


def write_choices(runs: Sequence[NestedRun], scope: Scope, work: Path, journal: Journal) -> None:
    """Write down, before the outer test is opened, which trial was chosen where, by which inner scores.

    What an interrupted call wrote down stays as it is.
    """
    written = [
        {name: entry[name] for name in ("corpus", "model", "arm", "fold")} for entry in journal.of(CHOSEN)
    ]
    for run in runs:
        about = {"corpus": run.corpus, "model": run.model, "arm": run.method, "fold": run.fold}
        if run.seed == scope.seeds[0] and about not in written:
            scores = [round(score, 2) for score in inner_scores(run, scope, work)]
            journal.write(CHOSEN, **about, trial=chosen(run, scope, work), inner=scores)


def read(run: NestedRun, scope: Scope, place: Place) -> None:
    """Write down what one model says of its outer test."""
    from heartsay.training.feature_readings import feature_reading
    from heartsay.training.tasks.backbone import load_backbone

    assert run.fold is not None
    folder = RunFolder(run.folder(place.work))
    corpus = every_dialogue(run.corpus, place, scope, run.encoder)
    test = with_outer_test(corpus, run.fold, scope.folds[run.corpus], scope.dealing)
    settings = folder.configuration(FeatureConfiguration)
    model = load_backbone(folder, test)
    modalities = settings.modalities or tuple(test.widths)
    feature_reading(model, standardised(test), modalities, settings.removal).save(readings(run, place.work))
