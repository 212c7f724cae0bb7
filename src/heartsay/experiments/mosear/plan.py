"""The arms of the comparison, what each trains or reads, and which runs they need.

Every arm has one trial: its settings are those written here, before any test split was read. The headline is
one comparison: MoSE with AR against the rival that is best on development data, by the mean conflict score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heartsay.experiments.configurations import BASE, Parts, compose
from heartsay.experiments.study import Run
from heartsay.training.feature_configuration import FeatureConfiguration

TRIALS = 1
"""Settings that are tried of each arm."""

FUSION, HCT = "fusion-transformer", "hct-dmg"

WITH_WORDS, WITHOUT_WORDS = "composed", "composed-without-words"
SCENES: Mapping[str, tuple[str, ...]] = {
    WITHOUT_WORDS: ("voice", "face"),
    WITH_WORDS: ("text", "voice", "face"),
}
"""The composed corpus, by what is read of it. Its labels are those of the words, so words tell the answer."""

SEEDS = (1, 2, 3, 4, 5)

HEADLINE = "mose-ar"
METRIC = "mean_conflict"
"""What the headline compares, and by what."""


@dataclass(frozen=True)
class Trained:
    """An arm with a training of its own.

    Attributes:
        model: the backbone.
        objective: what it is trained to do.
        settings: of the backbone, on top of the configured ones.
        only: the one modality that it is given; all if not given.
        adapts: whether it trains adapters on the base run of the same seed.
    """

    model: str = FUSION
    objective: str = BASE
    settings: Mapping[str, Any] = field(default_factory=dict)
    only: str | None = None
    adapts: bool = False


@dataclass(frozen=True)
class Moved:
    """An arm that reads with a trained one, its attention moved.

    Attributes:
        source: the trained arm.
        target: voice's share that is aimed at; the mean share on consistent development items if not given.
        settings: of the reallocation beside its target.
    """

    source: str
    target: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def _mose(**settings: Any) -> Trained:
    return Trained(settings={"adapter": "mose", "mose": settings}, adapts=True)


RIVALS: Mapping[str, Trained] = {
    "late-fusion": Trained(settings={"fusion": "late"}),
    "static-weights": Trained(settings={"static_weights": True}),
    "modality-dropout": Trained(objective="modality-dropout"),
    "conflict-augmentation": Trained(objective="conflict-augmentation"),
    HCT: Trained(model=HCT),
    "lora": Trained(settings={"adapter": "lora"}, adapts=True),
}

MOSE: Mapping[str, Trained] = {
    "mose": _mose(),
    "mose-without-gate": _mose(gated=False),
    "mose-without-regularisers": _mose(balance_weight=0.0, load_weight=0.0),
    "mose-per-sample": _mose(balance="per_sample"),
    "mose-static": _mose(weighting="static"),
    "mose-global": _mose(sharing="global"),
}
"""MoSE, and MoSE with one part otherwise."""

SINGLE: Mapping[str, Trained] = {f"{m}-only": Trained(only=m) for m in SCENES[WITH_WORDS]}

TRAINED: Mapping[str, Trained] = {BASE: Trained(), **RIVALS, **MOSE, **SINGLE}

TARGETS = (0.1, 0.3, 0.5, 0.7, 0.9)

FRONTIER: Mapping[str, Moved] = {
    f"base-ar-{target:g}": Moved(BASE, target, {"strength": 1.0, "tolerance": 0.0}) for target in TARGETS
}
"""AR at full strength towards other shares: how far it only trades one side for the other."""

MOVED: Mapping[str, Moved] = {
    "base-ar": Moved(BASE),
    HEADLINE: Moved("mose"),
    "conflict-augmentation-ar": Moved("conflict-augmentation"),
    **FRONTIER,
}

QUICK = (BASE, "conflict-augmentation", "lora", "mose", "base-ar", HEADLINE)
"""Arms of a quick look."""


def methods_of(scene: str) -> list[str]:
    """The arms of a scene; none that is given a modality which the scene has not."""
    lacking = [m for m, arm in SINGLE.items() if arm.only not in SCENES[scene]]
    return [m for m in (*TRAINED, *MOVED) if m not in lacking]


def runs(*, quick: bool = False) -> list[Run]:
    """Every run, seed after seed: what is cut short is complete for the seeds it has."""
    scenes, seeds = ((WITHOUT_WORDS,), SEEDS[:2]) if quick else (tuple(SCENES), SEEDS)
    return [
        run_of(scene, method, seed)
        for seed in seeds
        for scene in scenes
        for method in methods_of(scene)
        if not quick or method in QUICK
    ]


def run_of(scene: str, method: str, seed: int) -> Run:
    """The run of an arm."""
    source = MOVED[method].source if method in MOVED else method
    return Run(scene, TRAINED[source].model, method, seed)


def source_of(run: Run) -> Run | None:
    """The run that another one starts from or reads with."""
    if run.method in MOVED:
        return run_of(run.corpus, MOVED[run.method].source, run.seed)
    return run_of(run.corpus, BASE, run.seed) if TRAINED[run.method].adapts else None


def configuration(run: Run, epochs: int | None = None) -> FeatureConfiguration:
    """Settings of a run with a training of its own."""
    arm = TRAINED[run.method]
    composed = compose(Parts(arm.model, arm.objective, WITH_WORDS))
    settings = {**composed.backbone.settings, **arm.settings}
    return composed.model_copy(
        update={
            "name": f"{run.method}-{run.corpus}",
            "modalities": SCENES[run.corpus] if arm.only is None else (arm.only,),
            "backbone": composed.backbone.model_copy(update={"settings": settings}),
            "trained": "adapters" if arm.adapts else "all",
            "epochs": composed.epochs if epochs is None else min(epochs, composed.epochs),
        }
    )
