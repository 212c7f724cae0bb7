"""The objectives by the names that configurations and results use."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from undertone.errors import InputError
from undertone.objectives.cmerc import Cmerc
from undertone.objectives.cml import Cml
from undertone.objectives.crl import Crl
from undertone.objectives.fmfp import Fmfp
from undertone.objectives.objective import Objective, TaskLoss
from undertone.objectives.supervised import Supervised


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
    def settings(self) -> dict[str, Any]:
        """What can be set, with its defaults."""
        parameters = inspect.signature(self.objective).parameters
        return {
            name: parameter.default
            for name, parameter in parameters.items()
            if parameter.default is not inspect.Parameter.empty and name not in self.fixed
        }


_CMERC = "Tu et al., Multimodal Emotion Recognition Calibration in Conversations, ACM MM 2024"

OBJECTIVES: Mapping[str, Method] = {
    "base": Method(Supervised, "the task loss alone"),
    "cmerc": Method(Cmerc, _CMERC),
    "cmerc-without-curriculum": Method(Cmerc, f"{_CMERC}, Table 4", {"curriculum": None}),
    "cmerc-without-contrast": Method(
        Cmerc, f"{_CMERC}, Table 4", {"modality_contrast": None, "context_contrast": None}
    ),
    "cmerc-without-constraint": Method(Cmerc, f"{_CMERC}, Table 4", {"constraint": None}),
    "crl": Method(Crl, "Moon et al., Confidence-Aware Learning for Deep Neural Networks, ICML 2020"),
    "fmfp": Method(Fmfp, "Zhu et al., Rethinking Confidence Calibration for Failure Prediction, ECCV 2022"),
    "cml": Method(Cml, "Ma et al., Calibrating Multimodal Learning, ICML 2023"),
}
"""What a backbone can be trained to do, by name."""


def build_objective(
    name: str, task_loss: TaskLoss, modalities: Sequence[str], settings: Mapping[str, Any] | None = None
) -> Objective:
    """Make an objective.

    Args:
        name: one of `OBJECTIVES`.
        task_loss: supervision of the emotions.
        modalities: of the corpus.
        settings: of the objective, by the names of its arguments; the rest keeps its default.

    Raises:
        InputError: no such objective, or no such setting.
    """
    if name not in OBJECTIVES:
        raise InputError(
            expected=f"one of {', '.join(OBJECTIVES)}",
            found=name,
            where="objective",
            do="choose one of these",
        )
    method, given = OBJECTIVES[name], dict(settings or {})
    unknown = sorted(set(given) - set(method.settings))
    if unknown:
        raise InputError(
            expected=f"settings out of {', '.join(method.settings) or 'none at all'}",
            found=", ".join(unknown),
            where=f"objective {name}",
            do="leave out what it does not have",
        )
    if "modalities" in inspect.signature(method.objective).parameters:
        given["modalities"] = modalities
    return method.objective(task_loss, **given, **method.fixed)
