"""Dense layers at the full speed of the processor.

The library that torch multiplies matrices with on a CPU takes the wide vector units for those of one maker
only; oneDNN, which torch carries too, takes them wherever they are. On a recent AMD processor that doubles
the speed of every dense layer, at the same precision. Torch offers it for single-precision layers through an
internal operation only, so it is tried once, and where it is not there, layers are torch's own.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

ROWS = 16
"""Rows are filled up to a multiple: oneDNN prepares itself for every new shape, which takes time."""

WORTHWHILE = 1 << 15
"""Entries of a matrix from which on its products gain more than they lose."""


class Dense(nn.Linear):
    """`torch.nn.Linear`, faster on a CPU."""

    def forward(self, input: Tensor) -> Tensor:
        """Map the last axis."""
        return dense(input, self.weight, self.bias)


def dense(values: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`values @ weight.T + bias`, as `torch.nn.functional.linear`.

    Args:
        values: (..., K).
        weight: (N, K).
        bias: (N,).

    Returns:
        (..., N).
    """
    if not _faster(values, weight):
        return functional.linear(values, weight, bias)
    rows = values.reshape(-1, values.shape[-1])
    if torch.is_grad_enabled():
        mapped: Tensor = _Dense.apply(rows, weight, bias)  # type: ignore[no-untyped-call]
    else:
        mapped = product(rows, weight, bias)
    return mapped.view(*values.shape[:-1], len(weight))


def product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """`left @ right.T + bias` without a gradient, (M, K) and (N, K) to (M, N)."""
    if not _faster(left, right) and not _faster(right, left):
        return functional.linear(left, right, bias)
    multiplied: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
    return multiplied


class _Dense(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        rows = len(values)
        filled = _filled(values)
        ctx.save_for_backward(filled, weight)
        ctx.with_bias = bias is not None
        return product(filled, weight, bias)[:rows]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        values, weight = ctx.saved_tensors
        grad, rows = _filled(grads[0]), len(grads[0])
        to_values = product(grad, weight.T)[:rows] if ctx.needs_input_grad[0] else None
        to_weight = product(grad.T, values.T) if ctx.needs_input_grad[1] else None
        to_bias = grads[0].sum(0) if ctx.with_bias and ctx.needs_input_grad[2] else None
        return to_values, to_weight, to_bias


def _filled(rows: Tensor) -> Tensor:
    """With rows of 0 up to a multiple of `ROWS`."""
    lacking = -len(rows) % ROWS
    return functional.pad(rows, (0, 0, 0, lacking)) if lacking else rows.contiguous()


def _faster(values: Tensor, weight: Tensor) -> bool:
    return (
        weight.numel() >= WORTHWHILE
        and values.numel() > 0
        and values.dtype == weight.dtype == torch.float32
        and values.device.type == weight.device.type == "cpu"
        and not torch.compiler.is_compiling()
        and not torch.onnx.is_in_onnx_export()
        and not torch.is_autocast_enabled("cpu")
        and _available()
    )


@cache
def _available() -> bool:
    """Whether the operation is there and does what it should."""
    left, right, bias = torch.arange(6.0).view(2, 3), torch.arange(12.0).view(4, 3), torch.arange(4.0)
    try:
        with torch.no_grad():
            found = torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
            return bool(torch.equal(found, functional.linear(left, right, bias)))
    except (AttributeError, RuntimeError):
        return False
