"""Scoring the pairs of a long conversation in blocks of rows, so that memory stays small.

The pair head as a whole holds a hidden vector for every pair at once: gigabytes for a thousand utterances.
Here a few rows are scored at a time, only where a pair may be decoded, and the head's first layer is applied
to the causes with the emotion folded into its weights, so that no product of the two is ever stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.pairs.pair_head import FARTHEST, PairHead
from heartsay.models.pairs.pair_scorer import CauseReading, PairScorer

CELLS = 8192
"""Pairs that are scored at once; their hidden vectors then fit a processor's cache."""


class PairBlock(NamedTuple):
    """Scores of some rows and a run of columns of a conversation's pairs.

    Attributes:
        first_emotion: index of the first row's utterance.
        first_cause: index of the first column's utterance.
        log_odds: that the column's utterance caused the row's emotion, (R, C); -inf where the pair is no
            candidate.
    """

    first_emotion: int
    first_cause: int
    log_odds: Tensor


def read_in_blocks(
    scorer: PairScorer,
    evidence: EvidenceBatch,
    *,
    future: bool = False,
    window: int | None = None,
    cells: int = CELLS,
) -> CauseReading:
    """Read a batch with dropout off and without gradients, equal to the scorer's own reading up to rounding.

    Args:
        scorer: left in evaluation mode.
        evidence: the batch.
        future: whether later utterances may be causes.
        window: candidates stand at most so many utterances apart; no limit if not given. The context is that
            of the whole conversation either way.
        cells: pairs that are scored at once.

    Returns:
        The reading; pairs that are no candidates, padding included, have log-odds of -inf.

    Raises:
        ValueError: a negative window.
    """
    scorer.eval()
    with torch.inference_mode():
        vectors = scorer.encode(evidence)  # (B, T, width)
        batch, longest = evidence.real.shape
        pair = vectors.new_full((batch, longest, longest), -torch.inf)
        for row, length in enumerate(evidence.real.sum(1).tolist()):
            for block in pair_blocks(
                scorer.pair_head,
                vectors[row, :length],
                evidence.speaker[row, :length],
                future=future,
                window=window,
                cells=cells,
            ):
                rows, columns = block.log_odds.shape
                pair[
                    row,
                    block.first_emotion : block.first_emotion + rows,
                    block.first_cause : block.first_cause + columns,
                ] = block.log_odds
        return CauseReading(scorer.emotion_head(vectors), scorer.cause_head(vectors).squeeze(-1), pair)


def pair_blocks(
    head: PairHead,
    vectors: Tensor,
    speaker: Tensor,
    *,
    future: bool = False,
    window: int | None = None,
    cells: int = CELLS,
) -> Iterator[PairBlock]:
    """Score the candidate pairs of one conversation, dropout off, from the first rows to the last.

    Nothing of earlier blocks is kept, so that a caller who picks pairs as they come needs no full matrix.

    Args:
        head: the pair head.
        vectors: utterance vectors in their context, (T, width).
        speaker: conversation-local speaker index, (T,).
        future: whether later utterances may be causes.
        window: candidates stand at most so many utterances apart; no limit if not given.
        cells: pairs that are scored at once.

    Raises:
        ValueError: a negative window.
    """
    if window is not None and window < 0:
        raise ValueError(f"a window holds 0 utterances or more on either side, not {window}")
    length = len(vectors)
    reach = length if window is None else window
    emotion, cause = head.as_emotion(vectors), head.as_cause(vectors)  # (T, inner)
    from_emotion, from_cause = head.from_emotion(emotion), head.from_cause(cause)  # (T, hidden)
    # One row for each distance, told apart by whether one speaker said both: (2 (2 FARTHEST + 1), hidden).
    place = (head.distance.weight[:, None] + head.same_speaker.weight[None]).flatten(0, 1)
    weight, index = head.product.weight.t(), torch.arange(length, device=vectors.device)
    first = 0
    while first < length:
        start = max(0, first - reach)
        rows = _rows(first, start, length, reach, future, cells)
        stop = min(length, first + rows + reach) if future else first + rows
        own, other = index[first : first + rows, None], index[None, start:stop]
        distance = own - other  # (R, C)
        same = speaker[first : first + rows, None] == speaker[None, start:stop]
        kind = 2 * (distance.clamp(-FARTHEST, FARTHEST) + FARTHEST) + same.long()
        hidden = functional.embedding(kind, place)  # (R, C, hidden)
        hidden += from_emotion[first : first + rows, None]
        hidden += from_cause[None, start:stop]
        folded = emotion[first : first + rows, :, None] * weight  # (R, inner, hidden)
        hidden.baddbmm_(cause[start:stop].expand(rows, -1, -1), folded)
        log_odds = head.score(functional.gelu(hidden)).squeeze(-1)  # (R, C)
        candidate = distance.abs() <= reach
        if not future:
            candidate &= distance >= 0
        yield PairBlock(first, start, log_odds.masked_fill(~candidate, -torch.inf))
        first += rows


def _rows(first: int, start: int, length: int, reach: int, future: bool, cells: int) -> int:
    """How many rows from the first on make at most so many cells; one at the least."""
    around = first - start + (min(reach, length - first) if future else 0)
    # Each further row widens the block by a column: the largest R with R (around + R) <= cells.
    rows = int((math.sqrt(around * around + 4.0 * cells) - around) / 2)
    return min(length - first, max(1, rows))
