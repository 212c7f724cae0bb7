"""The experts of voice and face: how fast sound becomes frames, and voices and faces are read.

Weights are random, as many as the experts have: what is measured does not hang on what they learnt. Clips are
noise of the mean length of CREMA-D's, faces noise of 48x48 pixels, both read as an analysis does, on all
cores. What is measured takes turns; with `--clock processor` times are of the processor, so speeds are those
of one core, and a busy machine moves them less. With CREMA-D under HEARTSAY_DATA the conflict benchmark is
built as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from common import ROOT, report

sys.path.insert(0, str(ROOT / "src"))

from heartsay.calibration import AbstentionRule, ExpertCalibration, Temperature
from heartsay.corpora.conflict import crema_d_conflict
from heartsay.experiments.experts.release import write_graph
from heartsay.labels import CREMA_D, EMOTIONS, FER_PLUS
from heartsay.media import Signals, Voice, log_mel
from heartsay.models.face_expert import FaceExpert
from heartsay.models.voice_network import VoiceNetwork
from heartsay.pipeline.modalities import read_beside
from heartsay.runtime import ModalityExperts
from heartsay.runtime.experts import GRAPH, HEADS, INPUTS, Expert
from heartsay.runtime.graph import Graph

SECONDS, RATE = 2.54, 16_000
"""Mean length of CREMA-D's clips, and their rate."""

ITEMS = 100
CALIBRATION = ExpertCalibration(Temperature(1.0), AbstentionRule(0.5, 1 / 3, 0.5))
TARGETS = {"log-mel, times real time": 100.0, "voices per second": 200.0, "faces per second": 300.0}
CLOCKS: Mapping[str, Callable[[], float]] = {"wall": time.perf_counter, "processor": time.process_time}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=5, help="runs to take the median of")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall")
    options = parser.parse_args()
    clock = CLOCKS[options.clock]
    random = np.random.default_rng(0)
    clip = random.normal(0, 0.1, int(SECONDS * RATE)).astype(np.float32)
    face = random.integers(0, 256, (48, 48), np.uint8)
    experts = ModalityExperts({modality: _expert(modality) for modality in HEADS})
    voices = Signals(voices=[Voice(clip, RATE)] * ITEMS)
    faces = Signals(faces=[[face]] * ITEMS)
    ways: dict[str, tuple[Callable[[], object], float]] = {
        "log-mel, times real time": (lambda: [log_mel(clip) for _ in range(ITEMS)], SECONDS),
        "voices per second": (lambda: read_beside(experts, voices, EMOTIONS, ITEMS), 1.0),
        "faces per second": (lambda: read_beside(experts, faces, EMOTIONS, ITEMS), 1.0),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.runs + 1):  # the first only warms up
        for name, (do, size) in ways.items():
            start = clock()
            do()
            found[name].append(ITEMS * size / (clock() - start))
    rows = [(name, statistics.median(speeds[1:]), TARGETS[name]) for name, speeds in found.items()]
    if os.environ.get("HEARTSAY_DATA"):
        start = clock()
        crema_d_conflict()
        rows.append(("seconds to build the conflict benchmark", clock() - start, 10.0))
    report("experts", rows, options.json, clock=options.clock)


def _expert(modality: str) -> Expert:
    """An expert of random weights."""
    torch.manual_seed(0)
    labels = CREMA_D if modality == "voice" else FER_PLUS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / GRAPH
        write_graph(VoiceNetwork() if modality == "voice" else FaceExpert(), modality, path)
        graph = Graph(path, INPUTS[modality], HEADS[modality])
    stated = {"modality": modality, "name": "random", "sha256": {GRAPH: ""}}
    return Expert(stated, labels, graph, dict.fromkeys(HEADS[modality], CALIBRATION))


if __name__ == "__main__":
    main()
