"""What all commands share: exit codes, the option for JSON, errors in words, and where people read."""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartsay.errors import HeartsayError

if TYPE_CHECKING:
    from rich.console import Console

DONE, SOME_FAILED, NOTHING_DONE, STOPPED, READER_GONE = 0, 1, 2, 130, 141
"""Exit codes; the last two are what a shell expects of Ctrl-C and of a closed pipe."""

NOTES = 5
"""How many warnings are printed for people."""

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")
]


@contextmanager
def reporting(command: str, wanted: bool) -> Iterator[None]:
    """Where JSON is wanted, an error also goes to standard output; a closed pipe is no error."""
    try:
        yield
    except BrokenPipeError:
        raise typer.Exit(READER_GONE) from None
    except (HeartsayError, OSError) as error:
        if wanted:
            print_json(command, {"error": in_words(error)})
        raise


def print_json(command: str, facts: Mapping[str, Any]) -> None:
    """Print the one object that --json promises."""
    print_document(json.dumps({"command": command, **facts}, ensure_ascii=False))


def print_document(text: str) -> None:
    """Print a JSON text and flush; characters that the output's encoding lacks are spelt as JSON can."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text)
    print(text, flush=True)


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def in_words(error: BaseException) -> str:
    """What an error means to the person at the terminal."""
    if not isinstance(error, OSError):
        return str(error)
    where = error.filename or "the output"
    if error.errno == errno.ENOSPC:
        return f"{where}: no room left on the disk; make room or name another folder."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where}: permission denied; check its permissions or name another folder with --out."
    return f"{where}: {(error.strerror or str(error)).lower()}."


def complain(sentence: str, code: int) -> int:
    """Write a sentence to standard error; returns the exit code."""
    print(sentence, file=sys.stderr)
    return code


def print_notes(warnings: Sequence[str]) -> None:
    """Write warnings to standard error, no more of them than a person reads."""
    for sentence in warnings[:NOTES]:
        print(f"Note: {sentence}.", file=sys.stderr)
    if (left := len(warnings) - NOTES) > 0:
        print(f"Note: {left} more of this kind; --json lists them.", file=sys.stderr)


def rich_console(stderr: bool = False) -> Console:
    """Where people read; colours only on a terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False)
