"""Which runs the tables need: corpora, backbones, methods and seeds, for a quick look and for the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from undertone.recognition.registry import BACKBONES
from undertone.training.feature_configuration import FeatureConfiguration, Part, load_feature_configuration

VOICES, COMPOSED = "meld-voices", "composed"
OURS = "evidence-attention"
PRINCIPAL = ("m3net", OURS)
"""The backbones that meet every method on the composed corpus."""

BASE, TEMPERATURE, ENSEMBLE = "base", "temperature", "ensemble"
ABLATIONS = ("cmerc-without-curriculum", "cmerc-without-contrast", "cmerc-without-constraint")
RIVALS = ("crl", "fmfp", "cml")
TRAINED = (BASE, "cmerc", *ABLATIONS, *RIVALS)
"""Methods that train; the other two are made from base runs afterwards."""

FOLDS = 5
MEMBERS = 5
"""Runs in an ensemble."""

MEMBER_SEED = 100
"""Distance between the seeds of an ensemble's members, so that none is the seed of a run of its own."""


@dataclass(frozen=True)
class Scope:
    """How much is run.

    Args:
        seeds: seeds of every cell; on a cross-validated corpus seed s reads fold s - 1.
        epochs: if given, at most this many.
        corpora: which corpora.
        backbones: which backbones.
        methods: which of the trained methods.
        members: runs in an ensemble; 0 leaves ensembles out.
    """

    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    epochs: int | None = None
    corpora: tuple[str, ...] = (VOICES, COMPOSED)
    backbones: tuple[str, ...] = tuple(BACKBONES)
    methods: tuple[str, ...] = TRAINED
    members: int = MEMBERS


FULL = Scope()
QUICK = Scope(
    seeds=(1, 2), epochs=4, corpora=(VOICES,), backbones=PRINCIPAL, methods=(BASE, "cmerc", "cml"), members=2
)


@dataclass(frozen=True, order=True)
class Run:
    """One training.

    Args:
        corpus: name of the corpus.
        model: name of the backbone.
        method: name of the objective.
        seed: seed of the run.
        fold: which fold it is tested on, None where there are none.
    """

    corpus: str
    model: str
    method: str
    seed: int
    fold: int | None

    def folder(self, work: Path) -> Path:
        """Where the run is kept."""
        return work / self.corpus / self.model / self.method / f"seed-{self.seed}"

    @property
    def baseline(self) -> Run | None:
        """The base run that a curriculum takes its difficulties from."""
        if not self.method.startswith("cmerc"):
            return None
        return Run(self.corpus, self.model, BASE, self.seed, self.fold)


def runs(scope: Scope) -> list[Run]:
    """Every run of a scope, base runs first, since others need them."""
    found = dict.fromkeys(_runs(scope))
    return sorted(found, key=lambda run: (run.method != BASE, run.corpus != VOICES))


def members(run: Run, count: int) -> list[Run]:
    """The base runs whose mean is the ensemble of the same seed: that seed's, and others on the same fold."""
    seeds = [run.seed + MEMBER_SEED * k for k in range(count)]
    return [Run(run.corpus, run.model, BASE, seed, run.fold) for seed in seeds]


def fold_of(corpus: str, seed: int) -> int | None:
    """The fold that a seed of the scope is tested on."""
    return (seed - 1) % FOLDS if corpus == VOICES else None


def methods_for(scope: Scope, corpus: str, model: str) -> tuple[str, ...]:
    """The trained methods that a backbone meets on a corpus: all, or base and CMERC."""
    if corpus == VOICES or model in PRINCIPAL:
        return scope.methods
    return tuple(m for m in scope.methods if m in (BASE, "cmerc"))


def has_ensemble(scope: Scope, corpus: str, model: str) -> bool:
    """Whether an ensemble of the backbone is in the tables."""
    return scope.members > 1 and (corpus == VOICES or model in PRINCIPAL)


def configuration(run: Run, epochs: int | None = None) -> FeatureConfiguration:
    """Settings of a run: those of the backbone on the corpus, with the objective put in.

    CMERC and its ablations take the settings of the backbone's CMERC configuration; the rivals their own.
    """
    base = _configured(run.model, BASE, run.corpus)
    part = Part(name=run.method)
    if run.method.startswith("cmerc"):
        part = _ablated(_configured(run.model, "cmerc", run.corpus).objective, run.method)
    update = {
        "name": f"{run.model}-{run.method}-{run.corpus}",
        "objective": part,
        "published": (),
        "epochs": base.epochs if epochs is None else min(epochs, base.epochs),
    }
    return base.model_copy(update=update)


def _ablated(cmerc: Part, method: str) -> Part:
    from undertone.objectives.registry import OBJECTIVES

    kept = {name: value for name, value in cmerc.settings.items() if name not in OBJECTIVES[method].fixed}
    return Part(name=method, settings=kept)


def _configured(model: str, method: str, corpus: str) -> FeatureConfiguration:
    name = f"{model}-{corpus}.yaml" if method == BASE else f"{model}-{method}-{corpus}.yaml"
    with as_file(files("undertone.experiments") / "configs" / name) as path:
        return load_feature_configuration(path)


def _runs(scope: Scope) -> Iterator[Run]:
    for corpus in scope.corpora:
        for model in scope.backbones:
            for seed in scope.seeds:
                fold = fold_of(corpus, seed)
                for method in methods_for(scope, corpus, model):
                    yield Run(corpus, model, method, seed, fold)
                if has_ensemble(scope, corpus, model):
                    yield from members(Run(corpus, model, ENSEMBLE, seed, fold), scope.members)


def cells(scope: Scope) -> Sequence[Run]:
    """Every row of the tables: the runs of the scope's own seeds, and what is made from them afterwards."""
    found: list[Run] = []
    for corpus in scope.corpora:
        for model in scope.backbones:
            methods = [*methods_for(scope, corpus, model), TEMPERATURE]
            methods += [ENSEMBLE] if has_ensemble(scope, corpus, model) else []
            found += [Run(corpus, model, m, s, fold_of(corpus, s)) for m in methods for s in scope.seeds]
    return found
