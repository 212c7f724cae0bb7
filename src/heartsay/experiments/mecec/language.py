"""The arms with a language model: what it is asked about a clip, and how it is tuned on training clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heartsay.corpora.ecem import Ecem, Explained, whole
from heartsay.experiments.study import Place, Run
from heartsay.models.hosts.asking import ask
from heartsay.models.hosts.fame_net import Asked
from heartsay.progress import Report, silent
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.language_model import ExplainerTraining, train_explainer

SETTINGS = ExplainerTraining(name="mecec")


def training_folder(run: Run, place: Place) -> Path:
    """Where the training of a run is kept; fitted to ECEM, it is never passed on."""
    return run.folder(place.work) / "training"


def questions(data: Ecem, rows: Sequence[Explained], *, answered: bool = False) -> list[Asked]:
    """What is asked about clips, with the references as answers or without."""
    found = []
    for row in rows:
        conversation = data.talk[row.conversation]
        place = [u.id for u in conversation.utterances].index(row.utterance)
        answer = row.explanation if answered else None
        found.append(ask(conversation, place, row.emotion, context=SETTINGS.context, answer=answer))
    return found


def tune(run: Run, place: Place, data: Ecem, report: Report = silent) -> RunFolder:
    """Tune the language model on whole references of training clips; development clips choose the epoch.

    References that are cut off would teach it to break off.
    """
    rows = {"train": whole(data.train), "dev": whole(data.dev)}
    parts = {name: questions(data, kept, answered=True) for name, kept in rows.items()}
    left_out = len(data.train) + len(data.dev) - sum(map(len, rows.values()))
    return train_explainer(
        parts,
        training_folder(run, place),
        SETTINGS,
        seed=run.seed,
        facts={"corpus": "ecem", "cut_off_left_out": left_out},
        report=report,
    )
