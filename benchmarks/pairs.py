"""Pair scoring: an epoch of the pair scorer over ECF, base and RPCL.

HEARTSAY_DATA names the folder that holds the corpus, whose lengths, speakers and pairs are needed; the
utterance vectors are random numbers of the size of MiniLM's, which takes the same time. Seconds are of the
work alone, without imports.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from common import arguments, median, report

if TYPE_CHECKING:
    from heartsay.evidence.corpus import LabelledConversation
    from heartsay.models.pairs.pair_scorer import PairScorer

WIDTH = 384
"""Size of MiniLM's vectors."""

BATCH = 16


def scorer() -> PairScorer:
    import torch

    from heartsay.labels import EMOTIONS
    from heartsay.models.backbone import InputShape
    from heartsay.models.pairs.pair_scorer import PairScorer

    torch.manual_seed(0)
    return PairScorer(InputShape({"text": WIDTH}, 8, len(EMOTIONS)))


def training_talk() -> list[LabelledConversation]:
    """ECF's training split with random vectors."""
    import numpy as np

    from heartsay.corpora import load
    from heartsay.evidence.corpus import LabelledConversation

    random = np.random.default_rng(0)
    return [
        LabelledConversation.of(c, {"text": random.standard_normal((len(c), WIDTH)).astype(np.float32)})
        for c in load("ecf", "train")
    ]


def training(epochs: int) -> dict[str, float]:
    """Median seconds of an epoch, base and RPCL in turns, so that both meet the same load."""
    import torch

    from heartsay.evidence.tensors import collate
    from heartsay.objectives.rpcl import ARMS, Rpcl
    from heartsay.training.feature_batches import epoch_order

    talk = training_talk()
    lengths = [len(c) for c in talk]

    def epoch(arm: str, number: int) -> tuple[float, float]:
        model, objective, optimizer = states[arm]
        objective.epoch = float(number)
        start, begun = time.perf_counter(), time.process_time()
        for members in epoch_order(lengths, BATCH, 0, number):
            parts = objective.losses(model, collate([talk[k] for k in members.tolist()], ("text",)))
            optimizer.zero_grad()
            torch.stack(list(parts.values())).sum().backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        return time.perf_counter() - start, time.process_time() - begun

    states = {}
    for arm in ("base", "rpcl"):
        model = scorer().train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, fused=True)
        states[arm] = model, Rpcl(ARMS[arm]), optimizer
    # The first round warms up.
    rounds = [{arm: epoch(arm, number) for arm in states} for number in range(epochs + 1)][1:]
    result = {}
    for kind, which in (("seconds", 0), ("processor_seconds", 1)):
        for arm in states:
            result[f"{arm}_{kind}"] = median(r[arm][which] for r in rounds)
        result[f"ratio_of_{kind}"] = median(r["rpcl"][which] / r["base"][which] for r in rounds)
    return result


def main() -> None:
    parser = arguments(__doc__)
    options = parser.parse_args()
    if "HEARTSAY_DATA" not in os.environ:
        parser.error("HEARTSAY_DATA must name the folder that holds ecf")
    targets = {"base_seconds": 4.0, "ratio_of_seconds": 1.7}
    rows = [(f"epoch_{name}", value, targets.get(name)) for name, value in training(options.runs).items()]
    report("pairs", rows, options.json, runs=options.runs)


if __name__ == "__main__":
    main()
