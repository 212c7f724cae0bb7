"""Strict reading: what an utterance may not see has no path to it, whatever the backbone."""

from __future__ import annotations

import torch
from torch import Tensor

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import Backbone, EmotionReading

CELLS = 4096
"""Utterances, padding included, that are read at once."""


def read_strictly(model: Backbone, evidence: EvidenceBatch) -> EmotionReading:
    """Read each utterance from a conversation that holds nothing but what it may see.

    Utterances of one conversation that see the same share one such conversation; within it everything sees
    everything. For a backbone that is strict by construction this is an ordinary forward. The other mode,
    `edges`, is the plain `model(evidence)`: attention and message passing obey `visible`, as in published
    code, while recurrence may leak.

    Args:
        model: any backbone.
        evidence: B conversations of up to T utterances; `visible` must hold the diagonal of `real`.

    Returns:
        A reading of the same shape; padding reads as 0.
    """
    if model.strict_by_construction:
        return model(evidence)
    conversation, members, reader = visible_sets(evidence)  # (S,), (S, T), (B, T)
    order = torch.argsort(members.sum(1))
    pieces: list[tuple[Tensor, Tensor, EmotionReading]] = []
    for chosen in _chunks(members.sum(1)[order], order):
        places, inside = _left_packed(members[chosen])
        reading = model(_gathered(evidence, conversation[chosen], places, inside))
        row, place = inside.nonzero(as_tuple=True)
        source, target = conversation[chosen][row], places[row, place]
        reads = reader[source, target] == chosen[row]
        row, place = row[reads], place[reads]
        kept = EmotionReading(reading.emotion[row, place], reading.representation[row, place])
        pieces.append((source[reads], target[reads], kept))
    cells = torch.cat([p[0] for p in pieces]), torch.cat([p[1] for p in pieces])
    batch, length = evidence.real.shape

    def placed(values: Tensor) -> Tensor:
        return values.new_zeros(batch, length, values.shape[-1]).index_put(cells, values)

    return EmotionReading(
        placed(torch.cat([p[2].emotion for p in pieces])),
        placed(torch.cat([p[2].representation for p in pieces])),
    )


def visible_sets(evidence: EvidenceBatch) -> tuple[Tensor, Tensor, Tensor]:
    """The distinct sets of what utterances may see.

    Returns:
        The conversation of each set, (S,); its members, bool (S, T); the set of each utterance, (B, T), -1
        for padding.
    """
    # `evidence.packing` groups the same way, in numpy and for one conversation; here a whole batch is grouped
    # at once and stays on its device, where a detour by numpy would cost more than the reading.
    row, place = evidence.real.nonzero(as_tuple=True)
    sets = torch.cat([row[:, None], evidence.visible[row, place].long()], dim=1)  # (N, 1 + T)
    distinct, number = torch.unique(sets, dim=0, return_inverse=True)
    reader = torch.full(evidence.real.shape, -1, device=evidence.real.device)
    reader[row, place] = number
    return distinct[:, 0], distinct[:, 1:].bool(), reader


def _chunks(sizes: Tensor, order: Tensor) -> list[Tensor]:
    """Cut sets, sorted by rising size, so that a chunk padded to its largest holds `CELLS` at most."""
    chunks, start, known = [], 0, sizes.tolist()
    for stop in range(1, len(known) + 1):
        if stop == len(known) or known[stop] * (stop + 1 - start) > CELLS:
            chunks.append(order[start:stop])
            start = stop
    return chunks


def _left_packed(members: Tensor) -> tuple[Tensor, Tensor]:
    """Where the members of each set are, in order and packed to the left, and which places are filled."""
    sizes = members.sum(1)
    places = torch.argsort((~members).to(torch.int8), dim=1, stable=True)[:, : int(sizes.max())]
    return places, torch.arange(places.shape[1], device=places.device) < sizes[:, None]


def _gathered(evidence: EvidenceBatch, conversation: Tensor, places: Tensor, inside: Tensor) -> EvidenceBatch:
    """The sets as conversations of their own."""
    rows = conversation[:, None]
    return EvidenceBatch(
        {m: torch.where(inside[..., None], x[rows, places], 0.0) for m, x in evidence.features.items()},
        {m: x[rows, places] & inside for m, x in evidence.present.items()},
        torch.where(inside, evidence.speaker[rows, places], -1),
        inside,
        inside[:, :, None] & inside[:, None, :],
    )
