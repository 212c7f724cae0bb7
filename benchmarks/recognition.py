"""Training of every backbone on random features: epochs with and without CMERC, stacked views, length.

Features have the published sizes and conversations the lengths of MELD's training and development splits, so
no corpus is needed. Compared steps take turns, batch by batch, so that whatever else the machine does slows
all of them alike and ratios hold. With `--clock processor` times are of the processor, not of the wall: with
one thread, that is what a busy machine can still tell.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from common import ROOT

sys.path.insert(0, str(ROOT / "src"))

from heartsay.evidence.corpus import LabelledConversation
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.tensors import Batch, collate
from heartsay.evidence.view_stack import stack_views
from heartsay.evidence.views import FULL, removals
from heartsay.models.backbone import Backbone, InputShape
from heartsay.models.registry import BACKBONES, build_backbone
from heartsay.objectives.objective import Objective
from heartsay.objectives.registry import build_objective
from heartsay.objectives.task_losses import cross_entropy
from heartsay.training.feature_batches import epoch_order

SHAPE = InputShape({"text": 4 * 1024, "voice": 300, "face": 342}, speakers=9, classes=7)
"""RoBERTa's last four layers, openSMILE's selection, DenseNet: the sizes of the field's feature files."""

CONVERSATIONS = (76, 64, 61, 52, 76, 69, 78, 74, 55, 65, 68, 62, 42, 46, 46, 53, 34, 28, 31, 23, 21, 15, 8, 5)
"""How many of MELD's 1,152 conversations have 1, 2, ... 24 utterances, training and development."""

SETTINGS: Mapping[str, Mapping[str, Any]] = {"m3net": {"text_layers": 4}}
"""What the published configuration has beside the defaults."""

METHODS: Mapping[str, Mapping[str, Any]] = {"base": {}, "cmerc": {"curriculum": None}}
"""The whole of CMERC, all conversations in every epoch."""

BATCH = 16
LENGTHS = (10, 20, 50, 100, 200, 500, 1000)
TARGETS = {"base": 9.0, "cmerc": 23.0}
RATIO = 2.5

Clock = Callable[[], float]
CLOCKS: Mapping[str, Clock] = {"wall": time.perf_counter, "processor": time.process_time}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=2, help="runs to take the median of")
    parser.add_argument("--backbones", default=",".join(BACKBONES), help="names, with commas between")
    parser.add_argument(
        "--parts", default="epochs,stack,length", help="which to measure, with commas between"
    )
    parser.add_argument(
        "--batches", type=int, default=72, help="measure so many of an epoch's 72, evenly spread by length"
    )
    parser.add_argument("--threads", type=int, default=2, help="threads that torch computes with")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock, names, parts = CLOCKS[options.clock], options.backbones.split(","), options.parts.split(",")
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name in names:
        if "epochs" in parts:
            found[name] |= epochs(name, options.batches, options.runs, clock)
        if "stack" in parts:
            found[name] |= stacked(name, options.batches, options.runs, clock)
        if "length" in parts:
            found[name] |= by_length(name, options.runs, clock)
        if not options.json:
            show(name, found[name])
    if options.json:
        facts = {"clock": options.clock, "threads": options.threads, "torch": torch.__version__}
        targets = {"m3net_seconds": TARGETS, "ratio": RATIO}
        machine = {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}
        print(json.dumps({"benchmark": "recognition", "targets": targets, **found, **facts, **machine}))


def epochs(name: str, batches: int, runs: int, clock: Clock) -> dict[str, Any]:
    """Seconds of an epoch by method, and how many plain epochs one with CMERC takes."""
    order = _batches(batches)
    steps = {method: _step(name, method) for method in METHODS}
    talks = [[conversation(_lengths()[k], int(k)) for k in members] for members in order]
    for step in steps.values():
        for members in _sample(talks, 4):
            step(members)
    seconds = _taking_turns(steps, talks, runs, clock)
    # Of conversations rather than of batches, since a sample of batches may hold a few more or less of them.
    scale = sum(_lengths()) / sum(len(talk) for members in talks for talk in members)
    return {
        "parameters": sum(weight.numel() for weight in build(name).parameters()),
        "epoch_seconds": {method: _rounded(scale * s) for method, s in seconds.items()},
        "cmerc_by_base": _rounded(seconds["cmerc"] / seconds["base"]),
    }


def stacked(name: str, batches: int, runs: int, clock: Clock) -> dict[str, Any]:
    """How much of the time of six forwards, of a batch and its five removals, one stacked forward takes."""
    order = _batches(min(batches, 12))
    talks = [[conversation(_lengths()[k], int(k)) for k in members] for members in order]
    model, views = build(name).eval(), [FULL, *removals(tuple(SHAPE.widths)).values()]

    def read(together: bool, members: Sequence[LabelledConversation]) -> None:
        evidence = collate(members, tuple(SHAPE.widths)).evidence
        with torch.no_grad():
            for each in [stack_views(evidence, views)] if together else [view(evidence) for view in views]:
                model(each)

    ways = {"stacked": partial(read, True), "apart": partial(read, False)}
    for way in ways.values():
        way(talks[0])
    seconds = _taking_turns(ways, talks, runs, clock)
    return {"stacked_by_apart": _rounded(seconds["stacked"] / seconds["apart"])}


def by_length(name: str, runs: int, clock: Clock) -> dict[str, Any]:
    """Milliseconds of a plain step on one conversation by its length, and the exponent of that curve."""
    step = _step(name, "base")
    step([conversation(LENGTHS[0], 0)])
    milliseconds = {}
    for length in LENGTHS:
        talk = conversation(length, length)
        milliseconds[length] = 1000 * min(_timed(partial(step, [talk]), clock) for _ in range(runs + 1))
    longer = LENGTHS[len(LENGTHS) // 2 :]
    return {
        "step_milliseconds": {length: _rounded(taken) for length, taken in milliseconds.items()},
        "exponent": _rounded(_exponent(milliseconds, LENGTHS)),
        "exponent_from_100": _rounded(_exponent(milliseconds, longer)),
    }


def build(name: str) -> Backbone:
    """A backbone at its published size."""
    torch.manual_seed(0)
    return build_backbone(name, SHAPE, SETTINGS.get(name, {}))


def conversation(length: int, seed: int) -> LabelledConversation:
    """One of random features, labels and speakers."""
    random = np.random.default_rng(seed)
    features = {m: random.standard_normal((length, w), np.float32) for m, w in SHAPE.widths.items()}
    speaker = random.integers(0, random.integers(1, 6), length)
    present = {m: np.ones(length, bool) for m in features}
    ids = tuple(f"{seed}/{k}" for k in range(length))
    evidence = Evidence(ids, speaker, features, present)
    return LabelledConversation(str(seed), evidence, random.integers(0, 7, length))


def _lengths() -> list[int]:
    return [length for length, count in enumerate(CONVERSATIONS, 1) for _ in range(count)]


def _batches(count: int) -> list[Any]:
    """So many batches of an epoch, indices of conversations, from the shortest to the longest."""
    order = epoch_order(_lengths(), BATCH, seed=0, epoch=0)
    return _sample(sorted(order, key=lambda members: max(_lengths()[k] for k in members)), count)


def _sample(items: Sequence[Any], count: int) -> list[Any]:
    """So many, evenly spread."""
    return [items[k] for k in np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)]


def _step(name: str, method: str) -> Callable[[Sequence[LabelledConversation]], None]:
    """A training step, from conversations to new weights, as a run of `heartsay train` does it."""
    model = build(name).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, weight_decay=3e-5, fused=True)
    objective = build_objective(method, cross_entropy, tuple(SHAPE.widths), METHODS[method])
    return lambda members: _once(objective, model, collate(members, tuple(SHAPE.widths)), optimizer)


def _once(objective: Objective, model: Backbone, batch: Batch, optimizer: torch.optim.Optimizer) -> None:
    objective.step(model, batch, optimizer, None)


def _taking_turns(
    ways: Mapping[str, Callable[[Any], None]], items: Sequence[Any], runs: int, clock: Clock
) -> dict[str, float]:
    """Seconds that each way takes for all items, the median of the runs."""
    totals: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(runs):
        seconds = dict.fromkeys(ways, 0.0)
        for item in items:
            for way, do in ways.items():
                seconds[way] += _timed(partial(do, item), clock)
        for way, total in seconds.items():
            totals[way].append(total)
    return {way: statistics.median(each) for way, each in totals.items()}


def _timed(do: Callable[[], None], clock: Clock) -> float:
    start = clock()
    do()
    return clock() - start


def _exponent(seconds: Mapping[int, float], lengths: Sequence[int]) -> float:
    """Slope of the line through the logarithms."""
    return float(np.polyfit([math.log(n) for n in lengths], [math.log(seconds[n]) for n in lengths], 1)[0])


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def show(name: str, found: Mapping[str, Any]) -> None:
    """A backbone's lines of the table."""
    print(name, flush=True)
    for what, value in found.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{key}: {number:,}" for key, number in value.items())
        print(f"  {what:20}  {value if isinstance(value, str) else f'{value:,}'}", flush=True)


if __name__ == "__main__":
    main()
