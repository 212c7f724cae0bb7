"""Dropout that drops the same units from every view of a batch, so that only the evidence differs.

Dropout on one side of a comparison alone, or drawn anew for each side, looks like a change of confidence. So
what is drawn while a batch is read is used again for its views. It is caught where torch calls it, in a
`TorchFunctionMode`, because a backbone draws it anywhere: in modules of torch, in its own functions, in a
class of the user's that has never heard of views. To hand masks down as arguments every layer would have to
take them, and one that does not would spoil the comparison in silence. Setting the random generator back
does not replace it: a stack has other shapes than the batch, and encoders whose results are known are left
out, so the same numbers would fall on other units. Drawing is slow on a CPU, too: up to half of the time that
reading a view without gradient takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from heartsay.evidence.view_stack import ReadingMemory


class SharedDropout(TorchFunctionMode):
    """Within it, dropout is remembered; within `repeated`, it is done again for several views.

    A backbone may encode what views share once for several of them, so how many are stacked is told by
    shapes. What is drawn inside a recurrent layer of torch itself is not reached and stays independent.

    Args:
        memory: of the batch, which knows the encoder that runs.
    """

    def __init__(self, memory: ReadingMemory) -> None:
        super().__init__()
        self._memory = memory
        # By the encoder that runs, since what it makes of a batch may be known when views of it are read.
        self._drawn: dict[Hashable, list[Tensor]] = {}
        self._next: Counter[Hashable] = Counter()
        self._repeating = False

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Read a stack of views with what was drawn for the batch itself."""
        self._repeating = True
        self._next.clear()
        try:
            with self:
                yield
        finally:
            self._repeating = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Stand in for dropout, and let everything else pass."""
        if func is functional.dropout:
            return self._dropout(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def _dropout(
        self, values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        if not training or p in (0.0, 1.0):
            return functional.dropout(values, p, training)
        encoder = tuple(self._memory.running)
        drawn = self._drawn.setdefault(encoder, [])
        if not self._repeating:
            scale = torch.empty_like(values).bernoulli_(1 - p).div_(1 - p)
            drawn.append(scale)
            return values * scale
        number = self._next[encoder]
        self._next[encoder] += 1
        known = drawn[number] if number < len(drawn) else None
        axis = None if known is None else _stacked_axis(known.shape, values.shape)
        if known is None or axis is None:
            return functional.dropout(values, p)
        apart: Tensor = values.unflatten(axis, (-1, known.shape[axis])) * known.unsqueeze(axis)
        return apart.flatten(axis, axis + 1)


def _stacked_axis(one: Sequence[int], stacked: Sequence[int]) -> int | None:
    """The axis along which views are stacked, where shapes agree but for that; else None."""
    if len(one) != len(stacked):
        return None
    longer = [axis for axis, size in enumerate(one) if size != stacked[axis]] or [0]
    axis = longer[0]
    return axis if len(longer) == 1 and one[axis] and stacked[axis] % one[axis] == 0 else None
