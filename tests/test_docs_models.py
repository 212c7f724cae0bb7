"""The guides to a backbone and to an objective work as printed: their files saved, their commands run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from heartsay.training.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[1]
BACKBONE, OBJECTIVE = (
    (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("add-a-backbone.md", "add-an-objective.md")
)


def save_files(page: str, folder: Path) -> list[str]:
    """Save each block of code under the name that the page gives it before."""
    names = []
    for match in re.finditer(r"Save (?:it|this) as `([\w.]+)`", page):
        block = re.search(r"```\w+\n(.*?)```", page[match.end() :], re.DOTALL)
        assert block is not None
        names.append(match[1])
        (folder / names[-1]).write_text(block[1], encoding="utf-8")
    return names


def commands(page: str) -> list[str]:
    return [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; `heartsay` is on its search path."""
    command = tmp_path / "bin" / "heartsay"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m heartsay.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str) -> str:
    ran = subprocess.run(["sh", "-e", "-c", command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell")


def test_the_backbone_is_checked_and_trained_by_its_name(folder: Path) -> None:
    assert save_files(BACKBONE, folder) == ["mean_context.py", "made_up.py", "own.yaml"]
    assert len((folder / "mean_context.py").read_text("utf-8").splitlines()) < 40
    check, check_as_json, train = commands(BACKBONE)
    lines = run(check).splitlines()
    assert [line.split()[0] for line in lines] == ["holds"] * 4 + ["by"]
    document = json.loads(run(check_as_json))
    assert document["holds"]
    assert {finding["filling"] for finding in document["findings"]} == {"learned"}
    run(train)
    trained = RunFolder(folder / "run")
    assert trained.is_finished()
    assert any("constraint_loss" in row for row in trained.history())
    assert trained.chosen()["development_weighted_f1"] > 0.6  # a guess among three has a third


def test_the_objective_trains_by_its_name(folder: Path) -> None:
    save_files(BACKBONE, folder)
    assert save_files(OBJECTIVE, folder) == ["no_surer.py", "quiet.yaml"]
    (train,) = commands(OBJECTIVE)
    run(train)
    trained = RunFolder(folder / "run")
    assert trained.is_finished()
    first, *_, last = trained.history()
    assert 0 < last["rise_loss"] < 0.7 * first["rise_loss"]
    assert last["task_loss"] < first["task_loss"]
