"""The rows of ``results/mosear/results.json``, and the comparisons between arms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.calibration import fit_temperature
from heartsay.calibration.softmax import softmax
from heartsay.errors import ModelError
from heartsay.evidence.reading import Reading
from heartsay.evidence.views import FULL
from heartsay.experiments.comparisons import compare
from heartsay.experiments.configurations import BASE
from heartsay.experiments.mosear.plan import (
    HEADLINE,
    HEADLINE_SCENE,
    METRIC,
    MOVED,
    RIVALS,
    SCENES,
    TRAINED,
    VARIANT,
    VARIANT_RIVAL,
    run_of,
)
from heartsay.experiments.mosear.references import predictions
from heartsay.experiments.mosear.work import SETTINGS, Sides, read_standardised, side_classes
from heartsay.experiments.study import Place, Run, is_done
from heartsay.metrics.conflict import (
    CONSISTENT,
    FACE_ALIGNED,
    VOICE_ALIGNED,
    conflict_scores,
    flip_rate,
    subset_accuracy,
    subset_masks,
)
from heartsay.training.run_folder import RunFolder

WHOLE = f"edges/{FULL.name}"
SUBSETS = (CONSISTENT, FACE_ALIGNED, VOICE_ALIGNED)

DRAWS = 200
"""Of the intervals of a row, which the comparisons do not use."""

DEVELOPMENT = f"development_{METRIC}"
"""Column by which the best rival is chosen."""


@lru_cache(maxsize=8)
def load(run: Run, place: Place) -> Reading:
    """What a finished run says of both held-out splits."""
    return Reading.load(RunFolder(run.folder(place.work)).readings())


def rows(runs: Sequence[Run], place: Place, known: Sides) -> list[dict[str, Any]]:
    """Measure every run that is done."""
    found = []
    for run in runs:
        if is_done(run, place):
            moved = run.folder(place.work) / SETTINGS
            told = json.loads(moved.read_text("utf-8")) if run.method in MOVED else None
            found.append({**run.columns(), "reallocation": told, **measure(load(run, place), known)})
    return found


def floors(runs: Sequence[Run], place: Place, known: Sides) -> list[dict[str, Any]]:
    """What the commonest class, a regression, and whoever knows both sides would score, by scene."""
    found = []
    for scene in dict.fromkeys(run.corpus for run in runs):
        done = next((r for r in runs if r.corpus == scene and is_done(r, place)), None)
        if done is not None:
            test = load(done, place).of("test")
            corpus = read_standardised(place.cache, SCENES[scene].corpus)
            for method, said in predictions(corpus, SCENES[scene].modalities, known).items():
                guesses = np.array([said[u] for u in test.utterance.tolist()])
                found.append({"corpus": scene, "method": method, **_scores(test, guesses, known)})
    return found


def vectors(runs: Sequence[Run], place: Place) -> dict[str, str]:
    """Hash of the vectors and labels that the runs of each scene were made from.

    Raises:
        ModelError: runs of one scene were made from different ones.
    """
    found: dict[str, str] = {}
    for run in runs:
        if run.method in TRAINED and is_done(run, place):
            own = str(RunFolder(run.folder(place.work)).data()["fingerprint"])
            if found.setdefault(run.corpus, own) != own:
                raise ModelError(
                    f"{run} was made from other vectors than the runs before it; delete {place.work} and"
                    " run again."
                )
    return found


def measure(reading: Reading, known: Sides) -> dict[str, Any]:
    """Every metric of one run; percentages. None stands for what the data leave undefined."""
    development, test = reading.of("dev"), reading.of("test")
    logits = test.logits[WHOLE].astype(np.float64)
    predictions = logits.argmax(1)
    temperature = fit_temperature(development.logits[WHOLE].astype(np.float64), development.gold).value
    conflicts = _conflicts(test, known)
    ablated = {
        f"flip_rate_{name.partition('/')[2]}": 100 * flip_rate(predictions, values.argmax(1), conflicts)
        for name, values in test.logits.items()
        if name.startswith("edges/without_") and conflicts.any()
    }
    return {
        **_scores(test, predictions, known),
        **ablated,
        "uncalibrated_ece": 100 * _ece(logits, test.gold),
        "ece": 100 * _ece(logits / temperature, test.gold),
        DEVELOPMENT: _mean_conflict(development, known),
    }


def comparisons(runs: Sequence[Run], place: Place, known: Sides) -> list[dict[str, Any]]:
    """MoSE with AR, and the variant, against the best rival on development data; every arm against base."""
    found = []
    scenes = dict.fromkeys(run.corpus for run in runs)
    for scene in scenes:
        done = {(r.method, r.seed) for r in runs if r.corpus == scene and is_done(r, place)}
        for role, first, second in _pairs(scene, done, place, known):
            seeds = sorted({s for m, s in done if m == first} & {s for m, s in done if m == second})
            tests = [
                [load(run_of(scene, m, seed), place).of("test") for m in (first, second)] for seed in seeds
            ]
            about = {"role": role, "corpus": scene, "first": first, "second": second, "seeds": seeds}
            paired = {
                name: [
                    metrics.PairedRun(
                        _groups(one), *(combined(_hits(r), _masks(r, known), weights) for r in (one, two))
                    )
                    for one, two in tests
                ]
                for name, weights in COMPARED.items()
            }
            found += compare(about, paired)
    return found


def best_rival(scene: str, done: set[tuple[str, int]], place: Place, known: Sides) -> str | None:
    """The headline's rival: the highest mean conflict score on development data, over seeds that are done."""
    scores: dict[str, float] = {}
    for method in (m for m in (BASE, *RIVALS) if m != VARIANT_RIVAL):
        seeds = sorted(s for m, s in done if m == method)
        if seeds:
            read = (load(run_of(scene, method, s), place).of("dev") for s in seeds)
            scores[method] = mean(_mean_conflict(part, known) or 0.0 for part in read)
    return max(scores, key=lambda m: scores[m]) if scores else None


def _pairs(
    scene: str, done: set[tuple[str, int]], place: Place, known: Sides
) -> Iterator[tuple[str, str, str]]:
    methods = list(dict.fromkeys(m for m, _ in sorted(done)))
    shared = {m: {s for n, s in done if n == m} for m in methods}
    rival = best_rival(scene, done, place, known)
    named = (("headline", HEADLINE, rival), ("variant", VARIANT, rival), ("variant", VARIANT, VARIANT_RIVAL))
    for role, ours, other in named:
        if other is not None and shared.get(ours, set()) & shared.get(other, set()):
            yield role if scene == HEADLINE_SCENE else f"{role} elsewhere", ours, other
    for method in methods:
        if method != BASE and BASE in shared and shared[method] & shared[BASE]:
            yield "against base", method, BASE


def _scores(test: Reading, predictions: NDArray[np.int64], known: Sides) -> dict[str, Any]:
    voice, face = side_classes(known, test.utterance.tolist(), test.classes)
    classes = len(test.classes)
    scored = conflict_scores(test.gold, voice, face, predictions, classes, _groups(test), draws=DRAWS)
    found: dict[str, Any] = {
        "weighted_f1": 100 * metrics.weighted_f1(test.gold, predictions, classes),
        METRIC: 100 * scored.mean_conflict.value,
        "bias_gap": 100 * scored.bias_gap.value,
        "harmonic": 100 * scored.harmonic.value,
        **{f"follows_{name}": 100 * value for name, value in scored.followed._asdict().items()},
    }
    for name in SUBSETS:
        of = scored.subsets.get(name)
        found |= {
            f"{name}_accuracy": None if of is None else 100 * of.accuracy.value,
            f"{name}_recall": None if of is None else 100 * of.recall.value,
            f"{name}_count": 0 if of is None else of.count,
        }
    return found


def _masks(reading: Reading, known: Sides) -> Mapping[str, NDArray[np.bool_]]:
    return subset_masks(reading.gold, *side_classes(known, reading.utterance.tolist(), reading.classes))


def _conflicts(reading: Reading, known: Sides) -> NDArray[np.bool_]:
    member = _masks(reading, known)
    return np.asarray(member[FACE_ALIGNED] | member[VOICE_ALIGNED])


def _hits(reading: Reading) -> NDArray[np.float64]:
    return np.asarray(reading.logits[WHOLE].argmax(1) == reading.gold, np.float64)


def _mean_conflict(reading: Reading, known: Sides) -> float | None:
    """In percent; None where a subset is empty."""
    member, hit = _masks(reading, known), _hits(reading)
    if not (member[FACE_ALIGNED].any() and member[VOICE_ALIGNED].any()):
        return None
    return float(50 * (hit[member[FACE_ALIGNED]].mean() + hit[member[VOICE_ALIGNED]].mean()))


def combined(
    hit: NDArray[np.float64], masks: Mapping[str, NDArray[np.bool_]], weights: Mapping[str, float]
) -> metrics.ResampledMetric:
    """A weighted sum of accuracies of subsets, in percent.

    Args:
        hit: 1 where a prediction is right, (N,).
        masks: which clips are in each subset, (N,).
        weights: of subsets.
    """
    parts = [(100 * weight, subset_accuracy(hit, masks[name])) for name, weight in weights.items()]
    return lambda counts: np.asarray(sum(weight * part(counts) for weight, part in parts))


COMPARED: Mapping[str, Mapping[str, float]] = {
    METRIC: {FACE_ALIGNED: 0.5, VOICE_ALIGNED: 0.5},
    "bias_gap": {VOICE_ALIGNED: 1.0, FACE_ALIGNED: -1.0},
    f"{CONSISTENT}_accuracy": {CONSISTENT: 1.0},
}
"""What is compared, by the names of the rows, as sums of accuracies, in percentage points."""


def _groups(reading: Reading) -> NDArray[np.str_]:
    """What is resampled together: a conversation, or where it is named by its actor, the actor."""
    names = [name.partition("/")[0] for name in reading.conversations]
    return np.array(names, np.str_)[reading.conversation]


def _ece(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    return float(metrics.expected_calibration_error(*metrics.top_label(softmax(logits), gold)))
