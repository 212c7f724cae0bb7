"""Two readings of one batch that differ by dropout alone shall agree (R-Drop)."""

from __future__ import annotations

from torch import Tensor


def disagreement(first: Tensor, second: Tensor, counted: Tensor) -> Tensor:
    """Symmetric divergence between two readings of the emotions, a scalar, at least 0.

    Half the sum of both Kullback-Leibler divergences, averaged over utterances; gradients reach both readings
    (Liang et al., R-Drop: Regularized Dropout for Neural Networks, NeurIPS 2021, equation 1). There losses of
    both readings are summed; where their mean is taken, a weight here is half of the published one.

    Args:
        first: logits, (B, R, C).
        second: logits, (B, R, C).
        counted: utterances to count, bool (B, R).
    """
    one, two = first.log_softmax(-1), second.log_softmax(-1)
    both = ((one.exp() - two.exp()) * (one - two)).sum(-1)  # (B, R)
    return 0.5 * (both * counted).sum() / counted.sum().clamp(min=1)
