"""Which runs the tables need: corpora, backbones, methods and seeds, for a quick look and for the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heartsay.experiments.cmerc.methods import (
    ABLATIONS,
    BASE,
    CMERC,
    CONSTRAINTS,
    CONTRAST_WEIGHTS,
    CONTRASTS,
    DERIVED,
    FOCAL_METHODS,
    MODALITIES,
    OUR_METHOD,
    PARTS,
    RIVALS,
    removal_methods,
    variant,
)
from heartsay.experiments.configurations import Parts, compose
from heartsay.experiments.feature_corpora import CROSS_VALIDATED, fold_of
from heartsay.experiments.study import Run
from heartsay.training.feature_configuration import FeatureConfiguration

VOICES, FROZEN_VOICES, COMPOSED = "meld-voices", "meld-voices-frozen", "composed"
IEMOCAP, MELD = "iemocap", "meld"
"""The corpora of the paper, read from the field's feature files, each backbone at its published size."""

OUR_BACKBONE = "evidence-attention"
M3NET = "m3net"
PRINCIPAL = (M3NET, OUR_BACKBONE)
"""The backbones that meet every method on every corpus."""

COMPARED = ("dialogue-rnn", "dialogue-gcn", "mmgcn", "mm-dfn", M3NET, OUR_BACKBONE)
"""The backbones of the tables, whatever else is registered."""

FOCAL_BACKBONES = (M3NET, "mmgcn")
"""Those that were published with the defective focal loss."""

TRAINED = (BASE, CMERC, OUR_METHOD, *RIVALS, *ABLATIONS)
"""Methods of the main tables that train; the others are made from their runs afterwards."""

MEMBER_SEED = 100
"""Distance between the seeds of an ensemble's members, so that none is the seed of a run of its own."""


@dataclass(frozen=True)
class Scope:
    """How much is run.

    Args:
        seeds: seeds of every cell; on a cross-validated corpus seed s reads fold s - 1.
        sweep_seeds: seeds of the cells that show a setting's effect (Table 7, Figure 8, focal losses).
        corpora: which corpora.
        backbones: which backbones.
        methods: which of the trained methods.
        members: runs in an ensemble; 0 leaves ensembles out.
        sweeps: whether settings are varied, one at a time.
    """

    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    sweep_seeds: tuple[int, ...] = (1, 2, 3)
    corpora: tuple[str, ...] = (VOICES, COMPOSED)
    backbones: tuple[str, ...] = COMPARED
    methods: tuple[str, ...] = TRAINED
    members: int = 5
    sweeps: bool = True


FULL = Scope()
QUICK = Scope(
    seeds=(1, 2),
    corpora=(VOICES,),
    backbones=PRINCIPAL,
    methods=(BASE, CMERC, OUR_METHOD, "cml"),
    members=2,
    sweeps=False,
)
PUBLISHED = Scope(corpora=(IEMOCAP, MELD))
"""The paper's own setting, for whoever has its feature files."""

PUBLISHED_QUICK = replace(QUICK, corpora=(IEMOCAP, MELD), members=0)


def baseline(run: Run) -> Run | None:
    """The base run that a curriculum takes its difficulties from."""
    return replace(run, method=BASE) if variant(run.method, run.corpus).needs_baseline else None


def members(run: Run, count: int, method: str = BASE) -> list[Run]:
    """The runs whose mean is the ensemble of the same seed: that seed's, and others on the same fold."""
    return [replace(run, method=method, seed=run.seed + MEMBER_SEED * k) for k in range(count)]


def sources(cell: Run, scope: Scope) -> list[Run]:
    """The trained runs that a cell is made from."""
    if cell.method not in DERIVED:
        return [cell]
    derived = DERIVED[cell.method]
    if derived.is_ensemble:
        return members(cell, scope.members, derived.source)
    return [replace(cell, method=derived.source)]


def cells(scope: Scope) -> list[Run]:
    """Every row of the tables: the runs of the scope's own seeds, and what is made from them afterwards."""
    return [
        Run(corpus, model, method, seed, fold_of(corpus, seed))
        for corpus in scope.corpora
        for model in scope.backbones
        for method in (*methods_for(scope, corpus, model), *swept_methods(scope, corpus, model))
        for seed in seeds_for(scope, method)
    ]


def runs(scope: Scope) -> list[Run]:
    """Every training of a scope.

    What matters most comes first, base and CMERC everywhere; and all cells get a seed before any gets the
    next, so that an interrupted reproduction has tables of few seeds rather than of few rows.
    """
    found = dict.fromkeys(source for cell in cells(scope) for source in sources(cell, scope))

    def rank(run: Run) -> tuple[bool, bool, int, int, bool]:
        main = run.method in (BASE, CMERC) and run.seed < MEMBER_SEED
        swept = run.method not in scope.methods
        return (not main, swept, scope.corpora.index(run.corpus), run.seed, run.method != BASE)

    return sorted(found, key=rank)


def methods_for(scope: Scope, corpus: str, model: str) -> tuple[str, ...]:
    """The methods of the main tables that a backbone meets on a corpus: all, or base and CMERC."""
    every = corpus in CROSS_VALIDATED or model in PRINCIPAL
    trained = [m for m in scope.methods if every or m in (BASE, CMERC)]
    derived = [
        name
        for name, of in DERIVED.items()
        if of.source in trained and (not of.is_ensemble or (every and scope.members > 1))
    ]
    return (*trained, *derived)


def swept_methods(scope: Scope, corpus: str, model: str) -> tuple[str, ...]:
    """The methods that vary one setting: losses of the task, the constraint's weight, the removals used."""
    if not scope.sweeps:
        return ()
    swept: list[str] = []
    if corpus == VOICES and model in FOCAL_BACKBONES:
        swept += FOCAL_METHODS
    if corpus in (VOICES, IEMOCAP) and model == M3NET:
        swept += (*CONSTRAINTS, *CONTRASTS, *CONTRAST_WEIGHTS)
    if model == M3NET:
        swept += removal_methods(MODALITIES[corpus])
    return tuple(swept)


def seeds_for(scope: Scope, method: str) -> tuple[int, ...]:
    """The seeds of a method's cells."""
    main = method in scope.methods or method in DERIVED
    return scope.seeds if main or method in FOCAL_METHODS else scope.sweep_seeds


def configuration(run: Run, epochs: int | None = None, features: Path | None = None) -> FeatureConfiguration:
    """Settings of a run: those of its backbone, objective and corpus, with what the method varies put in.

    Frozen words train with the settings of fine-tuned ones.

    Args:
        run: which.
        epochs: at most this many, if given.
        features: folder of the field's feature files, for the corpora that are read from them.
    """
    chosen = variant(run.method, run.corpus)
    corpus = VOICES if run.corpus in CROSS_VALIDATED else run.corpus
    composed = compose(Parts(run.model, chosen.objective, corpus))
    objective, loss = composed.objective, composed.task_loss
    update = {
        "name": f"{run.model}-{run.method}-{run.corpus}",
        "corpus": run.corpus if run.corpus not in PUBLISHED.corpora else _in(features, composed.corpus),
        "objective": objective.model_copy(update={"settings": {**objective.settings, **chosen.settings}}),
        "task_loss": loss if chosen.task_loss is None else loss.model_copy(update={"name": chosen.task_loss}),
        "epochs": composed.epochs if epochs is None else min(epochs, composed.epochs),
    }
    return composed.model_copy(update=update)


def _in(features: Path | None, corpus: str) -> str:
    """Feature files of a configuration in the folder that somebody has them in."""
    return corpus if features is None else corpus.replace("features/", f"{features}/")


def configured_weights(corpora: Sequence[str]) -> dict[str, dict[str, float]]:
    """The weight of each part in M3Net's configuration of CMERC, by part and corpus."""
    settings = {
        corpus: configuration(Run(corpus, M3NET, CMERC, 0, None)).objective.settings for corpus in corpora
    }
    return {part: {corpus: float(of[part]) for corpus, of in settings.items()} for part in PARTS}


def planned(scope: Scope) -> list[dict[str, Any]]:
    """How many seeds each cell shall have."""
    counted = Counter((cell.corpus, cell.model, cell.method) for cell in cells(scope))
    return [
        {"corpus": corpus, "model": model, "method": method, "seeds": seeds}
        for (corpus, model, method), seeds in counted.items()
    ]
