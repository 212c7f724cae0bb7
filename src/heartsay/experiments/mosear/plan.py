"""The arms of the comparison, what each trains or reads, and which runs they need.

Every arm has one trial: its settings are those written here, but for `lora-augmented` before any test split
was read. The headline is one comparison in one scene: MoSE with AR against the rival that is best on
development data, by the mean conflict score, on the composed corpus without words. The same comparison in the
other scenes stands beside.
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

MATCHED, WITH_WORDS, WITHOUT_WORDS = "crema-d-matched", "composed", "composed-without-words"


@dataclass(frozen=True)
class Scene:
    """What is read, and of what.

    Attributes:
        corpus: name of the corpus of features.
        modalities: that are read.
        title: for people.
        settings: of training, on top of those for the composed corpus.
        left_out: arms that are not compared here.
    """

    corpus: str
    modalities: tuple[str, ...]
    title: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


PARTS = (
    "mose-without-gate",
    "mose-without-regularisers",
    "mose-per-sample",
    "mose-static",
    "mose-global",
)
"""MoSE with one part otherwise: compared where the headline is, so that the whole takes an hour or so."""

COMPOSED_EPOCHS = 8

SCENES: Mapping[str, Scene] = {
    MATCHED: Scene(
        MATCHED,
        ("voice", "face"),
        "CREMA-D's voices with matched faces",
        # Its conversations have one utterance each, the composed corpus's about ten.
        {"batch_size": 128, "epochs": 16},
        PARTS,
    ),
    WITHOUT_WORDS: Scene(
        "composed",
        ("voice", "face"),
        "the composed corpus, voice and face alone",
        {"epochs": COMPOSED_EPOCHS},
    ),
    WITH_WORDS: Scene(
        "composed",
        ("text", "voice", "face"),
        "the composed corpus, voice, face and words",
        {"epochs": COMPOSED_EPOCHS},
        (
            *PARTS,
            *("late-fusion", "static-weights", "modality-dropout", "hct-dmg"),
            *("lora-augmented", "mose-augmented"),
        ),
    ),
}
"""Labels of the composed corpus are those of its words, so words tell the answer; those of CREMA-D are what
most people saw and heard in the whole clip."""

SEEDS = (1, 2, 3, 4, 5)

HEADLINE, HEADLINE_SCENE = "mose-ar", WITHOUT_WORDS
METRIC = "mean_conflict"
"""What the headline compares, where, and by what."""


VARIANT, VARIANT_RIVAL = "mose-augmented", "lora-augmented"
"""The arm with the best mean conflict score on development data over the first three seeds, chosen when the
headline had been seen to fail on their test rows, and the rival that is trained as it is, added with it. The
variant is compared with the headline's rival and with its own; its own is none of the headline's."""


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


AUGMENTED = "conflict-augmentation"


def _mose(objective: str = BASE, **settings: Any) -> Trained:
    return Trained(objective=objective, settings={"adapter": "mose", "mose": settings}, adapts=True)


RIVALS: Mapping[str, Trained] = {
    "late-fusion": Trained(settings={"fusion": "late"}),
    "static-weights": Trained(settings={"static_weights": True}),
    "modality-dropout": Trained(objective="modality-dropout"),
    AUGMENTED: Trained(objective=AUGMENTED),
    HCT: Trained(model=HCT),
    "lora": Trained(settings={"adapter": "lora"}, adapts=True),
    "lora-augmented": Trained(objective=AUGMENTED, settings={"adapter": "lora"}, adapts=True),
}

MOSE: Mapping[str, Trained] = {
    "mose": _mose(),
    "mose-without-gate": _mose(gated=False),
    "mose-without-regularisers": _mose(balance_weight=0.0, load_weight=0.0),
    "mose-per-sample": _mose(balance="per_sample"),
    "mose-static": _mose(weighting="static"),
    "mose-global": _mose(sharing="global"),
    "mose-augmented": _mose(AUGMENTED),
}
"""MoSE, MoSE with one part otherwise, and MoSE trained as the strongest rival known is."""

SINGLE: Mapping[str, Trained] = {f"{m}-only": Trained(only=m) for m in SCENES[WITH_WORDS].modalities}

TRAINED: Mapping[str, Trained] = {BASE: Trained(), **RIVALS, **MOSE, **SINGLE}

TARGETS = (0.1, 0.3, 0.5, 0.7, 0.9)

FRONTIER: Mapping[str, Moved] = {
    f"base-ar-{target:g}": Moved(BASE, target, {"strength": 1.0, "tolerance": 0.0}) for target in TARGETS
}
"""AR at full strength towards other shares: how far it only trades one side for the other."""

MOVED: Mapping[str, Moved] = {
    "base-ar": Moved(BASE),
    HEADLINE: Moved("mose"),
    f"{AUGMENTED}-ar": Moved(AUGMENTED),
    "mose-augmented-ar": Moved("mose-augmented"),
    **FRONTIER,
}

QUICK = (BASE, AUGMENTED, "lora", "mose", "base-ar", HEADLINE)
"""Arms of a quick look."""


def methods_of(scene: str) -> list[str]:
    """The arms of a scene, none that is given a modality which the scene has not."""
    given = SCENES[scene]
    lacking = [m for m, arm in SINGLE.items() if arm.only not in given.modalities]
    without = {*lacking, *given.left_out}
    without |= {method for method, arm in MOVED.items() if arm.source in without}
    return [m for m in (*TRAINED, *MOVED) if m not in without]


def runs(*, quick: bool = False) -> list[Run]:
    """Every run, seed after seed: what is cut short is complete for the seeds it has."""
    scenes, seeds = ((MATCHED,), SEEDS[:2]) if quick else (tuple(SCENES), SEEDS)
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
    arm, scene = TRAINED[run.method], SCENES[run.corpus]
    composed = compose(Parts(arm.model, arm.objective, WITH_WORDS))
    settings = {**composed.backbone.settings, **arm.settings}
    update: dict[str, Any] = {
        **scene.settings,
        "name": f"{run.method}-{run.corpus}",
        "corpus": scene.corpus,
        "modalities": scene.modalities if arm.only is None else (arm.only,),
        "backbone": composed.backbone.model_copy(update={"settings": settings}),
        "trained": "adapters" if arm.adapts else "all",
    }
    whole = int(update.get("epochs", composed.epochs))
    return composed.model_copy(update={**update, "epochs": whole if epochs is None else min(epochs, whole)})
