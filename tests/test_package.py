from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import undertone

ROOT = Path(__file__).parents[1]


def test_public_names_are_there() -> None:
    for name in undertone.__all__:
        assert getattr(undertone, name) is not None
    assert set(undertone.__all__) <= set(dir(undertone))


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="analyse"):
        undertone.analyse  # noqa: B018


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert undertone.__version__ == project["version"]


def test_importing_the_package_loads_nothing_else() -> None:
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import undertone\n"
        "print(*(m for m in set(sys.modules) - before if m.startswith('undertone.') or m == 'numpy'))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "src", capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""
