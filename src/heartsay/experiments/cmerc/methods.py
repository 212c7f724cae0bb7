"""The methods by the names that the tables use: what each trains, or what each is made from afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

from heartsay.evidence.views import without
from heartsay.metrics.confidence_change import CONTEXTS

BASE, CMERC = "base", "cmerc"
TEMPERATURE, ENSEMBLE, MIXTURE = "temperature", "ensemble", "removal-mixture"

OUR_METHOD = "removal-supervision"
"""This project's own objective."""

WITHOUT_CURRICULUM = "cmerc-without-curriculum"
ONLY_CONSTRAINT = "cmerc-only-constraint"
ABLATIONS = (WITHOUT_CURRICULUM, "cmerc-without-contrast", "cmerc-without-constraint", ONLY_CONSTRAINT)
"""CMERC less one of its parts, as in Table 4, and with the part alone that costs no weighted F1 there."""

ONLY_CONTRAST = "cmerc-only-contrast"
ONLY_MODALITY_CONTRAST, ONLY_CONTEXT_CONTRAST = (
    "cmerc-only-modality-contrast",
    "cmerc-only-context-contrast",
)
CONTRASTS: Mapping[str, tuple[str, ...]] = {
    ONLY_CONTRAST: ("curriculum", "constraint"),
    ONLY_MODALITY_CONTRAST: ("curriculum", "constraint", "context_contrast"),
    ONLY_CONTEXT_CONTRAST: ("curriculum", "constraint", "modality_contrast"),
}
"""CMERC's contrast alone, whole and in its two parts (Figures 5 and 6): what is switched off."""

NO_CURRICULUM = (WITHOUT_CURRICULUM, ONLY_CONSTRAINT, *CONTRASTS)
RIVALS = ("crl", "fmfp", "cml")
"""Rivals that train; temperature scaling and the ensemble are made from base runs."""

Protocol = Literal["development-selected", "test-selected"]
HEADLINE: Protocol = "development-selected"
PROTOCOLS: tuple[Protocol, ...] = (HEADLINE, "test-selected")
"""How the epoch of a run was chosen; the second as much published code does it, for a column that says so."""

FOCAL_METHODS = ("base-focal", "base-defective-focal")

CONSTRAINTS = {f"cmerc-constraint-{weight:g}": weight for weight in (0.1, 1.0, 3.0, 10.0)}
"""CMERC with other weights of its constraint than the configured one and none."""

PARTS = ("constraint", "modality_contrast", "context_contrast")
"""The parts of CMERC whose weight Figure 8 varies, by the names of its settings."""

CONTRAST_WEIGHTS = {
    f"cmerc-{part.replace('_', '-')}-{weight:g}": (part, weight)
    for part in PARTS[1:]
    for weight in (0.0, 0.02, 0.05, 0.5)
}
"""CMERC with other weights of one part of its contrast (Figure 8): which part, and how much."""

REMOVING = "cmerc-removing-"
"""How the names of CMERC with some removals only begin."""

MODALITIES: Mapping[str, tuple[str, ...]] = {
    "meld-voices": ("text", "voice"),
    "meld-voices-frozen": ("text", "voice"),
    "composed": ("text", "voice", "face"),
    "iemocap": ("text", "voice", "face"),
    "meld": ("text", "voice", "face"),
}
"""What each corpus has."""

TOGETHER = "all backbones"
"""Stands for a model where the runs of all backbones are compared at once, so that luck of one evens out."""


@dataclass(frozen=True)
class Variant:
    """How a trained method departs from its backbone's configuration.

    Attributes:
        objective: name in the registry of objectives.
        settings: of the objective, on top of the configured ones.
        task_loss: another supervision, if given.
        needs_baseline: whether it starts from a base run.
    """

    objective: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    task_loss: str | None = None
    needs_baseline: bool = False


@dataclass(frozen=True)
class Derived:
    """A method that is made from finished runs, without training.

    Attributes:
        source: the trained method.
        is_ensemble: whether several runs are averaged.
        calibrator: what is fitted on development data, if anything.
    """

    source: str
    is_ensemble: bool = False
    calibrator: Literal["temperature", "removal-mixture"] | None = None


DERIVED: Mapping[str, Derived] = {
    TEMPERATURE: Derived(BASE, calibrator="temperature"),
    ENSEMBLE: Derived(BASE, is_ensemble=True),
    f"{ENSEMBLE}-temperature": Derived(BASE, is_ensemble=True, calibrator="temperature"),
    MIXTURE: Derived(BASE, calibrator="removal-mixture"),
    "cmerc-temperature": Derived(CMERC, calibrator="temperature"),
    f"cmerc-{MIXTURE}": Derived(CMERC, calibrator="removal-mixture"),
    f"{OUR_METHOD}-temperature": Derived(OUR_METHOD, calibrator="temperature"),
    f"{OUR_METHOD}-mixture": Derived(OUR_METHOD, calibrator="removal-mixture"),
}
"""Methods without a training of their own."""

OURS = (OUR_METHOD, MIXTURE, f"{OUR_METHOD}-mixture")
"""What of this project is compared with everything else."""


def variant(method: str, corpus: str) -> Variant:
    """What a trained method trains on a corpus."""
    if method in FOCAL_METHODS:
        return Variant(BASE, task_loss=method.removeprefix("base-").replace("-", "_"))
    if method in CONSTRAINTS:
        return Variant(CMERC, {"constraint": CONSTRAINTS[method]}, needs_baseline=True)
    if method in CONTRASTS:
        return Variant(CMERC, dict.fromkeys(CONTRASTS[method]))
    if method in CONTRAST_WEIGHTS:
        return Variant(CMERC, dict([CONTRAST_WEIGHTS[method]]), needs_baseline=True)
    if method.startswith(REMOVING):
        return Variant(CMERC, {"views": removals_of(method, MODALITIES[corpus])}, needs_baseline=True)
    return Variant(method, needs_baseline=method.startswith(CMERC) and method not in NO_CURRICULUM)


def removal_methods(modalities: Sequence[str]) -> list[str]:
    """CMERC with some removals only (Table 7): some modalities and both contexts, or all and one context."""
    few = [names for size in range(1, len(modalities)) for names in combinations(modalities, size)]
    return [REMOVING + "+".join(names) for names in (*few, *((context,) for context in CONTEXTS))]


def removals_of(method: str, modalities: Sequence[str]) -> list[str]:
    """The views that such a method uses: the removal of what is named, and all of the other kind."""
    named = method.removeprefix(REMOVING).split("+")
    if set(named) <= set(CONTEXTS):
        return [*(without(m).name for m in modalities), *named]
    return [*(without(m).name for m in named), *CONTEXTS]
