"""Reading: what a model says of Evidence under some views, beside the gold labels where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import read_arrays, write_arrays
from heartsay.errors import DAMAGE, ModelError
from heartsay.evidence.evidence import BoolArray, IntArray

UNLABELLED = -100
"""Class index of an utterance without a gold emotion."""

Names = NDArray[np.str_]
Numbers = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairTable:
    """What a model says of P ordered pairs of utterances that it saw together.

    Attributes:
        conversation: number of the conversation, (P,), into `Reading.conversations`.
        emotion: place of the utterance with the emotion in its conversation, (P,).
        cause: place of the utterance that may be its cause, (P,).
        log_odds: uncalibrated, (P,), by the name of the view.
        gold: whether the pair is annotated, (P,); None where that is not known.
        gold_pairs: all annotated pairs, also those that no window shows whole.
        weight: how much the entry counts where a pair has several, (P,); None where each has one.
        row: row of the Reading that holds the utterance with the emotion, (P,); None where nobody asks.
    """

    conversation: IntArray
    emotion: IntArray
    cause: IntArray
    log_odds: Mapping[str, Numbers]
    gold: BoolArray | None = None
    gold_pairs: int = 0
    weight: Numbers | None = None
    row: IntArray | None = None

    def rows(self, chosen: BoolArray) -> PairTable:
        """Some of the pairs, bool (P,); `gold_pairs` stays."""
        columns: dict[str, Any] = {
            name: _chosen(getattr(self, name), chosen) for name in _PAIRS if name != "gold_pairs"
        }
        return replace(self, **columns, log_odds={name: x[chosen] for name, x in self.log_odds.items()})


@dataclass(frozen=True, eq=False)
class AnnotatedPairs:
    """The pairs of a table under one view, their gold known: what is decoded, scored and calibrated.

    Columns, (P,), as in `PairTable`; `gold_pairs` says how many are asked for, also beyond the table.
    """

    conversation: IntArray
    emotion: IntArray
    cause: IntArray
    log_odds: NDArray[np.float64]
    gold: BoolArray
    gold_pairs: int

    def rows(self, chosen: BoolArray) -> AnnotatedPairs:
        """Some of the pairs, bool (P,); as many are asked for as before."""
        columns = {f.name: getattr(self, f.name)[chosen] for f in fields(self) if f.name != "gold_pairs"}
        return replace(self, **columns)

    def triples(self, chosen: BoolArray) -> list[tuple[int, int, int]]:
        """Some of them, bool (P,), as (conversation, emotion utterance, cause utterance)."""
        columns = (self.conversation[chosen], self.emotion[chosen], self.cause[chosen])
        return list(zip(*(column.tolist() for column in columns), strict=True))


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model says of the utterances of some conversations: one row an utterance.

    An utterance that is too long for one window has a row for each window that reads some of it; `weight`
    says how much of it each reads, and means over its rows are taken after calibration.

    Attributes:
        conversations: ids of the conversations.
        classes: names of the emotions, in the order of the logits.
        conversation: number of the conversation, (N,), into `conversations`.
        position: place of the utterance in its conversation, from 0, (N,).
        logits: by the name of the view, (N, C); a row is NaN where the view had nothing to take away and was
            therefore not read. Names begin with a mode, as in `strict/own_context`, where several were read.
            A calibrator gives a Reading again, whose logits are those of the calibrated distribution.
        gold: class index, (N,); `UNLABELLED` where there is none.
        utterance: ids, (N,).
        speaker: conversation-local speaker index, (N,).
        split: of the corpus, (N,); empty strings where there is none.
        modalities: which modalities the model was given.
        by_modality: logits of one modality alone by its name, (N, C_m), from a model that has them.
        cause: log-odds that the utterance causes something, (N,), from a model that says so.
        representation: what the logits of the full evidence are read from, (N, H).
        weight: how much of the utterance the row reads, (N,); None where every utterance has one row.
        pairs: from a model that scores pairs.
    """

    conversations: tuple[str, ...]
    classes: tuple[str, ...]
    conversation: IntArray
    position: IntArray
    logits: Mapping[str, Numbers]
    gold: IntArray
    utterance: Names
    speaker: IntArray
    split: Names
    modalities: tuple[str, ...] = ("text",)
    by_modality: Mapping[str, Numbers] = field(default_factory=dict)
    cause: Numbers | None = None
    representation: NDArray[np.float16] | Numbers | None = None
    weight: Numbers | None = None
    pairs: PairTable | None = None

    def __len__(self) -> int:
        return len(self.gold)

    def rows(self, chosen: BoolArray | IntArray) -> Reading:
        """Some of the rows, bool (N,) or their numbers, without the pairs."""
        values: dict[str, Any] = {name: _chosen(getattr(self, name), chosen) for name in _ROWS}
        values |= {name: {k: x[chosen] for k, x in getattr(self, name).items()} for name in _TABLES}
        return replace(self, **values, pairs=None)

    def of(self, split: str) -> Reading:
        """The rows of one split, without the pairs."""
        return self.rows(self.split == split)

    def annotated_pairs(self, view: str = "full") -> AnnotatedPairs:
        """The pairs with their log-odds under a view.

        Raises:
            ModelError: there are no pairs, or nobody annotated them.
        """
        pairs = self.pairs
        if pairs is None or pairs.gold is None:
            raise ModelError("Pairs are scored on conversations with annotated pairs; give some.")
        log_odds = pairs.log_odds[view].astype(np.float64)
        return AnnotatedPairs(
            pairs.conversation, pairs.emotion, pairs.cause, log_odds, pairs.gold, pairs.gold_pairs
        )

    def save(self, path: Path) -> None:
        """Write as a NumPy archive, whole or not at all."""
        write_arrays(path, _arrays(self))

    @classmethod
    def load(cls, path: Path) -> Reading:
        """Read what `save` wrote.

        Raises:
            ModelError: there is no such file, or it is not one of readings.
        """
        try:
            return _fitting(from_arrays(read_arrays(path)))
        except DAMAGE as error:
            first = str(error).split("\n")[0]
            raise ModelError(f"{path} holds no readings ({first}); make them again.") from error


_LISTS = ("conversations", "classes", "modalities")
_TABLES = ("logits", "by_modality")
_ROWS = tuple(f.name for f in fields(Reading) if f.name not in (*_LISTS, *_TABLES, "pairs"))
_PAIRS = tuple(f.name for f in fields(PairTable) if f.name != "log_odds")


def _chosen(values: Any, chosen: BoolArray | IntArray) -> Any:
    return None if values is None else values[chosen]


def _fitting(reading: Reading) -> Reading:
    """The same, if its columns fit together.

    Raises:
        ValueError: they do not.
    """
    tables = [x for name in _TABLES for x in getattr(reading, name).values()]
    columns = [x for name in _ROWS if (x := getattr(reading, name)) is not None]
    lengths = {x.shape[:1] for x in (*columns, *tables)}
    if lengths != {reading.gold.shape} or any(x.ndim != 2 for x in tables):
        raise ValueError(f"columns of {sorted(lengths)} rows")
    if (pairs := reading.pairs) is not None:
        whole = [x for name in _PAIRS if isinstance(x := getattr(pairs, name), np.ndarray)]
        if {x.shape for x in (*whole, *pairs.log_odds.values())} != {(len(pairs.cause),)}:
            raise ValueError("columns of pairs of several lengths")
    return reading


def _arrays(reading: Reading) -> dict[str, Any]:
    """Everything under one name each; tables of views as `logits/<view>`, pairs as `pairs/<column>`."""
    found: dict[str, Any] = {name: np.array(getattr(reading, name), np.str_) for name in _LISTS}
    found |= {name: getattr(reading, name) for name in _ROWS}
    found |= {f"{table}/{k}": x for table in _TABLES for k, x in getattr(reading, table).items()}
    if reading.pairs is not None:
        found |= {f"pairs/{name}": getattr(reading.pairs, name) for name in _PAIRS}
        found |= {f"pairs/log_odds/{k}": x for k, x in reading.pairs.log_odds.items()}
    return {name: values for name, values in found.items() if values is not None}


def from_arrays(stored: Mapping[str, Any]) -> Reading:
    """A Reading from its fields, tables of views as `logits/<view>` and pairs as `pairs/<column>`."""

    def under(prefix: str) -> dict[str, Any]:
        return {name.removeprefix(prefix): x for name, x in stored.items() if name.startswith(prefix)}

    pairs = None
    if any(name.startswith("pairs/") for name in stored):
        columns = {name: x for name, x in under("pairs/").items() if name in _PAIRS}
        columns["gold_pairs"] = int(columns["gold_pairs"])
        pairs = PairTable(**columns, log_odds=under("pairs/log_odds/"))
    values: dict[str, Any] = {name: stored[name] for name in _ROWS if name in stored}
    values |= {name: tuple(stored[name].tolist()) for name in _LISTS}
    values |= {name: under(f"{name}/") for name in _TABLES}
    return Reading(**values, pairs=pairs)
