"""Evidence: everything a model may look at for one conversation, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError

if TYPE_CHECKING:
    from heartsay.evidence.tokens import PackedText

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MODALITIES = ("text", "voice", "face")
"""The order in which modalities are concatenated and listed."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a model may look at for one conversation of T utterances; a view edits it, a model reads it.

    Args:
        utterances: T ids, unique within the conversation.
        speaker: conversation-local speaker index of each utterance, from 0, (T,).
        features: one vector per utterance for each modality, (T, D_m), float32; the value of a cell that is
            not present means nothing, but must be finite.
        present: whether the modality exists for the utterance, (T,), for each modality of `features`, and
            for `text` where a model reads the words themselves.
        words: the conversation's tokens and the windows over them; None where no model reads words.
        sight: utterance i may draw on utterance j, bool (T, T), true on the diagonal; None where everything
            is visible, which a long conversation could not hold as a matrix.

    Raises:
        InputError: no utterances, sizes that do not match, values that are not finite.
    """

    utterances: tuple[str, ...]
    speaker: IntArray
    features: Mapping[str, FloatArray] = field(default_factory=dict)
    present: Mapping[str, BoolArray] = field(default_factory=dict)
    words: PackedText | None = None
    sight: BoolArray | None = None

    def __post_init__(self) -> None:
        length = len(self.utterances)
        if length == 0:
            raise InputError(
                expected="one utterance or more", found="none", where="a conversation", do="leave it out"
            )
        where = f"the conversation of utterance {self.utterances[0]}"
        if lacking := sorted(set(self.features) - set(self.present)):
            raise InputError(
                expected=f"presence for {sorted(self.features)}",
                found=f"none for {lacking}",
                where=where,
                do="say for each modality where it exists",
            )
        rows = {"speaker": len(self.speaker)}
        rows |= {f"features of {m}": len(x) for m, x in self.features.items()}
        rows |= {f"presence of {m}": len(x) for m, x in self.present.items()}
        for name, found in rows.items():
            if found != length:
                raise InputError(
                    expected=f"{length} rows, one per utterance",
                    found=str(found),
                    where=f"{where}, {name}",
                    do="check that ids and features belong together",
                )
        if self.sight is not None and self.sight.shape != (length, length):
            raise InputError(
                expected=f"what is visible as {length} by {length} cells",
                found=f"the shape {self.sight.shape}",
                where=where,
                do="state for each pair of utterances whether the first may draw on the second",
            )
        for modality, values in self.features.items():
            broken = ~np.isfinite(values).all(axis=1)
            if broken.any():
                raise InputError(
                    expected="finite numbers",
                    found="NaN or infinity",
                    where=f"utterance {self.utterances[int(broken.argmax())]}, {modality}",
                    do="extract the features again, or mark the cell as not present and set it to 0",
                )

    def __len__(self) -> int:
        return len(self.utterances)

    @property
    def visible(self) -> BoolArray:
        """Which utterance j (second axis) utterance i (first axis) may draw on, (T, T)."""
        return np.ones((len(self), len(self)), np.bool_) if self.sight is None else self.sight

    @property
    def same_speaker(self) -> BoolArray:
        """Whether i and j are of one speaker, (T, T)."""
        return np.equal.outer(self.speaker, self.speaker)

    @property
    def itself(self) -> BoolArray:
        """The diagonal, (T, T)."""
        return np.eye(len(self), dtype=np.bool_)

    def seeing(self, visible: BoolArray) -> Evidence:
        """The same with other cells of `visible`."""
        return replace(self, sight=visible)

    def mean_in_place(self, modality: str, by: str) -> Evidence:
        """Not for one conversation: means imitate published code, which has batches alone."""
        raise NotImplementedError(f"{by} in place of {modality}: only a batch has that")
