"""A user's own labelled conversations, and what a model says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation
from heartsay.corpora.seen import SeenTalk
from heartsay.errors import InputError
from heartsay.evidence.labels import gold_emotions, target_shares
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.readings import assemble, one_row_each, plan, with_gold
from heartsay.evidence.views import CONTEXTS
from heartsay.formats import FormatSpec, ReadFailure, read_many
from heartsay.formats.emotions import LabelNames
from heartsay.formats.interpretation import AS_BROUGHT, Interpretation
from heartsay.labels import LabelSpace
from heartsay.limits import limit
from heartsay.progress import Report, silent, track
from heartsay.runtime import Bundle
from heartsay.runtime.language import language_warning

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledTalk:
    """Conversations of which each has a labelled utterance.

    Attributes:
        conversations: with emotions out of the label space that they were read for.
        notes: sentences about what was renamed, left out or is doubtful.
        utterances: how many of their utterances carry a label, of one annotator or of several.
        votes: whether any carries the labels of several annotators.
    """

    conversations: tuple[Conversation, ...]
    notes: tuple[str, ...]
    utterances: int
    votes: bool


def load_labelled(
    paths: Iterable[str | Path],
    labels: LabelSpace,
    own: Mapping[str, str | None] | None = None,
    format: str | FormatSpec | None = None,
    language: str = "en",
    how: Interpretation = AS_BROUGHT,
) -> LabelledTalk:
    """Read labelled conversations out of files and folders.

    Args:
        paths: in any format that is read.
        labels: the emotions of the model that they are for.
        own: what a user's own labels mean, as `own_names` checks them.
        format: of all files, if the files shall not tell.
        language: of the model.
        how: what times and encodings mean; labels are read by `labels` and `own`.

    Raises:
        InputError: a file cannot be read, or no utterance has a label.
    """
    names = LabelNames(labels.names, own or {})
    found: list[Conversation] = []
    strangers: list[str] = []
    where = ""
    for item in read_many(paths, format, replace(how, emotion=names)):
        if isinstance(item, ReadFailure):
            if item.stranger:
                strangers.append(str(item.error).rstrip("."))
                continue
            raise item.error
        found.append(item)
        where = where or item.source or "the given talk"
    kept = tuple(c for c in found if any(u.emotion is not None or u.votes for u in c.utterances))
    if not kept:
        unknown = f", but labels unknown here ({_listed(names.unknown)})" if names.unknown else ""
        raise InputError(
            expected=f"utterances with a label ({', '.join(labels)}, or another name of these)",
            found=f"none{unknown}",
            where=where,
            do="name the column or key of the labels 'emotion', and say with --label what other names mean",
        )
    utterances = [u for c in kept for u in c.utterances]
    labelled = sum(u.emotion is not None or u.votes is not None for u in utterances)
    votes = any(u.votes is not None and sum(u.votes.values()) > 1 for u in utterances)
    notes = [f"not read: {sentence}" for sentence in strangers]
    notes += [*_about_names(names, labels), *_about_gaps(found, kept, labelled), *_about_training(kept)]
    warning = language_warning((u.text for u in utterances), language)
    return LabelledTalk(kept, (*notes, *([] if warning is None else [warning])), labelled, votes)


def _about_names(names: LabelNames, labels: LabelSpace) -> list[str]:
    notes = []
    renamed = {label: (name, n) for (label, name), n in names.read.items() if label != name}
    if renamed:
        listed = ", ".join(f"{label} as {name} ({n:,})" for label, (name, n) in sorted(renamed.items()))
        notes.append(f"labels read under another name: {listed}")
    if names.unknown:
        notes.append(
            f"labels with no counterpart among {', '.join(labels)}: {_listed(names.unknown)}; what carries"
            " them counts as unlabelled, unless --label says what they mean"
        )
    return notes


def _listed(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    rest = f" and {len(ranked) - 12} more" if len(ranked) > 12 else ""
    return ", ".join(f"{label[:40]} ({n:,})" for label, n in ranked[:12]) + rest


def _about_gaps(found: Sequence[Conversation], kept: Sequence[Conversation], labelled: int) -> list[str]:
    notes = []
    if (without := len(found) - len(kept)) > 0:
        notes.append(f"{without:,} of {len(found):,} conversations have no label and are left out")
    if (of := sum(map(len, kept))) > labelled:
        notes.append(f"{labelled:,} of {of:,} utterances carry a label; the others are read as context only")
    return notes


def _about_training(conversations: Sequence[Conversation]) -> list[str]:
    """What to say of talk that shipped models were trained on: they are surer and better on it."""
    training = SeenTalk.load()
    seen = [count for c in conversations if (count := training.utterances(c))]
    if not seen:
        return []
    return [
        f"{len(seen):,} of {len(conversations):,} conversations hold talk that shipped models learnt from, of"
        f" the training parts of MELD, ECF, EmoryNLP and RECCON ({sum(seen):,} utterances; short ones cannot"
        " be told): they are surer there than on new talk"
    ]


def read_labelled(model: Bundle, talk: LabelledTalk, report: Report = silent) -> tuple[Reading, FloatArray]:
    """What a model says of labelled talk, with one row for each utterance, and the shares of its labels.

    Conversations of up to the limit `evidence_utterances` are read without each context too, as `analyze`
    does; rows of longer ones are NaN under those views.

    Returns:
        The Reading, whose gold is the label or what most annotators chose, and (N, C) shares; a row of zeros
        has no label.
    """
    given = talk.conversations
    evidence = [model.evidence(c) for c in track(given, "Preparing conversations", report, "conversations")]
    longest = limit("evidence_utterances")
    steps = enumerate(track(evidence, "Reading conversations", report, "conversations"))
    jobs = (
        job
        for number, each in steps
        for job in plan(str(number), each, CONTEXTS if len(each) <= longest else (), model.tokens.lead)
    )
    reading = one_row_each(assemble(model.stream(jobs), model.labels.names, CONTEXTS))
    reading = with_gold(reading, given, model.labels)
    every = np.concatenate([_shares(c, model.labels) for c in given])
    starts = np.cumsum([0, *map(len, given)])
    return reading, every[starts[reading.conversation] + reading.position]


def _shares(conversation: Conversation, labels: LabelSpace) -> FloatArray:
    """How annotators chose, (T, C), rows of zeros where nobody did."""
    emotions = gold_emotions(conversation, labels)
    voted = target_shares(conversation, labels, emotions)
    if voted is not None:
        total = voted.sum(axis=1, keepdims=True, dtype=np.float64)
        return np.asarray(voted / np.maximum(total, 1e-12))
    shares = np.zeros((len(conversation), len(labels)))
    rows = np.flatnonzero(emotions != UNLABELLED)
    shares[rows, emotions[rows]] = 1.0
    return shares
