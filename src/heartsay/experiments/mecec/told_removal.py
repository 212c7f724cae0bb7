"""Whether what a language model says depends on the cause: it is asked again without having been told it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from heartsay.atomic import write_text
from heartsay.conversation import Conversation
from heartsay.corpora.ecem import Ecem
from heartsay.experiments.mecec import work
from heartsay.experiments.mecec.language import SETTINGS, training_folder
from heartsay.experiments.study import Place, Run
from heartsay.models.hosts.asking import ask
from heartsay.models.hosts.fame_net import Asked
from heartsay.training.tasks.language_model import answer_all, load_explainer

MOST = 100
"""Clips that are looked at, the first ones that have a cause and another utterance to take away."""


def file(run: Run, place: Place) -> Path:
    """Where what was found is kept."""
    return run.folder(place.work) / "removal.json"


def measure(run: Run, place: Place, data: Ecem, gold: Mapping[str, set[str]]) -> None:
    """Share of a tuned model's sentences that change without a gold cause, and without another utterance.

    Both are taken from the utterances that the model is told before the one that it explains, and no older
    one is told in their place. In 16 bits, a sentence also hangs a little on what it is batched with: how
    many change when nothing is taken away, among the same hundred, is measured too.
    """
    cases = []
    for row, sentence in zip(data.test, work.load(run, place, "test"), strict=True):
        conversation = data.talk[row.conversation]
        at = [u.id for u in conversation.utterances].index(row.utterance)
        before = [u.id for u in conversation.utterances[max(0, at - SETTINGS.context) : at]]
        causes = [id for id in before if id in gold.get(row.utterance, ())]
        others = [id for id in before if id not in causes]
        if causes and others:
            less, other = (
                asked_without(conversation, at, id, row.emotion, SETTINGS.context)
                for id in (causes[-1], others[-1])
            )
            same = ask(conversation, at, row.emotion, context=SETTINGS.context)
            cases.append((sentence.text, less, other, same))
    cases = cases[:MOST]
    found: dict[str, float] = {"clips": len(cases)}
    if cases:
        net, _ = load_explainer(training_folder(run, place))
        texts, *asked = map(list, zip(*cases, strict=True))
        for name, questions in zip(
            ("changed", "changed_otherwise", "changed_by_nothing"), asked, strict=True
        ):
            answers = answer_all(net, questions)
            found[name] = sum(a.text != text for a, text in zip(answers, texts, strict=True)) / len(cases)
    write_text(file(run, place), json.dumps(found) + "\n")


def load(run: Run, place: Place) -> dict[str, float] | None:
    """What was found for a run, if it was looked for."""
    path = file(run, place)
    found: dict[str, float] | None = json.loads(path.read_text("utf-8")) if path.exists() else None
    return found


def asked_without(conversation: Conversation, at: int, id: str, emotion: str, context: int) -> Asked:
    """The question about an utterance, without one of those that it tells; none is told in its place.

    Args:
        conversation: whose utterances have texts.
        at: index of the utterance that is explained.
        id: of the one that goes, among the `context` before it.
        emotion: that is to be explained.
        context: how many are told where none is taken away.
    """
    left = tuple(u for u in conversation.utterances if u.id != id)
    return ask(replace(conversation, utterances=left, pairs=None), at - 1, emotion, context=context - 1)
