"""The command line: which commands there are, and what every one of them ends with."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from heartsay import __version__
from heartsay.cli.adapt import adapt
from heartsay.cli.analyze import analyze
from heartsay.cli.calibrate import calibrate
from heartsay.cli.causes import causes_app
from heartsay.cli.check_backbone import check_backbone
from heartsay.cli.console import DONE, NOTHING_DONE, READER_GONE, STOPPED, complain, in_words
from heartsay.cli.convert import convert
from heartsay.cli.corpora import corpora_app
from heartsay.cli.evaluate import evaluate
from heartsay.cli.explain import explain_app
from heartsay.cli.export import export
from heartsay.cli.features import features
from heartsay.cli.query import query
from heartsay.cli.reproduce_voice import reproduce_app
from heartsay.cli.summary import summary
from heartsay.cli.train import train
from heartsay.errors import HeartsayError, InputError
from heartsay.limits import change, change_as_said

COMMANDS: dict[str, Callable[..., Any] | typer.Typer] = {
    "analyze": analyze,
    "convert": convert,
    "train": train,
    "calibrate": calibrate,
    "export": export,
    "adapt": adapt,
    "evaluate": evaluate,
    "reproduce": reproduce_app,
    "check-backbone": check_backbone,
    "corpora": corpora_app,
    "features": features,
    "query": query,
    "summary": summary,
    "causes": causes_app,
    "explain": explain_app,
}
"""Every command or group of commands by its name, in the order in which --help lists them."""


class _Commands(TyperGroup):
    """The commands, with any of which `--limit` may stand, before its name or behind it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put every `--limit` before the command."""
        own, rest = list[str](), list(args)
        end = rest.index("--") if "--" in rest else len(rest)
        place = 0
        while place < end:
            if rest[place] == "--limit" or rest[place].startswith("--limit="):
                taken = 2 if rest[place] == "--limit" and place + 1 < end else 1
                own += rest[place : place + taken]
                del rest[place : place + taken]
                end -= taken
            else:
                place += 1
        return super().parse_args(ctx, own + rest)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="""
    Read the emotions of a recorded conversation, and how far each reading can be trusted.

    \b
    Start here:
      heartsay analyze chat.json             a report and a JSON document in heartsay-out/
      heartsay analyze interviews/           every conversation in a folder
      heartsay analyze - < chat.vtt          standard input
      heartsay COMMAND --help                more about a command
    """,
)


ADDRESSES = 1_000
"""Megabytes of address space (`ulimit -v`) without which the libraries end in their own words, or in none:
measured with an analysis of 28 utterances and two threads, which 800 did not carry and 1,200 did."""

_NO_MEMORY = re.compile("cannot allocate memory|failed to map segment", re.IGNORECASE)
"""How the system says that a library finds no room."""


def main() -> None:
    """Run the command line; never shows a traceback for what a user can cause."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, TextIOWrapper):  # where text holds what the encoding lacks
        sys.stdout.reconfigure(errors="replace")
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = complain("Stopped.", STOPPED)
    except BrokenPipeError:
        code = READER_GONE
    except HeartsayError as error:
        code = complain(str(error), NOTHING_DONE)
    except OSError as error:
        code = complain(in_words(error), NOTHING_DONE)
    except (MemoryError, ImportError) as error:
        if not (isinstance(error, MemoryError) or _NO_MEMORY.search(str(error))):
            raise
        code = complain("There is not enough memory for this; free some, or allow more.", NOTHING_DONE)
    except Exception as error:
        # Errors of usage; their class is private in some versions of the library.
        if not hasattr(error, "format_message"):
            raise
        message = error.format_message()
        if not message.startswith("Usage:"):  # a command without arguments shows its help
            dashed = next((a for a in sys.argv[1:] if a.startswith("-") and os.path.isfile(a)), None)  # noqa: PTH113
            hint = "see heartsay --help" if dashed is None else f"for the file of that name write ./{dashed}"
            message = f"{message.rstrip('.')}; {hint}."
        code = complain(message, NOTHING_DONE)
    try:
        sys.stdout.flush()
    except OSError:
        # It has been reported; what is still to be written must not fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code if isinstance(code, int) else DONE)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"heartsay {__version__}")
        raise typer.Exit


def _look_for_room() -> None:
    """Refuse to begin with so little memory that a library would crash.

    Raises:
        InputError: the system's limit is below `ADDRESSES`.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    allowed, unlimited = resource.getrlimit(resource.RLIMIT_AS)[0], resource.RLIM_INFINITY
    if allowed != unlimited and allowed < ADDRESSES << 20:
        raise InputError(
            expected=f"{ADDRESSES:,} MB of address space at least",
            found=f"a limit of {allowed >> 20:,} MB",
            where="memory",
            do="raise it with `ulimit -v`, in kilobytes",
        )


@app.callback()
def heartsay(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit",
            metavar="NAME=VALUE",
            help="Give a limit another value, such as text_bytes=400000000; docs/sizes.md lists all."
            " Repeatable, and may stand behind the command.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """The command without a subcommand prints help."""
    _look_for_room()
    change()  # those of an earlier command in this process
    change_as_said(limit or [])


for name, command in COMMANDS.items():
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name, no_args_is_help=True)(command)
