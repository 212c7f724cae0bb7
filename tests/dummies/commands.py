"""The command line in this process or in one of its own, and what it said."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from heartsay import cli
from heartsay.cli import progress
from heartsay.pipeline import analysing as pipeline

ROOT = Path(__file__).parents[2]


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    def said(self) -> dict[str, Any]:
        """The one JSON object on standard output, held to what JSON knows: no NaN and no infinity."""

        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is not JSON")

        said = json.loads(self.out, parse_constant=refuse)
        assert isinstance(said, dict)
        return said


IN_SILENCE = """
from heartsay import cli
from heartsay.cli import progress
progress.PATIENCE = float("inf")
cli.main()
"""


def run(*arguments: str | Path, data: Path | None = None) -> Ran:
    """Run the command line in this process, as if it were a fresh one."""
    pipeline._load_once.cache_clear()
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["heartsay", *map(str, arguments)])
        patch.setattr(progress, "PATIENCE", math.inf)  # a slow machine must not make commands speak
        if data is None:
            patch.delenv("HEARTSAY_DATA", raising=False)
        else:
            patch.setenv("HEARTSAY_DATA", str(data))
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as exit_,
        ):
            cli.main()
    assert isinstance(exit_.value.code, int)
    return Ran(exit_.value.code, out.getvalue(), err.getvalue())


def in_a_process(program: str, *arguments: str | Path, data: Path) -> Ran:
    """Run a program that ends in the command line, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}\n{IN_SILENCE}", *map(str, arguments)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "HEARTSAY_DATA": str(data),
            "OMP_NUM_THREADS": "1",  # the same sums in the same order as in this process
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def one_sentence(ran: Ran) -> bool:
    return ran.err.count("\n") == 1 and "Traceback" not in ran.err
