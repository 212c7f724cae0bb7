"""Encoding once what the views of a batch share.

Of a stack of removals each modality is there, as it was, in all views but one, and a view of context changes
no modality at all. So an encoder that does not ask what is visible has little to do: with `encode_once` it
reads every distinct input once, and nothing again that it has read for the batch itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import NamedTuple, TypeVarTuple

import torch
from torch import Tensor

from heartsay.evidence.tensors import EvidenceBatch, stack

Arguments = TypeVarTuple("Arguments")


class _Encoded(NamedTuple):
    evidence: EvidenceBatch
    result: Tensor


_kept: ContextVar[dict[Hashable, _Encoded] | None] = ContextVar("kept", default=None)
_running: ContextVar[tuple[Hashable, ...]] = ContextVar("running", default=())


@contextmanager
def encodings_kept() -> Iterator[None]:
    """Within it, what a batch was encoded as is kept for stacks of its views.

    The model must not change in between, neither its weights nor its mode.
    """
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def encoding_now() -> tuple[Hashable, ...]:
    """Which encoders are running, from the outermost to the innermost; empty outside `encode_once`.

    What is done within one may be left out another time, as its result is known.
    """
    return _running.get()


def encode_once(
    evidence: EvidenceBatch,
    modalities: Sequence[str],
    encode: Callable[[EvidenceBatch, *Arguments], Tensor],
    *arguments: *Arguments,
) -> Tensor:
    """Encode some modalities, once for all the stacked views that leave them as they are.

    Args:
        evidence: B conversations of up to T utterances; any batch, a stack or not.
        modalities: which the encoder looks at.
        encode: from Evidence that holds nothing but those to (B, T, ...). It must not look at `visible`. A
            function or a method that stays the same from call to call, so that it is known again.
        arguments: what else it gets.

    Returns:
        What `encode` makes of the evidence, (B, T, ...).
    """
    kept, key = _kept.get(), (encode, *arguments)

    def encoded(part: EvidenceBatch) -> Tensor:
        token = _running.set((*_running.get(), key))
        try:
            return encode(part, *arguments)
        finally:
            _running.reset(token)

    if not evidence.views:
        result = encoded(_narrowed(evidence, modalities))
        if kept is not None:
            kept[key] = _Encoded(evidence, result)
        return result
    known = [kept[key]] if kept is not None and key in kept else []
    distinct: list[EvidenceBatch] = []
    for view in evidence.views:
        if not any(_same(view, other, modalities) for other in [*distinct, *(e.evidence for e in known)]):
            distinct.append(view)
    if distinct:
        results = encoded(stack([_narrowed(view, modalities) for view in distinct])).chunk(len(distinct))
        known += map(_Encoded, distinct, results)
    # For every view, what its like was encoded as.
    return torch.cat(
        [next(e.result for e in known if _same(view, e.evidence, modalities)) for view in evidence.views]
    )


def _same(one: EvidenceBatch, other: EvidenceBatch, modalities: Sequence[str]) -> bool:
    """Whether two views share, and not only equal, all but what is visible and other modalities."""
    if one.real is not other.real or one.speaker is not other.speaker:
        return False
    return all(
        one.features[m] is other.features[m] and one.present[m] is other.present[m] for m in modalities
    )


def _narrowed(evidence: EvidenceBatch, modalities: Sequence[str]) -> EvidenceBatch:
    """With nothing but some modalities."""
    return replace(
        evidence,
        features={m: evidence.features[m] for m in modalities},
        present={m: evidence.present[m] for m in modalities},
    )
