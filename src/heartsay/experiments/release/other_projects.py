"""What a model reads of talk that other projects labelled, to calibrate against their labels."""

from __future__ import annotations

import numpy as np

from heartsay.conversation import Conversation
from heartsay.corpora import get, relabelled, training_part
from heartsay.corpora.leaks import EVERYBODY
from heartsay.corpora.registry import data_root
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import one_row_each, with_gold
from heartsay.evidence.views import CONTEXTS
from heartsay.progress import Report, silent, track
from heartsay.runtime import Bundle

HOME = ("meld", "ecf")
"""Corpora whose labels the model is trained on."""

OTHERS = ("emorynlp", "reccon")
"""Corpora of other projects, which share some of home's labels."""

SAMPLE = 120
"""Conversations of each that are read, evenly spaced over the training split: about as many as MELD's
development split has, so that each project counts the same."""


def read_other_projects(
    model: Bundle, report: Report = silent, sample: int = SAMPLE
) -> dict[str, tuple[Reading, tuple[Conversation, ...]]]:
    """An exported model's Reading of other projects' training talk, by corpus, and the talk.

    Nothing of it is in any development or test split. Where a corpus is not there, so that this cannot be
    known, nothing is read, and a message of the report says which.

    Args:
        model: what reads.
        report: progress callback.
        sample: conversations of each project.

    Raises:
        InputError: a file is not what it claims.
    """
    absent = [name for name in EVERYBODY if not all((data_root() / name / f).is_file() for f in _files(name))]
    if absent:
        report({"message": f"confidence is fitted to home's labels alone: no {', '.join(absent)}"})
        return {}
    found = {}
    for name in OTHERS:
        left = training_part(name).conversations
        chosen = np.unique(np.linspace(0, len(left) - 1, min(sample, len(left))).round().astype(int))
        talk = tuple(relabelled(left[k], get(name).labels, model.labels) for k in chosen.tolist())
        evidence = [model.evidence(conversation) for conversation in talk]
        reading = model.read(track(evidence, f"Reading {name} train", report, "conversations"), CONTEXTS)
        found[name] = with_gold(one_row_each(reading), talk, model.labels), talk
    return found


def _files(name: str) -> tuple[str, ...]:
    return tuple(get(name).files.values())
