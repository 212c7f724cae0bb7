"""The arms with a language model: what it is asked about a clip, and how it is tuned on training clips."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from heartsay.analysis import Explanation
from heartsay.conversation import Conversation
from heartsay.corpora.ecem import Ecem, Explained, whole
from heartsay.experiments.mecec.faces import Face, read_faces
from heartsay.experiments.mecec.misheard import misheard_talk
from heartsay.experiments.mecec.plan import ARMS, DDAMFN, TUNED, Arm, Told
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

SETTINGS = ExplainerTraining(name="mecec", epochs=1, layers=15, context=2, learning_rate=2e-3)
"""One pass, half of the layers, two utterances of context: 24 minutes of a core, with 9 more to write.

Of two rates tried for a third of a pass each, with seed 1, this one left a loss of 1.76 on development clips
and 5e-4, by which earlier rows were made, 1.96.
"""

REWORDED = "reworded"


def training_folder(run: Run, place: Place) -> Path:
    """Where the training of a run is kept; fitted to ECEM, it is never passed on."""
    return run.folder(place.work) / "training"


def settings_of(arm: Arm) -> ExplainerTraining:
    """The settings by which the language model of an arm is trained."""
    return SETTINGS.model_copy(update={"context": arm.told.context, **arm.changes})


def questions(
    talk: Mapping[str, Conversation],
    rows: Sequence[Explained],
    told: Told,
    faces: Mapping[str, Face],
    *,
    answered: bool = False,
) -> list[Asked]:
    """What is asked about clips, with the references as answers or without.

    Args:
        talk: their dialogues, as they were said or misheard.
        rows: the clips.
        told: what is told of them.
        faces: of each clip, where something of them is told.
        answered: whether references are given.
    """
    found = []
    for row in rows:
        conversation = talk[row.conversation]
        place = [u.id for u in conversation.utterances].index(row.utterance)
        asked = ask(conversation, place, row.emotion, context=told.context)
        if told.words == "none":
            asked = replace(asked, words="")
        if told.label:
            asked = replace(asked, faces=(faces[row.clip].emotion,))
        if told.features:
            asked = replace(asked, face=faces[row.clip].features)
        found.append(replace(asked, answer=row.explanation) if answered else asked)
    return found


def some(rows: Sequence[Explained], one_in: int) -> list[Explained]:
    """The rows of one in so many conversations, the same whoever asks."""
    return [row for row in rows if zlib.crc32(row.conversation.encode()) % one_in == 0]


def tune(run: Run, place: Place, data: Ecem, faces: Mapping[str, Face], report: Report = silent) -> RunFolder:
    """Tune the language model on whole references of training clips; development clips choose the epoch.

    References that are cut off would teach it to break off.
    """
    arm = ARMS[run.method]
    train = some(data.train, arm.learns_from or 1)
    rows = {"train": whole(train), "dev": whole(data.dev)}
    parts = {name: questions(data.talk, kept, arm.told, faces, answered=True) for name, kept in rows.items()}
    left_out = len(train) + len(data.dev) - sum(map(len, rows.values()))
    return train_explainer(
        parts,
        training_folder(run, place),
        settings_of(arm),
        seed=run.seed,
        facts={"corpus": "ecem", "cut_off_left_out": left_out},
        report=report,
    )


def write(
    run: Run, needed: Mapping[str, Run], place: Place, data: Ecem, rows: Sequence[Explained]
) -> list[Written]:
    """What a language model says of clips, tuned first where the arm wants that.

    Args:
        run: whose arm.
        needed: runs that must be done before, by arm.
        place: where runs are.
        data: clips and talk.
        rows: the clips to explain.
    """
    arm = ARMS[run.method]
    faces = read_faces(data, ddamfn_weights(needed[DDAMFN], place)) if arm.told.has_face else {}
    talk = misheard_talk(data.talk) if arm.told.words == "misheard" else data.talk
    if arm.learns_from:
        tune(run, place, data, faces)
    trained = run if arm.learns_from else needed.get(TUNED)
    if trained is None:
        net = load_untuned(SETTINGS.model, chat=settings_of(arm).chat)
    else:
        net, _ = load_explainer(training_folder(trained, place))
    answers = answer_all(net, questions(talk, rows, arm.told, faces))
    return [Written(r.clip, a.text, note=_note(a)) for r, a in zip(rows, answers, strict=True)]


def ddamfn_weights(run: Run, place: Place) -> Path:
    """The weights of DDAMFN, once it is trained."""
    return RunFolder(training_folder(run, place)).weights


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
