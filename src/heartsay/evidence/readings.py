"""Readings of labelled conversations, flattened: what scores and calibrators are computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation
from heartsay.evidence.labels import LabelledPack, label_packs
from heartsay.evidence.packing import Pack, make_packs
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tokens import PackedText, TokenSettings, pack_text
from heartsay.evidence.views import CONTEXTS, View
from heartsay.labels import EMOTIONS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

RawReading = tuple[NDArray[np.float32], NDArray[np.float32]]
"""What a model says of one pack: emotion logits (R, 7), pair log-odds (R, R)."""

Reader = Callable[[Sequence[Pack]], Sequence[RawReading]]
"""A model, as far as scoring it goes: torch checkpoint or exported file."""


@dataclass(frozen=True)
class Readings:
    """A model's readings of a split beside the gold labels.

    One entry per labelled utterance (N) and, for annotated conversations, one per ordered pair of
    utterances seen together (P).

    Attributes:
        logits: emotion logits, (N, 7).
        emotion: gold class, (N,).
        conversation: index of the conversation, (N,).
        pair_log_odds: (P,).
        pair: whether the pair is gold, (P,) bool.
        pair_conversation: index of the conversation, (P,).
        pair_emotion: index of the utterance with the emotion in its conversation, (P,).
        pair_cause: index of the utterance that may be the cause, (P,).
        pair_logits: emotion logits of the utterance with the emotion, (P, 7).
        gold_pairs: gold pairs of the split, also those that no window shows whole.
        removed: logits of the same utterances with something hidden, (N, 7) by `own`, the speaker's own other
            turns, and `other`, those of the others; None where this was not read. It is not saved.
    """

    logits: NDArray[np.float64]
    emotion: NDArray[np.int64]
    conversation: NDArray[np.int64]
    pair_log_odds: NDArray[np.float64]
    pair: NDArray[np.bool_]
    pair_conversation: NDArray[np.int64]
    pair_emotion: NDArray[np.int64]
    pair_cause: NDArray[np.int64]
    pair_logits: NDArray[np.float64]
    gold_pairs: int
    removed: Mapping[str, NDArray[np.float64]] | None = None

    def save(self, path: Path) -> None:
        """Write as a NumPy archive."""
        with path.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name) for name in _SAVED})

    @classmethod
    def load(cls, path: Path) -> Readings:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            values = {name: stored[name] for name in _SAVED}
        return cls(**{**values, "gold_pairs": int(values["gold_pairs"])})


_SAVED = tuple(f.name for f in fields(Readings) if f.name != "removed")


def read_labelled(
    reader: Reader,
    conversations: Sequence[Conversation],
    tokenizer: Tokenizer,
    settings: TokenSettings,
    *,
    removals: bool = False,
) -> Readings:
    """Read conversations that have gold labels and line the readings up with them.

    Args:
        reader: reads packs.
        conversations: with labels.
        tokenizer: of the reader.
        settings: of the reader.
        removals: whether to read them also without own and without other context; about twice the cost.
    """
    packed = [label_packs(conversation, tokenizer, settings) for conversation in conversations]
    items = [item for group in packed for item in group]
    owner = [k for k, group in enumerate(packed) for _ in group]
    gold_pairs = sum(len(c.pairs or ()) for c in conversations)
    readings = flatten(items, owner, reader([item.pack for item in items]), gold_pairs)
    if not removals:
        return readings
    rows = [
        (index, place)
        for item, index, read in zip(items, owner, _read_most(items, owner), strict=True)
        for place in item.pack.utterance[read & (item.emotion != UNLABELLED)].tolist()
    ]
    texts = [pack_text(conversation, tokenizer, settings) for conversation in conversations]
    removed = {
        name: _read_view(reader, view, texts, settings.lead, rows, readings.logits)
        for name, view in zip(("own", "other"), CONTEXTS, strict=True)
    }
    return replace(readings, removed=removed)


def _read_view(
    reader: Reader,
    view: View,
    texts: Sequence[PackedText],
    lead: int,
    rows: Sequence[tuple[int, int]],
    whole: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Logits (N, 7) of rows (conversation, utterance) under a view; of the whole where nothing was hidden."""
    packs = [
        (k, pack)
        for k, text in enumerate(texts)
        for pack in make_packs(text.segments, text.windows, lead, view)
    ]
    most: dict[tuple[int, int], tuple[float, NDArray[np.float32]]] = {}
    for (k, pack), (logits, _) in zip(packs, reader([pack for _, pack in packs]), strict=True):
        for r, (place, weight) in enumerate(zip(pack.utterance.tolist(), pack.weight.tolist(), strict=True)):
            if weight > most.get((k, place), (0.0,))[0]:
                most[k, place] = weight, logits[r]
    read = [most[row][1] if row in most else whole[n] for n, row in enumerate(rows)]
    return np.stack(read).astype(np.float64)


def flatten(
    items: Sequence[LabelledPack], conversation: Sequence[int], raw: Sequence[RawReading], gold_pairs: int
) -> Readings:
    """Line up the readings of packs with their gold labels; rows that are context only are left out.

    An utterance so long that several packs read parts of it is taken from the one that reads most of it.

    Args:
        items: labelled packs.
        conversation: index of the conversation that each pack is from.
        raw: the reading of each pack.
        gold_pairs: gold pairs of the split.
    """
    emotion: list[tuple[NDArray[np.float32], NDArray[np.int64], int]] = []
    pair: list[tuple[NDArray[np.float64], int]] = []
    for item, index, read, (logits, log_odds) in zip(
        items, conversation, _read_most(items, conversation), raw, strict=True
    ):
        labelled = read & (item.emotion != UNLABELLED)
        emotion.append((logits[labelled], item.emotion[labelled], index))
        if item.pair is not None:
            i, j = np.nonzero(np.broadcast_to(read[:, None], item.pair.shape))
            place = item.pack.utterance
            columns = [log_odds[i, j], item.pair[i, j], place[i], place[j], *logits[i].T]
            pair.append((np.stack(columns, axis=1).astype(np.float64), index))
    table = np.concatenate([rows for rows, _ in pair]) if pair else np.zeros((0, 4 + len(EMOTIONS)))
    return Readings(
        logits=np.concatenate([logits for logits, _, _ in emotion]).astype(np.float64),
        emotion=np.concatenate([labels for _, labels, _ in emotion]),
        conversation=np.repeat([k for _, _, k in emotion], [len(labels) for _, labels, _ in emotion]),
        pair_log_odds=table[:, 0],
        pair=table[:, 1] > 0,
        pair_conversation=np.repeat([k for _, k in pair], [len(rows) for rows, _ in pair]).astype(np.int64),
        pair_emotion=table[:, 2].astype(np.int64),
        pair_cause=table[:, 3].astype(np.int64),
        pair_logits=table[:, 4:],
        gold_pairs=gold_pairs,
    )


def _read_most(items: Sequence[LabelledPack], conversation: Sequence[int]) -> list[NDArray[np.bool_]]:
    """Which rows of each pack (R,) hold an utterance of which no other pack reads more."""
    most: dict[tuple[int, int], tuple[float, int]] = {}
    for k, (item, index) in enumerate(zip(items, conversation, strict=True)):
        for place, weight in zip(item.pack.utterance.tolist(), item.pack.weight.tolist(), strict=True):
            if weight > most.get((index, place), (0.0, -1))[0]:
                most[index, place] = weight, k
    return [
        np.array([most[index, place][1] == k for place in item.pack.utterance.tolist()], dtype=np.bool_)
        for k, (item, index) in enumerate(zip(items, conversation, strict=True))
    ]
