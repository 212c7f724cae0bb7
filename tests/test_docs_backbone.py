"""The backbone of the guide trains as printed and keeps what the guide says it must."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from heartsay.models import registry
from heartsay.models.backbone import Backbone
from heartsay.models.proofs import check_backbone
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
    assert all(finding.holds for finding in check_backbone("mean-context", {}))
