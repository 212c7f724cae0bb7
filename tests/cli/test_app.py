"""The command line as a whole: its help, wrong usage and what it says of corpora."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.dummies.analyze_command import environment, one_sentence, run
from tests.dummies.commands import Ran

import heartsay
from heartsay import batch, formats

pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")


def test_help_teaches_by_example() -> None:
    ran = run("--help", model=False)
    assert ran.code == 0
    assert "heartsay analyze chat.json" in ran.out
    # Lines may break behind a hyphen.
    help_of_analyze = " ".join(run("analyze", "--help", model=False).out.split()).replace("- ", "-")
    assert "--resume" in help_of_analyze
    assert f"Some of {', '.join(batch.FORMATS)}." in help_of_analyze
    assert "transcripts, captions, chats, tables" in help_of_analyze
    assert f"content: {', '.join(formats.FORMATS)}, or your own" in help_of_analyze


def test_help_loads_nothing_heavy() -> None:
    heavy = ("numpy", "pydantic", "onnxruntime", "pyarrow", "tokenizers", "jinja2", "torch")
    program = (
        "import sys, contextlib, heartsay.cli\n"
        "sys.argv = ['heartsay', '--help']\n"
        "with contextlib.suppress(SystemExit): heartsay.cli.main()\n"
        f"sys.exit(', '.join(m for m in {heavy} if m in sys.modules) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_version_is_the_package_s() -> None:
    assert run("--version", model=False) == Ran(0, f"heartsay {heartsay.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyze", "missing.json"], "nothing of that name"),
        (["analyze", "-"], "empty file"),
        (["analyze", "chats"], "found no file"),
        (["analyze", "x.json", "--coverage", "90"], "between 0 and 1"),
        (["analyze", "x.json", "--coverage", "much"], "--coverage"),
        (["analyze", "x.json", "--false-discovery-rate", "20"], "between 0 and 1"),
        (["analyze", "x.json", "--false-discovery-rate", "0.05"], "0.1 or more"),
        (["analyze", "x.json", "--evidence", "maybe"], "--evidence"),
        (["analyze", "x.json", "--format", "json,docx"], "docx"),
        (["analyze", "x.json", "--out", "-", "--format", "html"], "--out -"),
        (["analyze", "x.json", "--out", "-", "--json"], "--out -"),
        (["analyze", "x.json", "--bogus"], "--bogus"),
        (["analyse", "x.json"], "analyse"),
        (["corpora", "check", "iemocap"], "iemocap"),
    ],
)
def test_wrong_usage_gets_one_sentence(arguments: list[str], message: str) -> None:
    Path("chats").mkdir()
    ran = run(*arguments, model=arguments[0] == "analyze")
    assert ran.code == 2
    assert one_sentence(ran.err)
    assert message in ran.err
    assert list(Path().iterdir()) == [Path("chats")]


def test_how_to_name_a_file_that_begins_with_a_dash_is_said() -> None:
    Path("-talk.txt").write_text("Ana: Hi.\nBen: Oh no.\n")
    ran = run("analyze", "-talk.txt")
    assert ran.code == 2
    assert "for the file of that name write ./-talk.txt" in ran.err
    assert run("analyze", "./-talk.txt").code == 0


def test_corpora_are_listed_with_their_terms() -> None:
    listed = json.loads(run("corpora", "list", "--json", model=False).out)["corpora"]
    assert {"meld", "ecf"} <= {corpus["name"] for corpus in listed}
    assert all(corpus["licence"] and corpus["citation"] for corpus in listed)
    text = run("corpora", "list", model=False).out
    assert all(corpus["title"] in text for corpus in listed)


def test_a_corpus_that_is_not_there_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTSAY_DATA", str(Path.cwd()))
    ran = run("corpora", "check", "meld", model=False)
    assert ran.code == 2
    assert one_sentence(ran.err)


@pytest.mark.skipif("HEARTSAY_DATA" not in os.environ, reason="HEARTSAY_DATA names no corpora")
def test_a_published_corpus_is_recognised() -> None:
    ran = run("corpora", "check", "meld", "--json", model=False)
    assert ran.code == 0
    assert json.loads(ran.out)["ok"] is True
    assert "as published" in run("corpora", "check", "meld", model=False).out
