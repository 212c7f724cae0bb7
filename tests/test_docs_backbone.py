"""The backbone of the guide trains as printed and keeps what the guide says it must."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch

from heartsay.evidence.views import removals
from heartsay.models import registry
from heartsay.models.backbone import Backbone, InputShape
from heartsay.models.leak import leak
from heartsay.models.registry import build_backbone
from heartsay.models.strict import read_strictly
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.backbone import load_backbone

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "add-a-backbone.md"


def printed() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return str(code)


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """What a scratch file with the guide's code leaves behind."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "mean_context"}
    known = set(registry.BACKBONES)
    try:
        exec(compile(printed(), "mean_context.py", "exec"), namespace)
        yield namespace
    finally:
        for name in set(registry.BACKBONES) - known:
            registry._REGISTERED.pop(name)


def test_the_example_is_short() -> None:
    code = printed()
    ast.parse(code)
    assert len(code.splitlines()) < 60


def test_the_example_trains_under_cmerc(followed: dict[str, object]) -> None:
    run, corpus = followed["run"], followed["corpus"]
    assert isinstance(run, RunFolder)
    assert run.is_finished()
    assert any("constraint_loss" in row for row in run.history())
    assert run.chosen()["development_weighted_f1"] > 0.6  # a guess among three has a third
    assert isinstance(load_backbone(run, corpus), Backbone)  # type: ignore[arg-type]


def test_the_example_keeps_to_the_proofs(followed: dict[str, object]) -> None:
    model = build_backbone("mean-context", InputShape(WIDTHS, 2, len(EMOTIONS)), {}).eval()
    whole = feature_batch((6, 4), missing=0.2).evidence
    reading = model(whole).emotion
    short = feature_batch((6,), missing=0.2).evidence
    torch.testing.assert_close(model(short).emotion[0], reading[0])
    for view in removals(tuple(WIDTHS)).values():
        for read in (model, partial(read_strictly, model)):
            assert leak(read, whole, view, torch.Generator()) < 1e-6
