"""Every command that a page or a help text shows is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from heartsay.cli.app import app
from heartsay.limits import LIMITS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md"]


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command under a group, by its path."""
    for name, command in group.commands.items():
        yield f"{path}{name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{path}{name} ")


def shown(text: str) -> list[str]:
    """What is typed after `heartsay`, of every line that begins with it, lines that go on included."""
    text = re.sub(r"\\\n\s*", "", text)
    return [match[1] for match in re.finditer(r"^ *(?:\.venv/bin/)?heartsay (.*)$", text, re.MULTILINE)]


GROUP: Any = typer.main.get_command(app)
HELP = {path: shown(command.help or "") for path, command in commands(GROUP)}
SHOWN = {
    page.name: shown("\n".join(re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)))
    for page in PAGES
}


def parse(line: str) -> None:
    """Give the words of a line to the command that they name, without running it."""
    assert set(re.findall(r" --limit (\w+)=\d+", line)) <= set(LIMITS)
    line = re.sub(r" --limit \w+=\d+", "", line)  # any command takes it
    words = shlex.split(re.split(r" [|<] | {2,}", line)[0], comments=True)
    command = GROUP
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context("heartsay", words)


def test_the_pages_show_commands() -> None:
    assert sum(map(len, SHOWN.values())) > 30
    assert len(HELP["analyze"]) > 3


@pytest.mark.parametrize(
    "line", sorted({line for lines in (*SHOWN.values(), *HELP.values()) for line in lines})
)
def test_a_command_that_is_shown_is_taken(line: str) -> None:
    parse(line)


@pytest.mark.parametrize("line", ["analyse chat.json", "analyze chat.json --colour red", "evaluate"])
def test_the_check_finds_what_is_not_taken(line: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - the library's errors of usage are private
        parse(line)
