"""The margin by which a true cause must outscore its hard rivals (RPCL, confidence-difference ranking)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Confidence = Literal["probability", "log_odds"]
Negatives = Literal["hard", "random"]


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
