"""Encoding once what the views of a batch share.

Of a stack of removals each modality is there, as it was, in all views but one, and a view of context changes
no modality at all. So an encoder that does not ask what is visible has little to do: with `encode_once` it
reads every distinct input once, and nothing again that it has read for the batch itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVarTuple

import torch
from torch import Tensor

from heartsay.evidence.tensors import EvidenceBatch

Arguments = TypeVarTuple("Arguments")


def encode_once(
    evidence: EvidenceBatch,
    modalities: Sequence[str],
    encode: Callable[[EvidenceBatch, *Arguments], Tensor],
    *arguments: *Arguments,
) -> Tensor:
    """Encode some modalities, once for all the stacked views that leave them as they are.

    Args:
        evidence: B conversations of up to T utterances; any batch, a stack of views or not.
        modalities: which the encoder looks at.
        encode: from Evidence that holds nothing but those to (B, T, ...). It must not look at `visible`. A
            function or a method that stays the same from call to call, so that it is known again.
        arguments: what else it gets.

    Returns:
        What `encode` makes of the evidence, (B, T, ...).
    """
    stack = evidence.stack
    if stack is None:
        features = {m: evidence.features[m] for m in modalities}
        present = {m: evidence.present[m] for m in modalities}
        return encode(replace(evidence, features=features, present=present), *arguments)
    memory, key = stack.memory, (encode, tuple(modalities), *arguments)
    shared = [changed.isdisjoint(modalities) for changed in stack.changed]
    # The first view that leaves the modalities alone stands for the batch, unless that was encoded before.
    first = shared.index(True) if any(shared) and key not in memory.encodings else None
    distinct = [k for k, leaves in enumerate(shared) if not leaves or k == first]
    encoded: dict[int, Tensor] = {}
    if distinct:
        memory.running.append(key)
        try:
            results = encode(stack.part(distinct, modalities), *arguments)
        finally:
            memory.running.pop()
        encoded = dict(zip(distinct, results.chunk(len(distinct)), strict=True))
    if first is not None:
        memory.encodings[key] = encoded[first]
    parts = [memory.encodings[key] if leaves else encoded[k] for k, leaves in enumerate(shared)]
    return parts[0] if len(parts) == 1 else torch.cat(parts)
