"""The arms, the backbones, the outer folds, and which runs they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from heartsay.experiments.configurations import BASE, Parts, compose
from heartsay.experiments.nested.trials import CONSTRAINTS, TRIALS, Own, Trial, cells
from heartsay.experiments.study import Run
from heartsay.training.feature_configuration import FeatureConfiguration

CMERC, AS_CODE, OURS = "cmerc", "cmerc-as-code", "removal-supervision"
CONSTRAINT = "cmerc-only-constraint"

AS_THE_CODE_DOES = {"rule": "code", "removed_read": "epoch_start", "removed_by": "padded_mean"}
"""CMERC's public code: its rule for pseudo-labels, and how it reads what lacks something."""

LEAKING = {"m3net": {"hyperedges_ignore_views": True}}
"""What else the public code does, by backbone; it has M3Net alone."""

ARMS: Mapping[str, Own] = {
    BASE: [{}],
    CMERC: cells(),
    AS_CODE: [{**cell, **AS_THE_CODE_DOES} for cell in cells()],
    CONSTRAINT: [{"constraint": weight} for weight in (0.3, *(w for w in CONSTRAINTS if w != 0.3))],
    "crl": [{"ranking": weight} for weight in (1.0, 0.3, 3.0)],
    "fmfp": [{"rho": rho} for rho in (0.05, 0.02, 0.1)],
    "cml": [{"ranking": weight} for weight in (15.0, 5.0, 1.0)],
    OURS: [{"ranking": weight} for weight in (0.5, 0.2, 1.0)],
}
"""Settings of each arm's own, the configured ones first."""

OBJECTIVES = {AS_CODE: CMERC}
"""The objective of an arm that is not called like it."""

VOICES, COMPOSED = "meld-voices", "composed"

BACKBONES = {VOICES: ("m3net", "mm-dfn", "evidence-attention"), COMPOSED: ("m3net", "evidence-attention")}
"""What is trained on each corpus. MM-DFN alone would take as long on the composed one as all else."""

FOLDS = {VOICES: 5, COMPOSED: 3}
EPOCHS = {VOICES: 24, COMPOSED: 40}
"""Outer folds, and epochs of every run. In earlier runs on real voices the best epoch came early; on the
composed corpus twelve epochs were too few."""

DEALING, PRIMARY_DEALING = 7, 8
"""Seeds of the outer folds, other than those of the folds of earlier studies. The primary comparison by
itself has a deal of its own: once it is read, those folds are spent. Both deal the same dialogues, so
whichever is read second confirms nothing by itself."""

PRIMARY = (CMERC, BASE, "weighted_f1")
"""The one comparison that is named beforehand: CMERC less base, each its best trial, by weighted F1, over all
backbones on MELD with real voices."""


@dataclass(frozen=True, order=True)
class NestedRun(Run):
    """One training inside an outer fold.

    Args:
        trial: which of the arm's trials; None for the one that inner data chose, trained for the outer test.
        encoder: seed of the text encoder whose vectors it is given.
    """

    trial: int | None = None
    encoder: int = 1

    def __str__(self) -> str:
        what = "chosen" if self.trial is None else f"trial {self.trial}"
        of = f"fold {self.fold}, {what}, encoder {self.encoder}, seed {self.seed}"
        return f"{self.corpus}, {self.model}, {self.method}, {of}"

    def folder(self, work: Path) -> Path:
        """Where the run is kept."""
        what = "chosen" if self.trial is None else f"trial-{self.trial}"
        name = f"{what}-encoder-{self.encoder}-seed-{self.seed}"
        return work / self.corpus / self.model / self.method / f"fold-{self.fold}" / name

    def columns(self) -> dict[str, Any]:
        """The columns that say whose number it is."""
        return {**super().columns(), "fold": self.fold, "trial": self.trial, "encoder": self.encoder}


@dataclass(frozen=True)
class Scope:
    """How much is run.

    Args:
        corpora: which.
        backbones: which, by corpus.
        arms: which.
        folds: outer folds, by corpus.
        seeds: of the runs that read the outer test, and on MELD with real voices of their text encoders too,
            so that both kinds of luck are in the intervals; trials are made with the first.
        trials: how many of each arm's trials, the first ones.
        epochs: of every run, by corpus; the epoch is chosen on inner development data.
        words: the text encoder that is fine-tuned, with each of its seeds, on MELD's training split, of which
            no dialogue is in any fold of MELD with real voices; None for frozen vectors.
        dealing: seed by which dialogues are dealt to outer folds.
    """

    corpora: tuple[str, ...] = (VOICES, COMPOSED)
    backbones: Mapping[str, tuple[str, ...]] = field(default_factory=BACKBONES.copy)
    arms: tuple[str, ...] = tuple(ARMS)
    folds: Mapping[str, int] = field(default_factory=FOLDS.copy)
    seeds: tuple[int, ...] = (1, 2, 3)
    trials: int = TRIALS
    epochs: Mapping[str, int] = field(default_factory=EPOCHS.copy)
    words: str | None = "mpnet"
    dealing: int = DEALING


FULL = Scope()
PRIMARY_SCOPE = Scope((VOICES,), arms=(BASE, CMERC), dealing=PRIMARY_DEALING)
"""What the primary comparison needs and no more: a sixth of the whole."""

QUICK = Scope(
    (VOICES,), {VOICES: ("evidence-attention",)}, (BASE, CMERC), {VOICES: 2}, (1,), 2, {VOICES: 3}, None
)


def encoder_of(scope: Scope, corpus: str, seed: int) -> int:
    """The seed of the text encoder whose vectors a run is given; the composed corpus has frozen ones."""
    return seed if corpus == VOICES else scope.seeds[0]


def encoders(scope: Scope, corpus: str) -> list[int]:
    """The seeds of all text encoders of a corpus."""
    return list(dict.fromkeys(encoder_of(scope, corpus, seed) for seed in scope.seeds))


def trial_runs(scope: Scope, corpus: str, model: str, arm: str, fold: int) -> list[NestedRun]:
    """The runs among which an arm's settings are chosen in an outer fold."""
    first = (scope.seeds[0], fold)
    return [NestedRun(corpus, model, arm, *first, k, scope.seeds[0]) for k in range(scope.trials)]


def final_runs(scope: Scope) -> list[NestedRun]:
    """The runs that read the outer test, each with its fold's choice; one text encoder where it is frozen."""
    return [
        NestedRun(corpus, model, arm, seed, fold, None, encoder_of(scope, corpus, seed))
        for corpus in scope.corpora
        for fold in range(scope.folds[corpus])
        for seed in scope.seeds
        for model in scope.backbones[corpus]
        for arm in scope.arms
    ]


def runs(scope: Scope) -> list[NestedRun]:
    """Every training: the trials, base before what starts from it, then what they choose."""
    trials = [
        run
        for corpus in scope.corpora
        for fold in range(scope.folds[corpus])
        for model in scope.backbones[corpus]
        for arm in sorted(scope.arms, key=lambda arm: arm != BASE)
        for run in trial_runs(scope, corpus, model, arm, fold)
    ]
    return [*trials, *final_runs(scope)]


def starts_from(run: NestedRun, trial: Trial) -> NestedRun | None:
    """The base run of the same trial, which says what is difficult, where there is a curriculum."""
    has_curriculum = run.trial is not None and trial.objective.get("curriculum") is not None
    return replace(run, method=BASE) if has_curriculum else None


def configuration(run: NestedRun, trial: Trial, epochs: int) -> FeatureConfiguration:
    """Settings of a run: those that come along, with what its trial sets."""
    composed = compose(Parts(run.model, OBJECTIVES.get(run.method, run.method), run.corpus))
    backbone = dict(composed.backbone.settings)
    if run.method == AS_CODE:
        backbone |= LEAKING.get(run.model, {})
    if trial.dropout is not None:
        backbone["dropout"] = trial.dropout
    settings = {**composed.objective.settings, **trial.objective}
    return composed.model_copy(
        update={
            "name": f"{run.model}-{run.method}-{run.corpus}",
            "backbone": composed.backbone.model_copy(update={"settings": backbone}),
            "objective": composed.objective.model_copy(update={"settings": settings}),
            "learning_rate": composed.learning_rate * trial.rate,
            "weight_decay": composed.weight_decay if trial.decay is None else trial.decay,
            "epochs": epochs,
        }
    )
