"""Losses that supervise the emotions themselves: from logits (N, C) and gold classes (N,) to a scalar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from heartsay.errors import InputError
from heartsay.objectives.objective import TaskLoss, refused


def cross_entropy(logits: Tensor, gold: Tensor, class_weights: Tensor | None = None) -> Tensor:
    """Mean cross-entropy; with class weights, (C,), the weighted mean."""
    return functional.cross_entropy(logits, gold, weight=_beside(class_weights, logits))


def focal_loss(
    logits: Tensor, gold: Tensor, gamma: float = 1.0, class_weights: Tensor | None = None
) -> Tensor:
    """Cross-entropy that counts what is already known less: each utterance by (1 - p)^gamma.

    The factor carries no gradient, as in MM-DFN's public code, which takes gamma from .5 and 1: utterances
    are re-weighted, and the pull of each stays that of cross-entropy. With class weights, (C,), the weighted
    mean, so that gamma 0 is weighted cross-entropy.
    """
    negative = functional.cross_entropy(logits, gold, reduction="none")  # (N,)
    factor = (1 - torch.exp(-negative.detach())).clamp(min=0.0) ** gamma
    weights = _beside(class_weights, logits)
    weight = torch.ones_like(negative) if weights is None else weights[gold]
    return (weight * factor * negative).sum() / weight.sum()


def defective_focal_loss(logits: Tensor, gold: Tensor, gamma: float = 2.5) -> Tensor:
    """The focal loss that M3Net and MMGCN were trained with on MELD, for comparison with their numbers only.

    It takes 1 - y log p for the factor, where a focal loss takes 1 - p, and averages over the cells of all C
    classes, so that every wrong class pulls its own probability up. Its optimum for a certain label among 7
    classes is p = .53, and .34 where the label holds 70% of the time: what it trains is under-confident by
    construction. The mean over cells, N times C of them, is that of the public code.
    """
    log_p = functional.log_softmax(logits, dim=-1)  # (N, C)
    y = functional.one_hot(gold, logits.shape[-1]).to(log_p.dtype)
    return (-((1 - y * log_p) ** gamma) * log_p).mean()


def task_loss(
    name: str,
    classes: Sequence[str],
    class_weights: Sequence[float] | None = None,
    gamma: float | None = None,
) -> TaskLoss:
    """A task loss by name.

    Args:
        name: `cross_entropy`, `focal` or `defective_focal`.
        classes: names of the emotions, in the order of the class indices.
        class_weights: how much an utterance of each class counts, positive; not for `defective_focal`.
        gamma: exponent of a focal loss; its own default if not given. Cross-entropy has none.

    Raises:
        InputError: no such loss, a negative exponent, or weights that do not fit.
    """
    names = ("cross_entropy", "focal", "defective_focal")
    if name not in names:
        raise InputError(
            expected=f"one of {', '.join(names)}", found=name, where="task loss", do="choose one of these"
        )
    if gamma is not None and not (math.isfinite(gamma) and gamma >= 0):
        raise refused("task loss, gamma", "an exponent of 0 or more", gamma)
    weights = None
    if class_weights is not None:
        if name == "defective_focal":
            raise refused("task loss, class weights", f"no class weights for {name}", "some")
        if len(class_weights) != len(classes):
            raise refused("task loss, class weights", f"{len(classes)} weights, one each", len(class_weights))
        if not all(math.isfinite(weight) and weight > 0 for weight in class_weights):
            raise refused("task loss, class weights", "positive weights", list(class_weights))
        weights = torch.tensor(class_weights, dtype=torch.float32)
    if name == "cross_entropy":
        return partial(cross_entropy, class_weights=weights)
    if name == "focal":
        return partial(focal_loss, gamma=1.0 if gamma is None else gamma, class_weights=weights)
    return partial(defective_focal_loss, gamma=2.5 if gamma is None else gamma)


def _beside(weights: Tensor | None, logits: Tensor) -> Tensor | None:
    return None if weights is None else weights.to(logits)
