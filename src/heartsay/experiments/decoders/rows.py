"""The rows of a decoder's ``results.json``, and the comparisons between arms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from heartsay import metrics
from heartsay.evidence.evidence import IntArray
from heartsay.experiments.comparisons import compare
from heartsay.experiments.decoders.clips import Clips
from heartsay.experiments.decoders.sources import read_warned
from heartsay.experiments.decoders.work import ANSWERS, SETTINGS
from heartsay.experiments.mosear.rows import COMPARED, SUBSETS, combined
from heartsay.experiments.study import Place, Run, is_done
from heartsay.metrics.conflict import conflict_scores, subset_masks
from heartsay.metrics.generated import read_answers


def predictions(run: Run, place: Place, clips: Clips, split: str = "test") -> IntArray:
    """Class that each answer names, (N,); -1 where it names none or several."""
    answers = json.loads((run.folder(place.work) / ANSWERS).read_text("utf-8"))
    return read_answers(answers[split], clips.labels.names)


def rows(runs: Sequence[Run], place: Place, clips: Clips) -> list[dict[str, Any]]:
    """Measure every run that is done."""
    found = []
    for run in runs:
        if is_done(run, place):
            moved = run.folder(place.work) / SETTINGS
            told = json.loads(moved.read_text("utf-8")) if moved.exists() else None
            scores = measure(predictions(run, place, clips), clips)
            found.append({**run.columns(), "reallocation": told, **scores})
    return found


def warned(runs: Sequence[Run], place: Place, clips: Clips) -> list[dict[str, Any]]:
    """The clips that finished runs could not read without a warning, in the order of the table."""
    found: dict[str, list[str]] = {}
    for run in runs:
        if is_done(run, place):
            found |= read_warned(run.folder(place.work))
    return [
        {"split": split, "clip": item.id, "warnings": found[item.id]}
        for split, items in clips.items.items()
        for item in items
        if item.id in found
    ]


def floors(clips: Clips, corpus: str) -> list[dict[str, Any]]:
    """What the commonest label of the development clips scores."""
    commonest = int(np.bincount(clips.gold("dev")).argmax())
    guess = np.full(len(clips.items["test"]), commonest)
    return [{"corpus": corpus, "method": "majority", **measure(guess, clips)}]


def measure(guess: IntArray, clips: Clips) -> dict[str, Any]:
    """Every metric of answers on the test clips, in percent; None where the data leave it undefined."""
    gold, classes = clips.gold("test"), len(clips.labels.names)
    scored = conflict_scores(gold, *clips.sides("test"), guess, classes, clips.speakers("test"), draws=200)
    found: dict[str, Any] = {
        "accuracy": 100 * float((guess == gold).mean()),
        "mean_conflict": 100 * scored.mean_conflict.value,
        "bias_gap": 100 * scored.bias_gap.value,
        "harmonic": 100 * scored.harmonic.value,
        "parsed": 100 * scored.parsed,
        **{f"follows_{name}": 100 * value for name, value in scored.followed._asdict().items()},
    }
    for name in SUBSETS:
        of = scored.subsets.get(name)
        found[f"{name}_accuracy"] = None if of is None else 100 * of.accuracy.value
        found[f"{name}_count"] = 0 if of is None else of.count
    return found


def comparisons(runs: Sequence[Run], place: Place, clips: Clips, base: str) -> list[dict[str, Any]]:
    """Every arm against the decoder as it is, which answers the same under every seed."""
    done = [run for run in runs if is_done(run, place)]
    first = next((run for run in done if run.method == base), None)
    if first is None:
        return []
    gold = clips.gold("test")
    masks = subset_masks(gold, *clips.sides("test"))
    groups = np.array(clips.speakers("test"))

    def hits(run: Run) -> Any:
        return (predictions(run, place, clips) == gold).astype(np.float64)

    found = []
    for method in dict.fromkeys(run.method for run in done if run.method != base):
        own = [run for run in done if run.method == method]
        about = {
            "role": "against the decoder as it is",
            "corpus": first.corpus,
            "first": method,
            "second": base,
        }
        paired = {
            name: [
                metrics.PairedRun(groups, *(combined(hits(r), masks, weights) for r in (run, first)))
                for run in own
            ]
            for name, weights in COMPARED.items()
        }
        found += compare({**about, "seeds": [run.seed for run in own]}, paired)
    return found
