"""The one path from packs to Readings: what to read of a conversation, and what the answers say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.labels import gold_emotions
from heartsay.evidence.packing import Pack, make_packs
from heartsay.evidence.reading import UNLABELLED, Reading, from_arrays
from heartsay.evidence.tokens import TokenSettings, word_evidence
from heartsay.evidence.views import FULL, View
from heartsay.labels import EMOTIONS, LabelSpace

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FloatArray = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]
"""Arrays by the names that a saved Reading has for them."""


@dataclass(frozen=True, eq=False, slots=True)
class RawReading:
    """What a model says of one pack.

    Attributes:
        emotion: logits, (R, C).
        pair: log-odds that the row of the second axis caused the emotion of that of the first, (R, R); None
            from a model without pairs.
        by_modality: logits of each modality alone, (R, C), from a model that has them.
    """

    emotion: NDArray[np.float32]
    pair: NDArray[np.float32] | None = None
    by_modality: Mapping[str, NDArray[np.float32]] | None = None


Reader = Callable[[Sequence[Pack]], Sequence[RawReading]]
"""A model of words, as far as scoring it goes."""


class Job(NamedTuple):
    """One pack to read.

    Attributes:
        id: of the conversation.
        evidence: of the conversation.
        view: name of the view; the full pack of a window comes after those of all views.
        pack: the sequence; None for a conversation that gives the model nothing to read.
        last: whether it is the conversation's last.
    """

    id: str
    evidence: Evidence
    view: str
    pack: Pack | None
    last: bool


def plan(id: str, evidence: Evidence, views: Sequence[View], lead: int) -> Iterator[Job]:
    """What to read of a conversation: window by window, under every view and then in full.

    Args:
        id: of the conversation.
        evidence: with its words packed.
        views: to read it under besides.
        lead: token that opens a sequence.
    """
    words = evidence.words
    if words is None or not words.windows:
        yield Job(id, evidence, FULL.name, None, True)
        return
    for k, window in enumerate(words.windows):
        for view in views:
            for pack in make_packs(words.segments, [window], lead, view, evidence.present):
                yield Job(id, evidence, view.name, pack, False)
        (whole,) = make_packs(words.segments, [window], lead, None, evidence.present)
        yield Job(id, evidence, FULL.name, whole, k == len(words.windows) - 1)


def assemble(
    done: Iterable[tuple[Job, RawReading | None]], classes: Sequence[str], views: Sequence[View]
) -> Reading:
    """The Reading of conversations from the answers to all of their jobs, in the order of the jobs.

    Args:
        done: jobs and what the model said; None where there was nothing to read.
        classes: names of the emotions.
        views: under which they were read.
    """
    names = (FULL.name, *(view.name for view in views))
    windows: list[Columns] = []
    ids: list[str] = []
    modalities: dict[str, None] = {}
    held: list[tuple[str, Pack, RawReading]] = []
    rows = 0
    for job, raw in done:
        if job.pack is not None and raw is not None:
            held.append((job.view, job.pack, raw))
            if job.view == FULL.name:
                windows.append(_window(len(ids), rows, job.evidence, held, names))
                rows += len(windows[-1]["position"])
                held = []
        if job.last:
            ids.append(job.id)
            modalities |= dict.fromkeys(m for m, exists in job.evidence.present.items() if exists.any())
    if not windows:
        windows = [_no_rows(names, len(classes))]
    columns: Columns = {name: np.concatenate([w[name] for w in windows]) for name in windows[0]}
    columns |= {"gold": np.full(rows, UNLABELLED), "split": np.full(rows, "", np.str_)}
    lists = {"conversations": ids, "classes": classes, "modalities": list(modalities)}
    columns |= {name: np.array(values, np.str_) for name, values in lists.items()}
    if "pairs/row" in columns:
        columns["pairs/gold_pairs"] = np.array(0)
    return from_arrays(columns)


def _window(
    number: int,
    before: int,
    evidence: Evidence,
    held: Sequence[tuple[str, Pack, RawReading]],
    names: Sequence[str],
) -> Columns:
    """What is read in one window of conversation `number`, after so many rows; the full pack comes last."""
    _, whole, raw = held[-1]
    rows = np.nonzero(whole.weight)[0]
    position, weight = whole.utterance[rows], whole.weight[rows].astype(np.float64)
    logits = {name: np.full((len(rows), raw.emotion.shape[1]), np.nan) for name in names}
    for name, pack, answer in held:
        read = np.nonzero(pack.weight)[0]
        logits[name][np.searchsorted(position, pack.utterance[read])] = answer.emotion[read]
    columns: Columns = {
        "conversation": np.full(len(rows), number),
        "position": position,
        "utterance": np.array([evidence.utterances[p] for p in position.tolist()], np.str_),
        "speaker": evidence.speaker[position],
        "weight": weight,
    }
    columns |= {f"logits/{name}": values for name, values in logits.items()}
    columns |= {f"by_modality/{m}": x[rows].astype(np.float64) for m, x in (raw.by_modality or {}).items()}
    if raw.pair is not None:
        shown = len(whole.utterance)
        columns |= {
            "pairs/conversation": np.full(len(rows) * shown, number),
            "pairs/emotion": np.repeat(position, shown),
            "pairs/cause": np.tile(whole.utterance, len(rows)),
            "pairs/weight": np.repeat(weight, shown),
            "pairs/row": before + np.repeat(np.arange(len(rows)), shown),
            f"pairs/log_odds/{FULL.name}": raw.pair[rows, :shown].astype(np.float64).ravel(),
        }
    return columns


def _no_rows(names: Sequence[str], classes: int) -> Columns:
    rows: Columns = {name: np.zeros(0, np.int64) for name in ("conversation", "position", "speaker")}
    rows |= {"weight": np.zeros(0), "utterance": np.zeros(0, np.str_)}
    return rows | {f"logits/{name}": np.zeros((0, classes)) for name in names}


def utterance_means(reading: Reading, values: FloatArray, length: int) -> FloatArray:
    """Means over the rows of each utterance of one conversation, by how much of it each row reads.

    Args:
        reading: of one conversation of `length` utterances.
        values: (N, C), a row for each of the reading's.

    Returns:
        (length, C), NaN for an utterance that no row reads.
    """
    weight = np.ones(len(reading)) if reading.weight is None else reading.weight
    total, sums = np.zeros(length), np.zeros((length, values.shape[1]))
    np.add.at(total, reading.position, weight)
    np.add.at(sums, reading.position, weight[:, None] * values)
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / total[:, None])


def one_row_each(reading: Reading) -> Reading:
    """The same with one row for each utterance: that of the window which reads most of it.

    Under a view it is the window which reads most of it among those where the view had something to hide.
    Pairs are those of the rows that are kept.
    """
    chosen = _most(reading, np.ones(len(reading), np.bool_))
    rows, row_of = np.array(list(chosen.values()), np.int64), {key: n for n, key in enumerate(chosen)}
    logits = {}
    for name, values in reading.logits.items():
        logits[name] = values[rows]
        for key, row in _most(reading, np.asarray(~np.isnan(values).any(axis=1))).items():
            logits[name][row_of[key]] = values[row]
    kept = np.zeros(len(reading), np.bool_)
    kept[rows] = True
    order = np.argsort(rows)
    plain = replace(reading.rows(kept), weight=None)
    plain = replace(plain, logits={name: values[order] for name, values in logits.items()})
    pairs = reading.pairs
    if pairs is None or pairs.row is None:
        return plain
    pairs = pairs.rows(kept[pairs.row])
    return replace(plain, pairs=replace(pairs, row=(np.cumsum(kept) - 1)[pairs.row], weight=None))


def _most(reading: Reading, allowed: NDArray[np.bool_]) -> dict[tuple[int, int], int]:
    """The allowed row that reads most of each utterance, the first of equal ones."""
    weight = np.ones(len(reading)) if reading.weight is None else reading.weight
    most: dict[tuple[int, int], int] = {}
    for row in np.nonzero(allowed)[0].tolist():
        key = int(reading.conversation[row]), int(reading.position[row])
        if key not in most or weight[row] > weight[most[key]]:
            most[key] = row
    return most


def with_gold(
    reading: Reading, conversations: Sequence[Conversation], labels: LabelSpace = EMOTIONS
) -> Reading:
    """The same beside the gold labels; pairs of conversations without annotated pairs are left out.

    Args:
        reading: of these conversations, in this order.
        conversations: with labels.
        labels: what their emotions are names of.
    """
    starts = np.cumsum([0, *map(len, conversations)])
    gold = np.concatenate([gold_emotions(c, labels) for c in conversations])
    pairs = reading.pairs
    if pairs is not None:
        annotated = np.array([c.pairs is not None for c in conversations])
        pairs = pairs.rows(annotated[pairs.conversation])
        known = {(k, *pair) for k, c in enumerate(conversations) for pair in c.pairs or ()}
        columns = (pairs.conversation.tolist(), pairs.emotion.tolist(), pairs.cause.tolist())
        is_gold = np.array([key in known for key in zip(*columns, strict=True)], np.bool_)
        pairs = replace(pairs, gold=is_gold, gold_pairs=len(known))
    return replace(reading, gold=gold[starts[reading.conversation] + reading.position], pairs=pairs)


def read_talk(
    reader: Reader,
    conversations: Sequence[Conversation],
    tokenizer: Tokenizer,
    settings: TokenSettings,
    labels: LabelSpace = EMOTIONS,
) -> Reading:
    """Read conversations, whatever labels they have: one row for each utterance, all pairs seen together.

    Args:
        reader: reads packs.
        conversations: of which no label is looked at.
        tokenizer: of the reader.
        settings: of the reader.
        labels: what the reader tells apart.
    """
    given = [(c.id, word_evidence(c, tokenizer, settings)) for c in conversations]
    jobs = [job for id, evidence in given for job in plan(id, evidence, (), settings.lead)]
    answers = iter(reader([job.pack for job in jobs if job.pack is not None]))
    done = [(job, None if job.pack is None else next(answers)) for job in jobs]
    return one_row_each(assemble(done, labels.names, ()))


def read_labelled(
    reader: Reader,
    conversations: Sequence[Conversation],
    tokenizer: Tokenizer,
    settings: TokenSettings,
    labels: LabelSpace = EMOTIONS,
) -> Reading:
    """The same of conversations that have gold labels, beside these; arguments as of `read_talk`."""
    return with_gold(read_talk(reader, conversations, tokenizer, settings, labels), conversations, labels)
