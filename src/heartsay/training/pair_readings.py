"""A pair scorer's reading of annotated conversations: what scores, tables and calibrators are made from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from heartsay.evidence.corpus import EvidenceCorpus, all_pairs, reading_of
from heartsay.evidence.packing import batches_by_length
from heartsay.evidence.reading import Reading
from heartsay.evidence.tensors import Batch, EvidenceBatch, collate
from heartsay.evidence.views import FULL
from heartsay.models.pairs.pair_scorer import PairScorer
from heartsay.models.strict import CELLS


def pair_reading(
    model: PairScorer,
    corpus: EvidenceCorpus,
    split: str,
    edit: Callable[[Batch], EvidenceBatch] | None = None,
) -> Reading:
    """Read every utterance and every ordered pair of a split, dropout off.

    Args:
        model: left in evaluation mode.
        corpus: with annotated pairs.
        split: of the corpus.
        edit: what of a batch the model sees, by its labels too; the batch's evidence if not given.
    """
    conversations, modalities = corpus.splits[split], tuple(corpus.widths)
    model.eval()
    lengths = [len(c) for c in conversations]
    pairs, logits, causes = ([np.zeros(0)] * len(lengths) for _ in range(3))
    with torch.inference_mode():
        for part in batches_by_length(lengths, CELLS):
            batch = collate([conversations[k] for k in part], modalities)
            reading = model(batch.evidence if edit is None else edit(batch))
            for row, k in enumerate(part):
                size = lengths[k]
                pairs[k] = reading.pair[row, :size, :size].double().numpy().ravel()
                logits[k] = reading.emotion[row, :size].double().numpy()
                causes[k] = reading.cause[row, :size].double().numpy()
    return reading_of(
        {split: conversations},
        corpus.classes,
        {FULL.name: np.concatenate(logits)},
        modalities=modalities,
        cause=np.concatenate(causes),
        pairs=all_pairs(conversations, np.concatenate(pairs)),
    )
