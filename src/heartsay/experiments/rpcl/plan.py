"""Which runs the comparison needs, all else matched, and where they are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heartsay.experiments.study import Place, Run
from heartsay.objectives.rpcl import ARMS, BASE, RpclSettings
from heartsay.training.tasks.pair_scorer import PairConfiguration

SEEDS = (1, 2, 3, 4, 5)

SCORER, PACKED = "pair-scorer", "packed-dialogue"
"""What is trained: a scorer over cached vectors, or a model along with its encoder."""

CACHED, END_TO_END = "cached", "end-to-end"
PROTOCOLS = {SCORER: CACHED, PACKED: END_TO_END}
"""What training a model means, by model."""

METHODS: dict[str, RpclSettings] = {
    **ARMS,
    # A heavier weight on gold moves the operating point; whether it also ranks better, AUPRC tells.
    "base-weight-2": replace(BASE, positive_weight=2.0),
    "base-weight-3": replace(BASE, positive_weight=3.0),
}
"""The methods by name; every one decodes at a threshold chosen on development data."""


def configuration(run: Run, epochs: int | None = None) -> PairConfiguration:
    """Settings of a run over cached vectors."""
    settings = PairConfiguration(name=f"{run.method}-{run.corpus}", objective=METHODS[run.method])
    return settings if epochs is None else settings.model_copy(update={"epochs": epochs})


def spoilt_readings(run: Run, place: Place) -> Path:
    """Log-odds of the test split's pairs under each draw, (D, P)."""
    return run.folder(place.work) / "spoilt-test.npz"
