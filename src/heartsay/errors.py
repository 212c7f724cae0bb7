"""Errors that tell a person what to do."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

DAMAGE: tuple[type[Exception], ...] = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, EOFError),
    *(RuntimeError, MemoryError),
)
"""What Python and its libraries raise while they read a file that is damaged, or is not what it claims to be:
JSON and numbers in it, their keys and types, nesting, and sizes that are stated and are not there."""


class HeartsayError(Exception):
    """Base of every error this project raises on purpose; its text is one clear sentence or two, in one line.

    Args:
        sentence: what is wrong; line ends in what it quotes become blanks.
    """

    def __init__(self, sentence: str = "") -> None:
        super().__init__(" ".join(sentence.splitlines()))


def first_line(error: BaseException) -> str:
    """The first line of what an error says; its kind, where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


class InputError(HeartsayError):
    """Input that is not what it claims to be.

    Args:
        expected: what was expected, as a noun phrase.
        found: what came instead.
        where: the file, line or field, as exact as it is known.
        do: what the reader can do about it, as an imperative clause.
    """

    def __init__(self, *, expected: str, found: str, where: str, do: str) -> None:
        self.expected = expected
        self.found = found
        self.where = where
        self.do = do
        super().__init__(f"{where}: expected {expected}, found {found}; {do}.")


class ModelError(HeartsayError):
    """A model folder, checkpoint or run that cannot be used, and why."""


class MissingDependencyError(HeartsayError):
    """A feature was asked for whose optional packages are not installed.

    Args:
        feature: what was asked for.
        extra: the extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs packages that are not installed; run: {install_command(extra)}")


def install_command(extra: str) -> str:
    """What installs an extra into this Python, from the checkout where the package lies in one."""
    beside = Path(sys.executable).with_name("pip")
    pip = "pip" if shutil.which("pip") == str(beside) else f"{shlex.quote(sys.executable)} -m pip"
    root = Path(__file__).resolve().parents[2]
    if not ((root / "pyproject.toml").is_file() and (root / "constraints.txt").is_file()):
        return f"{pip} install 'heartsay[{extra}]'"
    return f"cd {shlex.quote(str(root))} && {pip} install -c constraints.txt -e '.[{extra}]'"
