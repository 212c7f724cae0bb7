"""The arms with a language model: what it is asked about a clip, and how it is tuned on training clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heartsay.analysis import Explanation
from heartsay.corpora.ecem import Ecem, Explained, whole
from heartsay.experiments.mecec.plan import TUNED
from heartsay.experiments.mecec.writers import Writers, Written, known_person
from heartsay.experiments.study import Place, Run
from heartsay.explanation.rewriter import reworded
from heartsay.models.hosts.asking import ask
from heartsay.models.hosts.fame_net import Answer, Asked
from heartsay.progress import Report, silent
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.language_model import (
    ExplainerTraining,
    answer_all,
    load_explainer,
    load_untuned,
    train_explainer,
)

SETTINGS = ExplainerTraining(name="mecec", epochs=1, layers=15, context=2)
"""One pass, half of the layers, two utterances of context: ten minutes of a core. Nothing else was tried."""

REWORDED = "reworded"


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


def write(run: Run, place: Place, data: Ecem, rows: Sequence[Explained]) -> list[Written]:
    """What a language model says of clips, tuned first where the arm wants that."""
    if run.method == TUNED:
        tune(run, place, data)
        net, _ = load_explainer(training_folder(run, place))
    else:
        net = load_untuned(SETTINGS.model)
    answers = answer_all(net, questions(data, rows))
    return [Written(r.clip, a.text, note=_note(a)) for r, a in zip(rows, answers, strict=True)]


def rewrite(writers: Writers, rows: Sequence[Explained], said: Sequence[Written]) -> list[Written]:
    """The embedded generator's sentences, reworded where what a language model said of them holds."""
    found = []
    for row, answer in zip(rows, said, strict=True):
        plain = writers.embedded(row)
        conversation, place = writers.placed(row)
        speaker = conversation.utterances[place].speaker
        sentence = Explanation(text=plain.text, cites=list(plain.cites))
        text = "" if answer.note else answer.text
        better = reworded(sentence, text, conversation, speaker, known_person)
        found.append(plain if better is None else plain._replace(text=better.text, note=REWORDED))
    return found


def _note(answer: Answer) -> str:
    if answer.repeated:
        return "repeats itself"
    return "" if answer.ended else "does not end"
