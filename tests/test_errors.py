"""Errors name what can be done where the person stands."""

from __future__ import annotations

import re
import shlex
import stat
import sys
import tomllib
from pathlib import Path

import pytest

from heartsay import errors
from heartsay.errors import MissingDependencyError, install_command

ROOT = Path(__file__).parents[1]


@pytest.fixture
def search_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pip, the only one that the shell searches, and a Python beside it."""
    for name in ("pip", "python"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(stat.S_IRWXU)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_in_a_checkout_its_folder_and_its_pins_are_named(search_path: Path) -> None:
    command = f"cd {shlex.quote(str(ROOT))} && pip install -c constraints.txt -e '.[train]'"
    assert install_command("train") == command
    assert str(MissingDependencyError("training", "train")) == (
        f"training needs packages that are not installed; run: {command}"
    )


def test_installed_from_an_index_the_package_is_named(
    search_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "__file__", str(search_path / "site-packages/heartsay/errors.py"))
    assert install_command("media") == "pip install 'heartsay[media]'"


def test_the_pip_of_another_python_is_not_named(search_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that is used without being activated is not where the shell's pip installs."""
    other = search_path / "my environment" / "python"
    monkeypatch.setattr(sys, "executable", str(other))
    assert f" && '{other}' -m pip install -c " in install_command("train")


def test_every_extra_that_a_message_names_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {
        extra
        for path in (ROOT / "src").rglob("*.py")
        for extra in re.findall(r"MissingDependencyError\(.*, \"(\w+)\"\)", path.read_text("utf-8"))
    }
    assert {"train", "media"} <= named
    assert named <= set(project["optional-dependencies"])


def test_an_error_that_says_nothing_is_called_by_its_kind() -> None:
    assert errors.first_line(MemoryError()) == "MemoryError"
    assert errors.first_line(ValueError("one\ntwo")) == "one"
