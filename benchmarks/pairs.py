"""Pair scoring: an epoch of the pair scorer over ECF, base and RPCL, and the pairs of long conversations.

ECF's conversations are needed for the epochs (HEARTSAY_DATA names the folder that holds the corpus), with
their lengths, speakers and pairs; the utterance vectors are random numbers of the size of MiniLM's, which
takes the same time. Without the corpus its epochs are left out. Every measurement is a process of its own;
seconds are of the work alone, without imports, and peak megabytes of the whole process, PyTorch included.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from common import ROOT, arguments, median, report

if TYPE_CHECKING:
    from heartsay.evidence.corpus import LabelledConversation
    from heartsay.models.pairs.pair_scorer import PairScorer

WIDTH = 384
"""Size of MiniLM's vectors."""

LENGTHS = (10, 30, 100, 300, 1000, 2000)
LONG, WINDOW = 1000, 12
BATCH = 16


def scorer() -> PairScorer:
    import torch

    from heartsay.labels import EMOTIONS
    from heartsay.models.backbone import InputShape
    from heartsay.models.pairs.pair_scorer import PairScorer

    torch.manual_seed(0)
    return PairScorer(InputShape({"text": WIDTH}, 8, len(EMOTIONS)))


def reading(how: str, length: int) -> tuple[float, float]:
    """Seconds and processor seconds of reading one conversation.

    `past`, `future` and `window` read in blocks, `whole` reads all pairs at once.
    """
    import numpy as np
    import torch

    from heartsay.evidence.corpus import LabelledConversation
    from heartsay.evidence.evidence import Evidence
    from heartsay.evidence.tensors import collate
    from heartsay.models.pairs.blocked import read_in_blocks

    random, model = np.random.default_rng(0), scorer().eval()

    def evidence(size: int) -> Any:
        vectors = random.standard_normal((size, WIDTH)).astype(np.float32)
        seen = Evidence(
            tuple(map(str, range(size))),
            np.arange(size) % 3,
            {"text": vectors},
            {"text": np.ones(size, bool)},
        )
        talk = LabelledConversation("talk", seen, np.zeros(size, np.int64))
        return collate([talk], ("text",)).evidence

    def read(size: int) -> None:
        if how == "whole":
            with torch.inference_mode():
                model(evidence(size))
        else:
            read_in_blocks(
                model, evidence(size), future=how == "future", window=WINDOW if how == "window" else None
            )

    read(10)  # what is only slow the first time
    start, begun = time.perf_counter(), time.process_time()
    read(length)
    return time.perf_counter() - start, time.process_time() - begun


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


def work(task: str, *details: str) -> None:
    """One measurement, printed as JSON."""
    if task == "training":
        print(json.dumps(training(int(details[0]))))
        return
    seconds, processor = reading(details[0], int(details[1]))
    scale = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    print(json.dumps({"seconds": seconds, "processor_seconds": processor, "megabytes": peak}))


def measured(*task: str) -> dict[str, float]:
    """What one measurement in a process of its own says.

    Raises:
        SystemExit: it failed.
    """
    run = subprocess.run(
        [sys.executable, __file__, "--work", *task],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode:
        sys.exit(f"{' '.join(task)} failed; see above")
    values: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return values


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        work(*sys.argv[2:])
        return
    parser = arguments(__doc__)
    parser.add_argument("--no-epochs", action="store_true", help="leave out training")
    options = parser.parse_args()
    rows: list[tuple[str, float, float | None]] = []
    if not options.no_epochs and "HEARTSAY_DATA" in os.environ:
        targets = {"base_seconds": 4.0, "ratio_of_seconds": 1.7}
        rows += [
            (f"epoch_{name}", value, targets.get(name))
            for name, value in measured("training", str(options.runs)).items()
        ]
    for length in LENGTHS:
        runs = [measured("reading", "past", str(length)) for _ in range(options.runs)]
        rows += [
            (
                f"past_{length}_seconds",
                median(r["seconds"] for r in runs),
                2.0 if length == LONG else None,
            ),
            (f"past_{length}_processor_seconds", median(r["processor_seconds"] for r in runs), None),
            (
                f"past_{length}_megabytes",
                round(max(r["megabytes"] for r in runs), 1),
                1000.0 if length == LONG else None,
            ),
        ]
    for how in ("window", "future", "whole"):
        one = measured("reading", how, str(LONG))
        rows += [
            (f"{how}_{LONG}_seconds", round(one["seconds"], 3), None),
            (f"{how}_{LONG}_megabytes", round(one["megabytes"], 1), None),
        ]
    report("pairs", rows, options.json, window=WINDOW, runs=options.runs)


if __name__ == "__main__":
    main()
