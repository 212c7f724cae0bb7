"""How fast explanations are written and scored, and pictures become tokens, with one thread.

Processor time. The sentences are of the bundled conversation: those of an analysis, without the reading
itself, and those in the form of the task's references. CLIP's picture encoder is a tiny random one; what is
timed is the whole way from 100 pictures of 320x240 pixels to the tokens that FAME-Net is given. Scores are of
pairs of utterances of the same conversation, without METEOR and without models.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from common import ROOT, arguments, report

sys.path.insert(0, str(ROOT / "src"))

from heartsay.analysis import Explanation
from heartsay.conversation import Conversation
from heartsay.experiments.mecec.scoring import Judges, score
from heartsay.explanation import ReadUtterance, get_explainer
from heartsay.explanation.reason import reason
from heartsay.formats import read
from heartsay.models.hosts.clip_frames import ClipFrames
from heartsay.pipeline import analyze

PAIRS, PICTURES, ANALYSES, TIMES = 1200, 100, 2, 20


class Timed:
    """The embedded generator, with the time that it took and how many sentences it wrote."""

    name = "template"

    def __init__(self) -> None:
        self.write, self.seconds, self.sentences = get_explainer(self.name), 0.0, 0

    def __call__(self, utterance: ReadUtterance, conversation: Conversation) -> Explanation:
        start = time.process_time()
        sentence = self.write(utterance, conversation)
        self.seconds += time.process_time() - start
        self.sentences += 1
        return sentence


def main() -> None:
    options = arguments(str(__doc__)).parse_args()
    torch.set_num_threads(1)
    talk = read(ROOT / "src" / "heartsay" / "demo" / "harbour-pitch.csv")
    texts = [u.text or "" for u in talk.utterances]
    written = [texts[k % len(texts)] for k in range(PAIRS)]
    references = [texts[(k * 5 + 1) % len(texts)] for k in range(PAIRS)]
    pictures = np.random.default_rng(0).integers(0, 256, (PICTURES, 240, 320, 3), np.uint8)
    encoder = tiny_encoder()

    measured: list[tuple[float, float, float, float]] = []
    for run in range(options.runs + 1):
        timed = Timed()
        for _ in range(ANALYSES):
            analyze(talk, explainer=timed)
        values = (
            timed.sentences / timed.seconds,
            TIMES * len(texts) / seconds(lambda: reasons_of(talk)),
            seconds(lambda: score(written, references, Judges())),
            seconds(lambda: encoder.tokens_of(pictures)),
        )
        measured += [values] if run else []  # the first one warms up
    analysed, reasons, scored, tokens = map(statistics.median, zip(*measured, strict=True))
    rows = [
        ("sentences of an analysis per second", round(analysed), 2000.0),
        ("sentences in the references' form per second", round(reasons), 2000.0),
        (f"seconds to score {PAIRS:,} pairs", round(scored, 3), 5.0),
        (f"seconds from {PICTURES} pictures to tokens", round(tokens, 3), 1.0),
    ]
    report("explanations", rows, options.json, runs=options.runs, threads=1, torch=torch.__version__)


def reasons_of(talk: Conversation) -> None:
    """Explain every utterance, over and over."""
    for _ in range(TIMES):
        for place in range(len(talk.utterances)):
            reason(talk, place, "anger")


def seconds(work: Callable[[], object]) -> float:
    """Processor time of some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def tiny_encoder() -> ClipFrames:
    """A picture encoder of random weights."""
    from transformers import CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=112,
        patch_size=14,
    )
    return ClipFrames(CLIPVisionModel(config))


if __name__ == "__main__":
    main()
