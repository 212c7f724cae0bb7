"""Losses over pairs: supervision, the margin over hard rivals, and how far spoiling moves confidence."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from heartsay.errors import InputError
from heartsay.evidence.tensors import Batch, EvidenceBatch

Confidence = Literal["probability", "log_odds"]
Negatives = Literal["hard", "random"]
Divergence = Literal["kl", "js"]


def candidates(evidence: EvidenceBatch, future: bool = False) -> Tensor:
    """Pairs that may be decoded: the cause is real and not later than the emotion, bool (B, T, T).

    Args:
        evidence: the batch.
        future: whether later utterances may be causes too.
    """
    both = evidence.real[:, :, None] & evidence.real[:, None, :]
    return both if future else both.tril()


def gold_pairs(batch: Batch) -> Tensor:
    """The gold pairs, bool (B, T, T).

    Raises:
        InputError: a conversation of the batch has no annotated pairs.
    """
    if batch.pair is None:
        raise InputError(
            expected="conversations with annotated causes",
            found="one without",
            where="the training data",
            do="train on a corpus of emotion-cause pairs",
        )
    return batch.pair


def pair_cross_entropy(log_odds: Tensor, gold: Tensor, valid: Tensor, positive_weight: float) -> Tensor:
    """Cross-entropy over candidate pairs, gold ones weighted, as a weighted mean.

    Args:
        log_odds: (B, T, T).
        gold: bool (B, T, T).
        valid: the candidates, bool (B, T, T).
        positive_weight: weight of a gold pair, where any other weighs 1.
    """
    per_cell = functional.binary_cross_entropy_with_logits(log_odds, gold.float(), reduction="none")
    weight = torch.where(gold, positive_weight, 1.0) * valid
    return (per_cell * weight).sum() / weight.sum().clamp(min=1e-12)


def margin_ranking(
    log_odds: Tensor,
    gold: Tensor,
    valid: Tensor,
    *,
    margin: float = 0.3,
    adaptive: bool = False,
    rivals: int = 3,
    confidence: Confidence = "probability",
    negatives: Negatives = "hard",
) -> Tensor:
    """Mean hinge on the difference between each gold pair and the strongest rivals in its row.

    A row holds the candidate causes of one utterance. Rivals are its candidates that are not gold; rows
    without gold or without rivals give nothing. Which rivals are hard is looked up without a gradient, but
    both sides of the difference are trained. Each gold pair counts the same (RPCL, arXiv 2606.18893, whose
    abstract leaves the form open).

    Args:
        log_odds: (B, T, T).
        gold: bool (B, T, T).
        valid: the candidates, bool (B, T, T).
        margin: difference that is asked for, in units of `confidence`.
        adaptive: ask for more from harder rivals: margin times (0.5 + the rival's probability).
        rivals: how many rivals each gold pair is held against, fewer where a row has fewer.
        confidence: difference of probabilities, which saturates, or of log-odds, which does not.
        negatives: the strongest rivals, or as many drawn at random as a control.

    Returns:
        A scalar, 0 with a gradient of 0 where no row has both.
    """
    scores = log_odds.sigmoid() if confidence == "probability" else log_odds
    rival = valid & ~gold
    key = scores.detach() if negatives == "hard" else torch.rand(scores.shape, device=scores.device)
    strength, where = key.masked_fill(~rival, -torch.inf).topk(min(rivals, key.shape[-1]), dim=-1)
    row = (gold & valid).nonzero(as_tuple=True)  # conversation, emotion, cause of each gold pair
    against = where[row[0], row[1]]  # (G, K)
    counts = strength[row[0], row[1]] > -torch.inf  # (G, K)
    rival_scores = scores[row[0][:, None], row[1][:, None], against]
    asked = torch.full_like(rival_scores, margin)
    if adaptive:
        asked = margin * (0.5 + log_odds[row[0][:, None], row[1][:, None], against].detach().sigmoid())
    hinge = (asked - (scores[row][:, None] - rival_scores)).clamp(min=0.0) * counts
    per_gold = hinge.sum(1) / counts.sum(1).clamp(min=1)  # (G,)
    return per_gold.sum() / counts.any(1).sum().clamp(min=1)


def alignment(clean: Tensor, spoilt: Tensor, valid: Tensor, divergence: Divergence = "kl") -> Tensor:
    """How far pair confidence under a spoilt view has moved: mean divergence over candidate pairs.

    Args:
        clean: log-odds under the full evidence, (B, T, T).
        spoilt: log-odds under the spoilt view, (B, T, T).
        valid: the candidates, bool (B, T, T).
        divergence: `kl`, from the clean reading, which gets no gradient lest it degrade to match;
            `js`, symmetric and with a gradient on both sides.
    """
    per_cell = _kl(clean.detach(), spoilt) if divergence == "kl" else _js(clean, spoilt)
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
