"""What is tried of each arm: equally many settings for all, drawn and written before anything is trained.

A trial is a learning rate, a dropout and a weight decay, the same for every arm, and with it a setting of the
arm's own. The first trial is what the configurations say. Because trial k of CMERC shares all else with trial
k of base, their difference on inner data is what the contrast's weight and the curriculum's share do.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from heartsay.atomic import write_text
from heartsay.errors import InputError

TRIALS = 12
"""Settings of every arm; CMERC's are the twelve cells of `CONTRASTS` by `SHARES`."""

SEED = 2026
"""Of the drawing."""

RATES, DROPOUTS, DECAYS = (0.5, 1.0, 2.0), (0.2, 0.3, 0.4, 0.5), (0.0, 1e-5, 1e-4)
"""Factors of the configured learning rate, dropouts and weight decays that are drawn from."""

CONTRASTS, SHARES = (0.0, 0.02, 0.05, 0.15), (None, 0.4, 0.7)
"""Weights of both parts of the contrast, and shares of the curriculum."""

CONSTRAINTS = (0.1, 0.3, 1.0, 3.0)


class Trial(NamedTuple):
    """What one trial sets.

    Attributes:
        rate: factor of the configured learning rate.
        dropout: of the backbone; the configured one if not given.
        decay: weight decay; the configured one if not given.
        objective: settings of the objective on top of the configured ones.
    """

    rate: float
    dropout: float | None
    decay: float | None
    objective: Mapping[str, Any]


Own = Sequence[Mapping[str, Any]]
"""Settings of an arm's own, the configured ones first."""


def cells() -> list[dict[str, Any]]:
    """CMERC's grid, the configured cell first: the paper's .15 and .4."""
    every = [
        {"modality_contrast": weight or None, "context_contrast": weight or None, "curriculum": share}
        for weight, share in itertools.product(CONTRASTS, SHARES)
    ]
    configured = {"modality_contrast": 0.15, "context_contrast": 0.15, "curriculum": 0.4}
    return [configured, *(cell for cell in every if cell != configured)]


def draw(arms: Mapping[str, Own]) -> dict[str, list[Trial]]:
    """As many trials for every arm, the first as configured, the others drawn; an arm's own go round.

    Args:
        arms: settings of each arm's own; an arm without any has an empty mapping alone.
    """
    random = np.random.default_rng(SEED)
    shared = [
        (float(random.choice(RATES)), float(random.choice(DROPOUTS)), float(random.choice(DECAYS)))
        for _ in range(TRIALS - 1)
    ]
    return {
        arm: [
            Trial(1.0, None, None, own[0]),
            *(Trial(*of, own[k % len(own)]) for k, of in enumerate(shared, start=1)),
        ]
        for arm, own in arms.items()
    }


def written(path: Path, arms: Mapping[str, Own]) -> dict[str, list[Trial]]:
    """The trials as they were written down; they are drawn and written first where they were not.

    Raises:
        InputError: the file holds others than would be drawn, so somebody chose among them.
    """
    drawn = draw(arms)
    text = json.dumps({arm: [t._asdict() for t in of] for arm, of in drawn.items()}, indent=1) + "\n"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    elif path.read_text("utf-8") != text:
        raise InputError(
            expected="the trials that were drawn",
            found="others",
            where=str(path),
            do="bring the file back as it was written, or begin anew in another folder with --work",
        )
    return drawn
