from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.dummies.backbone import dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_batch

from heartsay.errors import InputError
from heartsay.objectives.cmerc import Cmerc
from heartsay.objectives.registry import OBJECTIVES, build_objective
from heartsay.objectives.task_losses import cross_entropy

MODALITIES = tuple(WIDTHS)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_trains(name: str) -> None:
    torch.manual_seed(0)
    objective = build_objective(name, cross_entropy, MODALITIES)
    model, batches = dummy_backbone(dropout=0.1), [feature_batch((7, 4, 1)), feature_batch((5, 6), seed=20)]
    batches[1] = batches[1]._replace(number=batches[1].number + 12 * (batches[1].number >= 0))
    baseline = dummy_backbone(1) if objective.needs_baseline else None
    objective.begin(batches, baseline)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    task = []
    for epoch in range(20):
        chosen = objective.curriculum(epoch, 5)
        assert chosen is None or 1 <= len(chosen) <= 5
        task.append([objective.step(model, batch, optimizer, 1.0)["task"] for batch in batches])
        objective.end_epoch(model, epoch, 20)
    assert sum(task[-1]) < 0.8 * sum(task[0])
    evaluated = objective.evaluated(model).eval()
    assert torch.isfinite(evaluated(batches[0].evidence).emotion).all()
    again = build_objective(name, cross_entropy, MODALITIES)
    again.begin(batches, baseline)
    again.load_state_dict(deepcopy(objective.state_dict()))
    torch.testing.assert_close(again.state_dict(), objective.state_dict())


def test_ablations_leave_their_part_out() -> None:
    def parts(name: str) -> tuple[bool, set[str]]:
        objective = build_objective(name, cross_entropy, MODALITIES)
        assert isinstance(objective, Cmerc)
        return objective.needs_baseline, set(objective.weights)

    contrasts = {"modality_contrast", "context_contrast"}
    assert parts("cmerc") == (True, contrasts | {"constraint"})
    assert parts("cmerc-without-curriculum") == (False, contrasts | {"constraint"})
    assert parts("cmerc-without-contrast") == (True, {"constraint"})
    assert parts("cmerc-without-constraint") == (True, contrasts)


def test_settings_reach_the_objective() -> None:
    settings = {"constraint": 2, "curriculum": None, "rule": "code", "views": ["without_text", "own_context"]}
    objective = build_objective("cmerc", cross_entropy, MODALITIES, settings)
    assert isinstance(objective, Cmerc)
    assert objective.weights["constraint"] == 2.0
    assert (objective.share, objective.rule, list(objective.views)) == (
        None,
        "code",
        ["without_text", "own_context"],
    )


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("cmrec", {}, "an objective out of base, cmerc"),
        ("cmerc", {"gamma": 1.0}, "the settings of cmerc are curriculum"),
        ("base", {"rho": 1.0}, "the settings of base are none"),
        ("cmerc-without-constraint", {"constraint": 1.0}, "constraint"),
        ("cmerc", {"modalities": ["text"]}, "modalities"),
        ("cmerc", {"rule": "mine"}, "'mine'"),
        ("cmerc", {"constraint": "0.3"}, "'0.3'"),
        ("cmerc", {"views": "text"}, "'text'"),
        ("fmfp", {"literal": "yes"}, "'yes'"),
    ],
)
def test_what_does_not_exist_is_refused_with_the_options(
    name: str, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        build_objective(name, cross_entropy, MODALITIES, settings)


def test_a_class_of_the_users_own_is_built_by_module_and_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = """
from heartsay.objectives.supervised import Supervised

class Priced(Supervised):
    def __init__(self, task_loss, modalities, *, price=0.5):
        super().__init__(task_loss)
        self.given = (modalities, price)
"""
    Path("own_objective.py").write_text(code, "utf-8")
    known = dict(OBJECTIVES)
    objective = build_objective("own_objective:Priced", cross_entropy, MODALITIES, {"price": 2.0})
    assert vars(objective)["given"] == (MODALITIES, 2.0)
    assert dict(OBJECTIVES) == known
    with pytest.raises(InputError, match=r"the settings of own_objective:Priced are price \(0.5\)"):
        build_objective("own_objective:Priced", cross_entropy, MODALITIES, {"cost": 2.0})
    with pytest.raises(InputError, match="a subclass of Objective"):
        build_objective("own_objective:__name__", cross_entropy, MODALITIES)
