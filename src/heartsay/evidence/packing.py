"""Packed dialogue: a conversation as token sequences that a whole-conversation encoder reads.

A conversation becomes one sequence, ``[CLS] Speaker: text [SEP] Speaker: text [SEP] ...``. One that is
longer than the encoder allows becomes several overlapping windows, and every token is *read* (counts as a
target) in exactly one of them. A strict view is made by repacking: what the view hides is left out of the
sequence and positions close up, so that there is no path by which it could be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from heartsay.evidence.evidence import BoolArray, Evidence, FloatArray, IntArray
from heartsay.evidence.views import View

PAST_SHARE = 0.75
"""Share of a window's spare tokens that goes to talk before the targets: causes lie in the past."""

_NO_TOKENS = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Pack:
    """One sequence for the encoder.

    Attributes:
        tokens: token ids, (L,).
        owner: row that each token belongs to, (L,); -1 for the leading special token.
        utterance: conversation index of each row's utterance, (R,), ascending.
        speaker: conversation-local speaker index of each row, (R,).
        weight: how many tokens of the row are read here, (R,), at least 1 even of an utterance without words;
            0 for a row that is context only.
        present: whether a modality exists for the row, (R,), by its name; empty where nobody asks.
    """

    tokens: IntArray
    owner: IntArray
    utterance: IntArray
    speaker: IntArray
    weight: FloatArray
    present: Mapping[str, BoolArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of one utterance's tokens, short enough to stand in a window with its context."""

    utterance: int
    speaker: int
    tokens: IntArray


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive segments seen together, ``start <= k < stop``, of which ``read`` are read."""

    start: int
    stop: int
    read: range


def cut_segments(
    utterances: Sequence[Sequence[int] | None], speakers: Sequence[int], longest: int
) -> list[Segment]:
    """Cut each utterance's tokens into runs of at most `longest`; short utterances stay whole.

    None stands for an utterance that is not there to be read, which gets no segment.
    """
    segments: list[Segment] = []
    for index, (tokens, speaker) in enumerate(zip(utterances, speakers, strict=True)):
        if tokens is None:
            continue
        array = np.asarray(tokens, dtype=np.int64)
        runs = max(1, -(-len(array) // longest))
        segments += [Segment(index, speaker, run) for run in np.array_split(array, runs)]
    return segments


def plan_windows(lengths: Sequence[int], budget: int) -> list[Window]:
    """Cover segments of the given token lengths by windows of at most `budget` tokens.

    Where all fit, there is one window. Otherwise each window reads about half of its budget and
    spends the rest on context, most of it before what it reads.

    Raises:
        ValueError: a segment is longer than half the budget.
    """
    if not lengths:
        return []
    if max(lengths) > budget // 2:
        raise ValueError(f"a segment of {max(lengths)} tokens does not fit half a window of {budget}")
    total = np.concatenate([[0], np.cumsum(lengths)])
    count = len(lengths)
    if total[-1] <= budget:
        return [Window(0, count, range(count))]
    windows: list[Window] = []
    first = 0
    while first < count:
        last = int(np.searchsorted(total, total[first] + budget // 2, side="right")) - 1
        spare = budget - (total[last] - total[first])
        start = int(np.searchsorted(total, total[first] - PAST_SHARE * spare, side="left"))
        spare -= total[first] - total[start]
        stop = int(np.searchsorted(total, total[last] + spare, side="right")) - 1
        spare -= total[stop] - total[last]
        start = int(np.searchsorted(total, total[start] - spare, side="left"))
        windows.append(Window(start, stop, range(first, last)))
        first = last
    return windows


def pack(segments: Sequence[Segment], read: Sequence[bool], lead: int) -> Pack:
    """Join segments into one sequence led by the special token `lead`.

    Segments of one utterance that stand next to each other share a row. `read` says which segments
    count as read.
    """
    owner_of: list[int] = []
    rows: dict[int, int] = {}
    for segment in segments:
        owner_of.append(rows.setdefault(segment.utterance, len(rows)))
    weight = np.zeros(len(rows), dtype=np.float32)
    for segment, row, counts in zip(segments, owner_of, read, strict=True):
        weight[row] += max(1, len(segment.tokens)) if counts else 0
    lengths = [len(segment.tokens) for segment in segments]
    speaker = {segment.utterance: segment.speaker for segment in segments}
    return Pack(
        tokens=np.concatenate([[lead], *(segment.tokens for segment in segments)]).astype(np.int64),
        owner=np.concatenate([[-1], np.repeat(owner_of, lengths)]).astype(np.int64),
        utterance=np.fromiter(rows, dtype=np.int64),
        speaker=np.fromiter((speaker[index] for index in rows), dtype=np.int64),
        weight=weight,
    )


def make_packs(
    segments: Sequence[Segment],
    windows: Sequence[Window],
    lead: int,
    view: View | None = None,
    present: Mapping[str, BoolArray] | None = None,
) -> list[Pack]:
    """The packs by which windows are read under a view: one for each distinct set of what is visible.

    Args:
        segments: of the whole conversation.
        windows: which of them are seen together.
        lead: token that opens a sequence.
        view: what is hidden; nothing if not given.
        present: whether a modality exists for each utterance of the conversation, (T,), by its name.

    Returns:
        Window after window. An utterance from which the view hides nothing in a window gets no pack there:
        its reading is that of the full window. Nor does one of which the view leaves no modality.
    """
    return [p for window in windows for p in _window_packs(segments, window, lead, view, present or {})]


def _window_packs(
    segments: Sequence[Segment],
    window: Window,
    lead: int,
    view: View | None,
    present: Mapping[str, BoolArray],
) -> list[Pack]:
    shown = range(window.start, window.stop)
    if view is None:
        whole = pack(segments[window.start : window.stop], [k in window.read for k in shown], lead)
        return [replace(whole, present={m: x[whole.utterance] for m, x in present.items()})]
    speaker = {segments[k].utterance: segments[k].speaker for k in shown}
    row = {utterance: r for r, utterance in enumerate(speaker)}
    names, speakers = tuple(map(str, speaker)), np.fromiter(speaker.values(), np.int64)
    before = {m: x[list(speaker)] for m, x in present.items()}
    edited = view(Evidence(names, speakers, present=before))
    visible, after = edited.visible, edited.present  # (R, R), (R,)
    spoken = after.get("text", np.ones(len(row), np.bool_))
    # Words that the view takes away are in no sequence, not even as context.
    worded = {
        k: segments[k] if spoken[row[segments[k].utterance]] else replace(segments[k], tokens=_NO_TOKENS)
        for k in shown
    }
    lost = np.any([before[m] & ~after[m] for m in before] or [np.zeros(len(row), np.bool_)], axis=0)
    left = np.any([*after.values()] or [np.ones(len(row), np.bool_)], axis=0)
    readers: dict[bytes, list[int]] = {}
    for target in dict.fromkeys(segments[k].utterance for k in window.read):
        if left[row[target]]:
            readers.setdefault(visible[row[target]].tobytes(), []).append(target)
    found = []
    for targets in readers.values():
        kept = visible[row[targets[0]]]
        if not kept.all() or lost[kept].any():
            keep = [k for k in shown if kept[row[segments[k].utterance]]]
            read = [k in window.read and segments[k].utterance in targets for k in keep]
            packed = pack([worded[k] for k in keep], read, lead)
            rows = [row[u] for u in packed.utterance.tolist()]
            found.append(replace(packed, present={m: x[rows] for m, x in after.items()}))
    return found


def collate(packs: Sequence[Pack], pad: int) -> tuple[IntArray, IntArray, IntArray]:
    """Stack packs into a padded batch.

    Returns:
        tokens (B, L) padded with `pad`, owner (B, L) padded with -1, speaker (B, R) padded with -1.
    """
    length = max(len(p.tokens) for p in packs)
    rows = max(len(p.speaker) for p in packs)
    tokens = np.full((len(packs), length), pad, dtype=np.int64)
    owner = np.full((len(packs), length), -1, dtype=np.int64)
    speaker = np.full((len(packs), rows), -1, dtype=np.int64)
    for b, p in enumerate(packs):
        tokens[b, : len(p.tokens)] = p.tokens
        owner[b, : len(p.owner)] = p.owner
        speaker[b, : len(p.speaker)] = p.speaker
    return tokens, owner, speaker


def batches_by_length(
    lengths: Sequence[int], budget: int, order: Iterable[int] | None = None
) -> list[list[int]]:
    """Cut sequences into batches of at most `budget` padded tokens; one that is longer stands alone.

    Args:
        lengths: tokens of each sequence.
        budget: padded tokens in a batch.
        order: indices of the sequences, mostly rising in length; strictly so if not given.

    Returns:
        Indices of sequences, batch after batch.
    """
    batches: list[list[int]] = []
    longest = 0
    for k in map(int, np.argsort(lengths, kind="stable") if order is None else order):
        longest = max(longest, lengths[k])
        if not batches or (len(batches[-1]) + 1) * longest > budget:
            batches.append([])
            longest = lengths[k]
        batches[-1].append(k)
    return batches
