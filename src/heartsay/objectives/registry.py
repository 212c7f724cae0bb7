"""The objectives by the names that configurations and results use."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heartsay.extension import is_reference, load_class, unknown_name
from heartsay.objectives.augmented import ConflictAugmentation, ModalityDropout
from heartsay.objectives.cmerc import Cmerc
from heartsay.objectives.cml import Cml
from heartsay.objectives.crl import Crl
from heartsay.objectives.fmfp import Fmfp
from heartsay.objectives.objective import Objective, TaskLoss
from heartsay.objectives.removal_supervision import RemovalSupervision
from heartsay.objectives.supervised import Supervised
from heartsay.settings import checked_settings, constructor_options


@dataclass(frozen=True)
class Method:
    """An objective under a name.

    Args:
        objective: its class.
        citation: where it comes from.
        fixed: the settings that the name stands for.
    """

    objective: type[Objective]
    citation: str
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, inspect.Parameter]:
        """What can be set: the arguments after the task loss that the name does not fix; not `modalities`."""
        options = constructor_options(self.objective, skip=1)
        return {n: p for n, p in options.items() if n != "modalities" and n not in self.fixed}


_CMERC = "Tu et al., Multimodal Emotion Recognition Calibration in Conversations, ACM MM 2024"

OBJECTIVES: Mapping[str, Method] = {
    "base": Method(Supervised, "the task loss alone"),
    "cmerc": Method(Cmerc, _CMERC),
    "cmerc-without-curriculum": Method(Cmerc, f"{_CMERC}, Table 4", {"curriculum": None}),
    "cmerc-without-contrast": Method(
        Cmerc, f"{_CMERC}, Table 4", {"modality_contrast": None, "context_contrast": None}
    ),
    "cmerc-without-constraint": Method(Cmerc, f"{_CMERC}, Table 4", {"constraint": None}),
    "cmerc-only-constraint": Method(
        Cmerc,
        f"{_CMERC}; its constraint and nothing else",
        {"curriculum": None, "modality_contrast": None, "context_contrast": None},
    ),
    "crl": Method(Crl, "Moon et al., Confidence-Aware Learning for Deep Neural Networks, ICML 2020"),
    "fmfp": Method(Fmfp, "Zhu et al., Rethinking Confidence Calibration for Failure Prediction, ECCV 2022"),
    "removal-supervision": Method(RemovalSupervision, "this project"),
    "modality-dropout": Method(ModalityDropout, "after Neverova et al., ModDrop, TPAMI 2016"),
    "conflict-augmentation": Method(ConflictAugmentation, "this project"),
    "cml": Method(Cml, "Ma et al., Calibrating Multimodal Learning, ICML 2023"),
}
"""What a backbone can be trained to do, by name."""


def build_objective(
    name: str, task_loss: TaskLoss, modalities: Sequence[str], settings: Mapping[str, Any] | None = None
) -> Objective:
    """Make an objective.

    Args:
        name: one of `OBJECTIVES`, or `module:Name` for a class of the user's own.
        task_loss: supervision of the emotions.
        modalities: of the corpus.
        settings: of the objective, by the names of its arguments; the rest keeps its default.

    Raises:
        InputError: no objective, or no setting, of that name, or a value that does not fit; lists those there
            are.
    """
    if is_reference(name):
        method = Method(load_class(name, Objective, "an objective"), "the user's own")
    elif name in OBJECTIVES:
        method = OBJECTIVES[name]
    else:
        raise unknown_name(name, OBJECTIVES, "an objective")
    arguments = checked_settings(settings or {}, method.settings, f"objective {name}")
    if "modalities" in inspect.signature(method.objective).parameters:
        arguments["modalities"] = tuple(modalities)
    return method.objective(task_loss, **arguments, **method.fixed)
