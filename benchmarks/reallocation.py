"""What attention reallocation costs when the fusion transformer reads, as a ratio to reading without it.

Features are random, of the sizes of the composed corpus, and reallocation moves every row that it may, its
dearest case. Both ways of reading take turns, conversation batch by batch, and each batch gives one ratio, so
that whatever else the machine does slows both alike; the median of the ratios, of processor time with one
thread, is what counts.
"""

from __future__ import annotations

import statistics
import sys
import time

import torch
from common import ROOT, arguments, report

sys.path.insert(0, str(ROOT / "src"))

from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.fusion_transformer import FusionTransformer
from heartsay.models.fusion.reallocation import Reallocation

SHAPE = InputShape({"text": 384, "voice": 64, "face": 96}, speakers=8, classes=7)
CONVERSATIONS, LENGTH = 16, 16
MOVED = Reallocation(target=0.95, strength=1.0, tolerance=0.0)
TARGET = 1.05


def main() -> None:
    options = arguments(str(__doc__), runs=60).parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = FusionTransformer(SHAPE).eval()
    ratios, plain = [], []
    with torch.inference_mode():
        for run in range(options.runs + 3):
            evidence = random_batch(run)
            first, second = (None, MOVED) if run % 2 else (MOVED, None)
            seconds = {settings: timed(model, settings, evidence) for settings in (first, second)}
            if run >= 3:  # the first ones warm up
                ratios.append(seconds[MOVED] / seconds[None])
                plain.append(seconds[None])
    utterances = CONVERSATIONS * LENGTH / statistics.median(plain)
    quartiles = statistics.quantiles(ratios, n=4)
    rows = [
        ("time with reallocation by time without", round(quartiles[1], 3), TARGET),
        ("lower quartile", round(quartiles[0], 3), None),
        ("upper quartile", round(quartiles[2], 3), None),
        ("utterances per second without", round(utterances), None),
    ]
    report("reallocation", rows, options.json, runs=options.runs, threads=1, torch=torch.__version__)


def timed(model: FusionTransformer, settings: Reallocation | None, evidence: EvidenceBatch) -> float:
    """Seconds of processor time of one reading."""
    model.reallocation = settings
    start = time.process_time()
    model(evidence)
    return time.process_time() - start


def random_batch(seed: int) -> EvidenceBatch:
    """Conversations of random features in which everything is present."""
    random = torch.Generator().manual_seed(seed)
    size = (CONVERSATIONS, LENGTH)
    real = torch.ones(size, dtype=torch.bool)
    features = {m: torch.randn(*size, width, generator=random) for m, width in SHAPE.widths.items()}
    speaker = torch.randint(2, size, generator=random)
    visible = torch.ones(*size, LENGTH, dtype=torch.bool)
    return EvidenceBatch(features, dict.fromkeys(features, real), speaker, real, visible)


if __name__ == "__main__":
    main()
