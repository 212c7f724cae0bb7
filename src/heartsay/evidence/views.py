"""Views: named edits of Evidence that take something away. A view never touches the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from heartsay.evidence.evidence import Evidence

if TYPE_CHECKING:
    from heartsay.evidence.tensors import EvidenceBatch

AnyEvidence = TypeVar("AnyEvidence", "Evidence", "EvidenceBatch")

Replacement = Literal["nothing", "conversation_mean", "padded_mean"]
"""What stands where a modality was: nothing (the model's own filling), or a mean as published code has it."""


class View(Protocol):
    """A named edit, of one conversation's Evidence or of a batch."""

    @property
    def name(self) -> str:
        """What tables, readings and calibrations call it."""

    def __call__(self, evidence: AnyEvidence) -> AnyEvidence:
        """The edited evidence; what was given is left as it is."""


@dataclass(frozen=True)
class Removal:
    """A view that takes modalities or context away.

    Args:
        name: of the view.
        modalities: those that no utterance has any more.
        own_context: whether every utterance's speaker's other utterances are hidden from it (X in the CMERC
            paper).
        other_context: whether the other speakers' utterances are hidden (O in the CMERC paper).
        by: what stands for a modality that is taken away. `nothing` clears `present`, so that no trace is
            left and the model fills in what it fills in for any missing cell; the means are for batches alone
            (`heartsay.evidence.tensors.EvidenceBatch.mean_in_place`).
    """

    name: str
    modalities: tuple[str, ...] = ()
    own_context: bool = False
    other_context: bool = False
    by: Replacement = "nothing"

    def __call__(self, evidence: AnyEvidence) -> AnyEvidence:
        """The evidence without what this view takes away."""
        for modality in self.modalities:
            if modality not in evidence.present:
                continue  # what is not there cannot be taken away
            if self.by == "nothing":
                gone = evidence.present[modality] & False
                evidence = replace(evidence, present={**evidence.present, modality: gone})
            else:
                evidence = evidence.mean_in_place(modality, self.by)
        if self.own_context:
            evidence = evidence.seeing(evidence.visible & (~evidence.same_speaker | evidence.itself))
        if self.other_context:
            evidence = evidence.seeing(evidence.visible & evidence.same_speaker)
        return evidence


FULL = Removal("full")
"""Takes nothing away."""

OWN_CONTEXT = Removal("own_context", own_context=True)
"""Without the speaker's own other utterances."""

OTHER_CONTEXT = Removal("other_context", other_context=True)
"""Without the other speakers' utterances."""

ALONE = Removal("alone", own_context=True, other_context=True)
"""Without all other utterances."""

CONTEXTS = (OWN_CONTEXT, OTHER_CONTEXT)


def without(*modalities: str, by: Replacement = "nothing") -> Removal:
    """Without some modalities, such as `without_voice`."""
    return Removal(f"without_{'_and_'.join(modalities)}", modalities, by=by)


def removals(modalities: Sequence[str], by: Replacement = "nothing") -> Mapping[str, Removal]:
    """The views of the CMERC paper by name: one per modality where there are several, then both contexts.

    Taking the only modality away would leave nothing to read, so it is not among them.
    """
    views = [without(m, by=by) for m in modalities] if len(modalities) > 1 else []
    return {view.name: view for view in (*views, *CONTEXTS)}


def coalitions(modalities: Sequence[str], by: Replacement = "nothing") -> Mapping[str, Removal]:
    """Every coalition of the modalities and the two contexts, as a game of contributions needs them.

    Returns:
        Views by `coalition/<bits>`: a bit for each modality in order, then for own and for other speakers'
        context; 1 keeps it, 0 takes it away.
    """
    views = []
    for bits in product((0, 1), repeat=len(modalities) + 2):
        *kept, own, other = bits
        gone = tuple(m for m, bit in zip(modalities, kept, strict=True) if not bit)
        views.append(Removal(f"coalition/{''.join(map(str, bits))}", gone, not own, not other, by))
    return {view.name: view for view in views}
