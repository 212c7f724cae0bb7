"""What a model reads of talk that other projects labelled, to calibrate against their labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from heartsay.conversation import Conversation
from heartsay.corpora import get, relabelled, training_part
from heartsay.corpora.leaks import EVERYBODY
from heartsay.corpora.registry import corpus_file
from heartsay.errors import InputError
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import one_row_each, with_gold
from heartsay.evidence.views import CONTEXTS
from heartsay.pipeline.kept_readings import kept_reading
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
    model: Bundle, report: Report = silent, sample: int = SAMPLE, keep: Path | None = None
) -> dict[str, Reading]:
    """An exported model's Reading of other projects' training talk, by corpus.

    Nothing of it is in any development or test split. Where a corpus is not there, so that this cannot be
    known, nothing is read, and a message of the report says which.

    Args:
        model: what reads.
        report: progress callback.
        sample: conversations of each project.
        keep: folder in which readings are kept, and looked for first.

    Raises:
        InputError: a file is not what it claims.
    """
    if absent := absent_corpora():
        report({"message": f"confidence is fitted to home's labels alone: no {', '.join(absent)}"})
        return {}
    found = {}
    for name in OTHERS:
        left = training_part(name).conversations
        chosen = np.unique(np.linspace(0, len(left) - 1, min(sample, len(left))).round().astype(int))
        found[name] = read_labelled_by(model, name, [left[k] for k in chosen.tolist()], report, keep)
    return found


def read_labelled_by(
    model: Bundle, name: str, talk: Sequence[Conversation], report: Report = silent, keep: Path | None = None
) -> Reading:
    """A model's Reading of some conversations of a corpus, their labels under the model's names.

    An utterance whose label has no counterpart among these has none.
    """
    known = [relabelled(conversation, get(name).labels, model.labels) for conversation in talk]

    def read() -> Reading:
        evidence = [model.evidence(conversation) for conversation in known]
        reading = model.read(track(evidence, f"Reading {name}", report, "conversations"), CONTEXTS)
        return with_gold(one_row_each(reading), known, model.labels)

    return kept_reading(keep, model, known, read)


def absent_corpora() -> list[str]:
    """Those of the projects' corpora, home's among them, whose files are not all under HEARTSAY_DATA."""
    return [name for name in EVERYBODY if not _is_there(name)]


def _is_there(name: str) -> bool:
    try:
        return all(corpus_file(get(name), file).is_file() for file in get(name).files.values())
    except InputError:
        return False
