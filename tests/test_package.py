from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import heartsay

ROOT = Path(__file__).parents[1]


def test_public_names_are_there() -> None:
    for name in heartsay.__all__:
        assert getattr(heartsay, name) is not None
    assert set(heartsay.__all__) <= set(dir(heartsay))


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="analyse"):
        heartsay.analyse  # noqa: B018


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert heartsay.__version__ == project["version"]


def test_importing_the_package_loads_nothing_else() -> None:
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import heartsay\n"
        "print(*(m for m in set(sys.modules) - before if m.startswith('heartsay.') or m == 'numpy'))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "src", capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""
