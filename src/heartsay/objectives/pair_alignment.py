"""How far pair confidence under a spoilt view has moved from that under the full one."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Divergence = Literal["kl", "js", "mse"]


def alignment(clean: Tensor, spoilt: Tensor, valid: Tensor, divergence: Divergence = "kl") -> Tensor:
    """Mean divergence over candidate pairs between two readings.

    Args:
        clean: log-odds under the full evidence, (B, T, T).
        spoilt: log-odds under the spoilt view, (B, T, T).
        valid: the candidates, bool (B, T, T).
        divergence: `kl`, from the clean reading, which gets no gradient lest it degrade to match;
            `js`, symmetric and with a gradient on both sides; `mse`, of probabilities, the clean side without
            a gradient.
    """
    if divergence == "kl":
        per_cell = _kl(clean.detach(), spoilt)
    elif divergence == "js":
        per_cell = _js(clean, spoilt)
    else:
        per_cell = (clean.detach().sigmoid() - spoilt.sigmoid()) ** 2
    return (per_cell * valid).sum() / valid.sum().clamp(min=1)


def _kl(first: Tensor, second: Tensor) -> Tensor:
    """Divergence of the Bernoulli distribution with log-odds `second` from that with `first`."""
    yes = first.sigmoid() * (functional.logsigmoid(first) - functional.logsigmoid(second))
    no = (-first).sigmoid() * (functional.logsigmoid(-first) - functional.logsigmoid(-second))
    return yes + no


def _js(first: Tensor, second: Tensor) -> Tensor:
    """Jensen-Shannon divergence of two Bernoulli distributions."""
    # Log-odds of the mean of both, without leaving the log scale, where saturated scores keep their digits.
    yes = torch.logaddexp(functional.logsigmoid(first), functional.logsigmoid(second))
    no = torch.logaddexp(functional.logsigmoid(-first), functional.logsigmoid(-second))
    middle = yes - no
    return (_kl(first, middle) + _kl(second, middle)) / 2
