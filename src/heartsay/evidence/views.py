"""Views: edits of Evidence that take something away or spoil it. A view never touches the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from heartsay.evidence.tensors import Evidence

View = Callable[[Evidence], Evidence]

OWN_CONTEXT = "own_context"
"""Name of the view without the speaker's own other utterances; X in the CMERC paper."""

OTHER_CONTEXT = "other_context"
"""Name of the view without the other speakers' utterances; O in the CMERC paper."""

Replacement = Literal["nothing", "conversation_mean", "padded_mean"]
"""What stands where a modality was: nothing (the model's own filling), or a mean as published code has it."""


def without_modality(evidence: Evidence, modality: str, by: Replacement = "nothing") -> Evidence:
    """Take one modality from every utterance.

    Args:
        evidence: what to edit.
        modality: which one.
        by: `nothing` clears `present`, so that no trace is left and the model fills in what it fills in for
            any missing cell; `conversation_mean` puts the mean of the conversation's present cells in their
            place, which keeps the conversation's tone; `padded_mean` divides by the padded length instead,
            as CMERC's public code does, so that vectors of short conversations shrink towards 0.
    """
    if by == "nothing":
        cleared = torch.zeros_like(evidence.present[modality])
        return replace(evidence, present={**evidence.present, modality: cleared})
    values, here = evidence.features[modality], evidence.present[modality][..., None]
    count = here.sum(1, keepdim=True) if by == "conversation_mean" else torch.tensor(values.shape[1])
    mean = torch.where(here, values, 0.0).sum(1, keepdim=True) / count.clamp(min=1)  # (B, 1, D)
    return replace(evidence, features={**evidence.features, modality: torch.where(here, mean, values)})


def without_own_context(evidence: Evidence) -> Evidence:
    """Hide from every utterance its speaker's other utterances (X)."""
    itself = torch.eye(evidence.real.shape[1], dtype=torch.bool, device=evidence.real.device)
    return replace(evidence, visible=evidence.visible & (~evidence.same_speaker | itself))


def without_other_context(evidence: Evidence) -> Evidence:
    """Hide from every utterance the other speakers' utterances (O)."""
    return replace(evidence, visible=evidence.visible & evidence.same_speaker)


def alone(evidence: Evidence) -> Evidence:
    """Hide from every utterance all others."""
    itself = torch.eye(evidence.real.shape[1], dtype=torch.bool, device=evidence.real.device)
    return replace(evidence, visible=evidence.visible & itself)


def with_missing_cells(evidence: Evidence, rate: float, generator: torch.Generator) -> Evidence:
    """Take away each cell, one modality of one utterance, independently at a rate (CMERC, Table 3)."""
    present = {m: here & (_uniform(here, generator) >= rate) for m, here in evidence.present.items()}
    return replace(evidence, present=present)


def without_cells(evidence: Evidence, hidden: Tensor) -> Evidence:
    """Take every modality of the marked utterances away, bool (B, T); who spoke when stays known."""
    return replace(evidence, present={m: here & ~hidden for m, here in evidence.present.items()})


def corrupted(evidence: Evidence, spoil: Tensor, generator: torch.Generator) -> Evidence:
    """Put another real utterance's features, drawn from the whole batch, in place of the marked ones.

    Args:
        evidence: what to edit.
        spoil: which utterances to spoil, bool (B, T); marks on padding are ignored.
        generator: where the draw comes from, on the CPU.
    """
    donors = evidence.real.flatten().nonzero().squeeze(1)
    drawn = torch.randint(len(donors), (int(evidence.real.numel()),), generator=generator)
    source = donors[drawn.to(donors.device)]  # a donor per cell of the batch, marked or not
    marked = spoil & evidence.real
    features, present = {}, {}
    for m, values in evidence.features.items():
        other = values.flatten(0, 1)[source].view_as(values)
        features[m] = torch.where(marked[..., None], other, values)
        other_present = evidence.present[m].flatten()[source].view_as(marked)
        present[m] = torch.where(marked, other_present, evidence.present[m])
    return replace(evidence, features=features, present=present)


def removals(modalities: Sequence[str], by: Replacement = "nothing") -> Mapping[str, View]:
    """The views of the CMERC paper by name: one per modality where there are several, then both contexts.

    Taking the only modality away would leave nothing to read, so it is not among them.
    """

    def remover(modality: str) -> View:
        return lambda evidence: without_modality(evidence, modality, by)

    single = len(modalities) < 2
    views: dict[str, View] = {} if single else {m: remover(m) for m in modalities}
    return {**views, OWN_CONTEXT: without_own_context, OTHER_CONTEXT: without_other_context}


def _uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(like.shape, generator=generator).to(like.device)
