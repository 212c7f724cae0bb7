"""Every limit is stated, can be changed by name, and is named where something is refused for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from heartsay.cli.app import app
from heartsay.errors import InputError
from heartsay.formats import read
from heartsay.limits import EVIDENCE_SECONDS, LIMITS, change, change_as_said, changed, limit

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    change()


def test_the_page_lists_every_limit() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([0-9,]+) \| (.+) \|$", (ROOT / "docs/sizes.md").read_text(), re.MULTILINE
    )
    assert rows == [(name, f"{each.value:,}", each.meaning) for name, each in LIMITS.items()]


def test_evidence_ends_within_two_minutes() -> None:
    assert 800 <= limit("evidence_utterances") <= 120 / EVIDENCE_SECONDS


def test_limits_are_changed_and_put_back() -> None:
    change(text_bytes=10)
    assert (limit("text_bytes"), changed()) == (10, {"text_bytes": 10})
    change_as_said(["text_bytes=1_000", "pickle_depth=3"])
    assert changed() == {"pickle_depth": 3, "text_bytes": 1000}
    change()
    assert (limit("text_bytes"), changed()) == (200_000_000, {})


@pytest.mark.parametrize(
    "text", ["text_bytes", "text_bytes=", "text_bytes=-1", "text_bytes=0", "x=1", "text_bytes=1e9"]
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--limit"):
        change_as_said([text])
    assert changed() == {}


def test_a_refusal_names_the_limit_that_it_is_for(tmp_path: Path) -> None:
    path = tmp_path / "talk.vtt"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Hello.\n")
    change(text_bytes=20)
    with pytest.raises(InputError, match=r"--limit text_bytes=VALUE"):
        read(path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--limit", "text_bytes=20", "convert", "TALK", "OUT"],
        ["convert", "TALK", "--limit=text_bytes=20", "OUT"],
        ["convert", "TALK", "OUT", "--limit", "text_bytes=20", "--limit", "pickle_depth=3"],
    ],
)
def test_any_command_takes_limits(arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "talk.vtt"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Hello.\n")
    given = [{"TALK": str(path), "OUT": str(tmp_path / "talk.srt")}.get(part, part) for part in arguments]
    result = CliRunner().invoke(app, given)
    assert isinstance(result.exception, InputError)
    assert "--limit text_bytes=VALUE" in str(result.exception)
    assert CliRunner().invoke(app, ["convert", str(path), str(tmp_path / "talk.srt")]).exit_code == 0
