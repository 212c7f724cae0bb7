"""Evidence of a batch of conversations as padded tensors, and their labels beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from heartsay.evidence.corpus import LabelledConversation
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.views import Replacement

if TYPE_CHECKING:
    from heartsay.evidence.view_stack import ViewStack


@dataclass(frozen=True)
class EvidenceBatch:
    """What a model may look at for B conversations of up to T utterances.

    Every backbone honours `present` everywhere. It honours `visible` in two modes: `edges`, where attention
    and message passing obey it but a recurrent encoder before them still carries context along, and `strict`,
    where there is no path at all (`heartsay.models.strict`).

    Args:
        features: one vector per utterance, by modality, float (B, T, D_m).
        present: whether the modality exists for the utterance, bool (B, T).
        speaker: conversation-local speaker index, long (B, T); -1 for padding.
        real: utterance, not padding, bool (B, T).
        visible: utterance i (second axis) may draw on utterance j (third axis), bool (B, T, T); false
            wherever i or j is padding, true on the diagonal of real utterances.

    Attributes:
        stack: the views that `stack_views` put beside each other here; None for everything else.
    """

    features: Mapping[str, Tensor]
    present: Mapping[str, Tensor]
    speaker: Tensor
    real: Tensor
    visible: Tensor
    # No argument, so `dataclasses.replace` leaves it behind: an edited stack is not that of its views.
    stack: ViewStack | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in the order in which they are concatenated."""
        return tuple(self.features)

    @property
    def same_speaker(self) -> Tensor:
        """Whether i and j are real and of one speaker, bool (B, T, T)."""
        both = self.real[:, :, None] & self.real[:, None, :]
        return (self.speaker[:, :, None] == self.speaker[:, None, :]) & both

    @property
    def itself(self) -> Tensor:
        """The diagonal, bool (T, T)."""
        return torch.eye(self.real.shape[1], dtype=torch.bool, device=self.real.device)

    def seeing(self, visible: Tensor) -> EvidenceBatch:
        """The same with another `visible`."""
        return replace(self, visible=visible)

    def mean_in_place(self, modality: str, by: Replacement) -> EvidenceBatch:
        """Put a mean in place of one modality of every utterance, as published code does.

        Args:
            modality: which one.
            by: `conversation_mean` puts the mean of the conversation's present cells in their place, which
                keeps the conversation's tone; `padded_mean` divides by the padded length instead, as CMERC's
                public code does, so that vectors of short conversations shrink towards 0.
        """
        values, here = self.features[modality], self.present[modality][..., None]
        count = here.sum(1, keepdim=True) if by == "conversation_mean" else torch.tensor(values.shape[1])
        mean = torch.where(here, values, 0.0).sum(1, keepdim=True) / count.clamp(min=1)  # (B, 1, D)
        return replace(self, features={**self.features, modality: torch.where(here, mean, values)})

    def map(self, edit: Callable[[Tensor], Tensor]) -> EvidenceBatch:
        """The same with every tensor edited in one way."""
        return EvidenceBatch(
            {m: edit(x) for m, x in self.features.items()},
            {m: edit(x) for m, x in self.present.items()},
            edit(self.speaker),
            edit(self.real),
            edit(self.visible),
        )

    def to(self, device: torch.device) -> EvidenceBatch:
        """The same on another device."""
        return self.map(lambda x: x.to(device))


BatchView = Callable[[EvidenceBatch], EvidenceBatch]
"""A view of batches: any `heartsay.evidence.views.View`, or an edit that only a batch can have."""


class Batch(NamedTuple):
    """Evidence with its labels.

    Attributes:
        evidence: what the model sees.
        emotion: class indices, long (B, T); `UNLABELLED` for padding and utterances without a label.
        number: which utterance of its split each is, long (B, T); -1 for padding.
        pair: whether j (third axis) caused the emotion of i (second axis), bool (B, T, T); None unless all
            conversations are annotated.
    """

    evidence: EvidenceBatch
    emotion: Tensor
    number: Tensor
    pair: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        pair = None if self.pair is None else self.pair.to(device)
        return Batch(
            self.evidence.map(lambda x: x.to(device)), self.emotion.to(device), self.number.to(device), pair
        )


def collate(
    conversations: Sequence[LabelledConversation],
    modalities: Sequence[str],
    starts: Sequence[int] | None = None,
) -> Batch:
    """Pad conversations to the longest; everything that is real is visible.

    Args:
        conversations: B of them.
        modalities: which to include, in this order.
        starts: number of each conversation's first utterance within its split; consecutive if not given.
    """
    lengths = [len(c) for c in conversations]
    batch, longest = len(conversations), max(lengths)
    if starts is None:
        starts = [sum(lengths[:k]) for k in range(batch)]
    speaker = torch.full((batch, longest), -1)
    emotion = torch.full((batch, longest), UNLABELLED)
    number = torch.full((batch, longest), -1)
    widths = {m: conversations[0].evidence.features[m].shape[1] for m in modalities}
    features = {m: torch.zeros(batch, longest, width) for m, width in widths.items()}
    present = {m: torch.zeros(batch, longest, dtype=torch.bool) for m in modalities}
    for row, (conversation, length) in enumerate(zip(conversations, lengths, strict=True)):
        evidence = conversation.evidence
        speaker[row, :length] = torch.from_numpy(evidence.speaker)
        emotion[row, :length] = torch.from_numpy(conversation.emotion)
        number[row, :length] = torch.arange(starts[row], starts[row] + length)
        for m in modalities:
            features[m][row, :length] = torch.from_numpy(evidence.features[m])
            present[m][row, :length] = torch.from_numpy(evidence.present[m])
    real = number >= 0
    visible = real[:, :, None] & real[:, None, :]
    annotated = [c.pair for c in conversations if c.pair is not None]
    pair = None
    if len(annotated) == batch:
        pair = torch.zeros(batch, longest, longest, dtype=torch.bool)
        for row, (known, length) in enumerate(zip(annotated, lengths, strict=True)):
            pair[row, :length, :length] = torch.from_numpy(known)
    return Batch(EvidenceBatch(features, present, speaker, real, visible), emotion, number, pair)


def concatenate(batches: Sequence[EvidenceBatch]) -> EvidenceBatch:
    """Put batches of one shape and the same modalities behind each other.

    Features are copied when they are first asked for: of views of one batch, a backbone mostly reads each
    modality once and never all of them.
    """
    first = batches[0]
    return EvidenceBatch(
        _Concatenated([b.features for b in batches]),
        {m: torch.cat([b.present[m] for b in batches]) for m in first.modalities},
        torch.cat([b.speaker for b in batches]),
        torch.cat([b.real for b in batches]),
        torch.cat([b.visible for b in batches]),
    )


class _Concatenated(Mapping[str, Tensor]):
    """The features of several batches, put behind each other when they are first asked for."""

    def __init__(self, parts: Sequence[Mapping[str, Tensor]]) -> None:
        self._parts = parts
        self._known: dict[str, Tensor] = {}

    def __getitem__(self, modality: str) -> Tensor:
        if modality not in self._known:
            parts = [part[modality] for part in self._parts]
            self._known[modality] = parts[0] if len(parts) == 1 else torch.cat(parts)
        return self._known[modality]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts[0])

    def __len__(self) -> int:
        return len(self._parts[0])
