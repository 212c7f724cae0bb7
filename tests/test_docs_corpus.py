"""The corpus of the guide works as printed, in every command that takes one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "add-a-corpus.md").read_text(encoding="utf-8")


def printed(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which somebody did what the guide says; `heartsay` is on its search path."""
    (tmp_path / "data" / "harbour").mkdir(parents=True)
    (tmp_path / "data" / "harbour" / "test.json").write_text(printed("json")[0], encoding="utf-8")
    (tmp_path / "harbour.py").write_text(printed("python")[0], encoding="utf-8")
    command = tmp_path / "bin" / "heartsay"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m heartsay.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.delenv("HEARTSAY_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-e", "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.skipif(os.name != "posix", reason="a shell")
def test_the_commands_of_the_guide(followed: Path) -> None:
    (commands,) = printed("sh")
    ran = run(commands)
    assert ran.returncode == 0
    assert all(line.startswith("Note: ") for line in ran.stderr.splitlines())  # of this very talk
    assert "harbour:HARBOUR: as published" in ran.stdout
    assert "on harbour:HARBOUR test" in ran.stdout
    assert "n: 6" in ran.stdout
    assert "w-6" in ran.stdout
    assert (followed / "harbour-pairs.json").is_file()


@pytest.mark.skipif(os.name != "posix", reason="a shell")
def test_a_file_that_is_not_as_published_is_refused_as_the_guide_asks(followed: Path) -> None:
    (followed / "data" / "harbour" / "test.json").write_text("[{}]")
    for command in ("corpora check harbour:HARBOUR", "evaluate --corpus harbour:HARBOUR"):
        ran = run(f"HEARTSAY_DATA=data heartsay {command}")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.count("\n") == 1
        assert (
            "test.json: expected a list of talks with labelled turns, found KeyError('turns')" in ran.stderr
        )


@pytest.mark.skipif(os.name != "posix", reason="a shell")
def test_the_program_of_the_guide(followed: Path) -> None:
    (followed / "program.py").write_text(printed("python")[1] + "\nprint(len(conversations))\n")
    ran = run(f"HEARTSAY_DATA=data '{sys.executable}' program.py")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "2\n", "")
