"""The objective of the guide works as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from tests.dummies.backbone import dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_batch

from heartsay.objectives.task_losses import cross_entropy

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "add-an-objective.md"


def test_the_objective_of_the_guide_trains() -> None:
    code = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    model, batch = dummy_backbone(), feature_batch((8, 6))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    objective = namespace["NoSurerWithoutVoice"](cross_entropy, tuple(WIDTHS), price=3.0)
    steps = [objective.step(model, batch, optimizer, None) for _ in range(60)]
    assert steps[0]["rise"] > 0
    assert steps[-1]["rise"] < 0.5 * steps[0]["rise"]
    assert steps[-1]["task"] < steps[0]["task"]
