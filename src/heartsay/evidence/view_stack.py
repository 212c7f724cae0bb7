"""Views of one batch beside each other, so that one forward reads them all."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from heartsay.evidence.tensors import BatchView, EvidenceBatch, concatenate
from heartsay.evidence.views import Removal


@dataclass(eq=False)
class ReadingMemory:
    """What reading a batch leaves behind for reading views of it by the same model, its weights unchanged.

    Attributes:
        encodings: what an encoder made of the batch itself, by the encoder.
        running: the encoders that run now, from the outermost to the innermost.
    """

    encodings: dict[Hashable, Tensor] = field(default_factory=dict)
    running: list[Hashable] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class ViewStack:
    """What stands beside each other in a batch that `stack_views` made.

    Args:
        views: the batch under each view.
        changed: the modalities that each view does not leave as they are.
        memory: of the batch.
    """

    views: tuple[EvidenceBatch, ...]
    changed: tuple[frozenset[str], ...]
    memory: ReadingMemory

    def part(self, chosen: Sequence[int], modalities: Sequence[str]) -> EvidenceBatch:
        """Some of the views with nothing but some modalities, stacked."""
        narrowed = [
            replace(
                self.views[k],
                features={m: self.views[k].features[m] for m in modalities},
                present={m: self.views[k].present[m] for m in modalities},
            )
            for k in chosen
        ]
        return _stacked(ViewStack(tuple(narrowed), tuple(self.changed[k] for k in chosen), self.memory))


def stack_views(
    batch: EvidenceBatch, views: Sequence[BatchView], memory: ReadingMemory | None = None
) -> EvidenceBatch:
    """Put a batch under several views into one batch, view after view.

    A removal says which modalities it takes away and leaves the others alone, so what reads one of those and
    does not ask what is visible may read it once for all such views, as `encode_once` of the models does. Any
    other view is taken to change every modality.

    Args:
        batch: B conversations of up to T utterances.
        views: V of them, one or more; `FULL` for the batch as it is.
        memory: of the same batch, read by the same model; a new one if not given.

    Returns:
        V times B conversations.
    """
    changed = [
        frozenset(view.modalities if isinstance(view, Removal) else batch.modalities) for view in views
    ]
    edited = tuple(view(batch) for view in views)
    return _stacked(ViewStack(edited, tuple(changed), memory or ReadingMemory()))


def _stacked(stack: ViewStack) -> EvidenceBatch:
    batch = concatenate(stack.views)
    object.__setattr__(batch, "stack", stack)
    return batch
