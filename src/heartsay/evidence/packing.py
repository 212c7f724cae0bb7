"""Packed dialogue: a conversation as token sequences that a whole-conversation encoder reads.

A conversation becomes one sequence, ``[CLS] Speaker: text [SEP] Speaker: text [SEP] ...``. One that is
longer than the encoder allows becomes several overlapping windows, and every token is *read* (counts as a
target) in exactly one of them. A strict view is made by repacking: what the view hides is left out of the
sequence and positions close up, so that there is no path by which it could be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]

PAST_SHARE = 0.75
"""Share of a window's spare tokens that goes to talk before the targets: causes lie in the past."""


@dataclass(frozen=True, slots=True)
class Pack:
    """One sequence for the encoder.

    Attributes:
        tokens: token ids, (L,).
        owner: row that each token belongs to, (L,); -1 for the leading special token.
        utterance: conversation index of each row's utterance, (R,), ascending.
        speaker: conversation-local speaker index of each row, (R,).
        weight: how many tokens of the row are read here, (R,); 0 for a row that is context only.
    """

    tokens: IntArray
    owner: IntArray
    utterance: IntArray
    speaker: IntArray
    weight: FloatArray


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


def cut_segments(utterances: Sequence[Sequence[int]], speakers: Sequence[int], longest: int) -> list[Segment]:
    """Cut each utterance's tokens into runs of at most `longest`; short utterances stay whole."""
    segments: list[Segment] = []
    for index, (tokens, speaker) in enumerate(zip(utterances, speakers, strict=True)):
        array = np.asarray(tokens, dtype=np.int64)
        runs = -(-len(array) // longest)
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
        weight[row] += len(segment.tokens) if counts else 0
    lengths = [len(segment.tokens) for segment in segments]
    speaker = {segment.utterance: segment.speaker for segment in segments}
    return Pack(
        tokens=np.concatenate([[lead], *(segment.tokens for segment in segments)]).astype(np.int64),
        owner=np.concatenate([[-1], np.repeat(owner_of, lengths)]).astype(np.int64),
        utterance=np.fromiter(rows, dtype=np.int64),
        speaker=np.fromiter((speaker[index] for index in rows), dtype=np.int64),
        weight=weight,
    )


def full_packs(segments: Sequence[Segment], windows: Sequence[Window], lead: int) -> list[Pack]:
    """The unedited reading: one pack per window."""
    return [
        pack(segments[w.start : w.stop], [k in w.read for k in range(w.start, w.stop)], lead) for w in windows
    ]


def without_own_context(segments: Sequence[Segment], windows: Sequence[Window], lead: int) -> list[Pack]:
    """Strict view X: each utterance is read without its speaker's other turns.

    What is hidden differs for each utterance, so each utterance that has such turns in sight gets a
    pack of its own; one that has none gets no pack.
    """
    packs: list[Pack] = []
    for window in windows:
        seen = segments[window.start : window.stop]
        for target in dict.fromkeys(segments[k].utterance for k in window.read):
            speaker = next(s.speaker for s in seen if s.utterance == target)
            keep = [
                k for k, s in enumerate(seen, window.start) if s.speaker != speaker or s.utterance == target
            ]
            if len(keep) < len(seen):
                read = [k in window.read and segments[k].utterance == target for k in keep]
                packs.append(pack([segments[k] for k in keep], read, lead))
    return packs


def without_other_context(segments: Sequence[Segment], windows: Sequence[Window], lead: int) -> list[Pack]:
    """Strict view O: each utterance is read with its own speaker's turns alone, one pack per speaker."""
    packs: list[Pack] = []
    for window in windows:
        seen = segments[window.start : window.stop]
        for speaker in dict.fromkeys(segments[k].speaker for k in window.read):
            keep = [k for k, s in enumerate(seen, window.start) if s.speaker == speaker]
            if len(keep) < len(seen):
                packs.append(pack([segments[k] for k in keep], [k in window.read for k in keep], lead))
    return packs


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


def batches_by_tokens(packs: Sequence[Pack], budget: int) -> list[list[int]]:
    """Group packs of similar length so that a padded batch holds at most `budget` tokens.

    Returns:
        Lists of indices into `packs`, each sorted from short to long; a pack longer than the budget
        stands alone.
    """
    order = sorted(range(len(packs)), key=lambda k: len(packs[k].tokens))
    groups: list[list[int]] = []
    for k in order:
        if groups and (len(groups[-1]) + 1) * len(packs[k].tokens) <= budget:
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups
