"""The command line on the dummy model, in this process or in one of its own."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.dummies.commands import ROOT, Ran
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

from heartsay import cli, formats


def run(*arguments: str, model: bool = True, stdin: bytes = b"") -> Ran:
    """Run the command line in this process, with the dummy model where one is needed."""
    given = [*arguments, "--model", str(model_folder())] if model else list(arguments)
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["heartsay", *given])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as exit_,
        ):
            cli.main()
    assert isinstance(exit_.value.code, int)
    return Ran(exit_.value.code, out.getvalue(), err.getvalue())


def command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "heartsay.cli", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def folder_of_conversations(count: int, turns: int = 12) -> Path:
    folder = Path("chats")
    folder.mkdir()
    for seed in range(count):
        text = formats.write(random_conversation(seed, turns), "json")
        (folder / f"{seed:04d}.json").write_text(text, "utf-8")
    return folder


def one_sentence(err: str) -> bool:
    return err.count("\n") == 1 and "Traceback" not in err
