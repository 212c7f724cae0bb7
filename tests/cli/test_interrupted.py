"""Runs that are stopped and resumed, full disks, and streams that are closed."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.dummies.analyze_command import command, environment, folder_of_conversations, one_sentence, run
from tests.dummies.commands import contents
from tests.dummies.model import model_folder

from heartsay import cli
from heartsay.demo import conversation_path

pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")


def test_an_interrupted_run_is_named_and_not_overwritten() -> None:
    folder = folder_of_conversations(2)
    Path("heartsay-out").mkdir()
    Path("heartsay-out/progress.jsonl").write_text('{"journal": 1, "settings": {}}\n')
    ran = run("analyze", str(folder))
    assert ran.code == 2
    assert one_sentence(ran.err)
    assert "--resume" in ran.err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_gets_one_sentence() -> None:
    Path("locked").mkdir(mode=0o500)
    ran = run("analyze", str(conversation_path()), "--out", "locked/out")
    assert ran.code == 2
    assert one_sentence(ran.err)


def started_and_stopped(signal_number: int, arguments: list[str], lines: int) -> tuple[int, str]:
    """Start the command, and stop it by a signal once its journal has that many lines."""
    journal = Path("cut/progress.jsonl")
    process = subprocess.Popen(
        command(arguments),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if journal.exists() and journal.read_bytes().count(b"\n") >= lines:
            process.send_signal(signal_number)
            break
        time.sleep(0.002)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_resumes_to_the_same_bytes(signal_number: int) -> None:
    folder = folder_of_conversations(70)
    (folder / "0003.json").write_text("{")
    options = ["--format", "json,csv,parquet,html", "--model", str(model_folder())]
    assert run("analyze", str(folder), "--out", "whole", *options, model=False).code == 1

    code, err = started_and_stopped(signal_number, ["analyze", str(folder), "--out", "cut", *options], 20)

    assert code == (130 if signal_number == signal.SIGINT else -signal.SIGKILL)
    if signal_number == signal.SIGINT:
        assert one_sentence(err)
        assert "saved in cut" in err
        assert "--resume" in err
    assert not Path("cut/index.html").exists()
    again = ["analyze", str(folder), "--out", "cut", *options, "--resume"]
    refused = run(*again, "--coverage", "0.8", model=False)
    assert refused.code == 2
    assert "other settings" in refused.err

    resumed = run(*again, "--json", model=False)

    assert resumed.code == 1
    said = json.loads(resumed.out)
    assert said["resumed"] >= 19
    assert said["conversations"] == 69
    assert contents(Path("cut")) == contents(Path("whole"))


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device /dev/full here")
def test_no_room_for_standard_output_gets_one_sentence() -> None:
    arguments = ["analyze", str(conversation_path()), "--out", "-", "--model", str(model_folder())]
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            command(arguments), env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 2
    assert one_sentence(ran.stderr)
    assert "no room" in ran.stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes")
@pytest.mark.parametrize(("closed", "open_"), [("stdout", "stderr"), ("stderr", "stdout")])
def test_a_stream_that_is_closed_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], closed: str, open_: str
) -> None:
    monkeypatch.setattr(sys, closed, None)
    monkeypatch.setattr(sys, "argv", ["heartsay", "analyze", "nothing-of-that-name", "--out", "-"])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    assert exit_.value.code == 2
    assert bool(getattr(capsys.readouterr(), open_[3:])) == (open_ == "stderr")


def test_standard_input_that_is_closed_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(io, "TextIOWrapper", lambda *_: None)
    ran = run("analyze", "-")
    assert ran.code == 2
    assert one_sentence(ran.err)
    assert "empty file" in ran.err


def test_a_reader_that_goes_away_is_no_drama() -> None:
    folder = folder_of_conversations(40)
    arguments = ["analyze", str(folder), "--out", "-", "--model", str(model_folder())]
    process = subprocess.Popen(
        command(arguments), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(100)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 141


STOPPED_WHILE_LOADED = """
import builtins
from heartsay import cli
real = builtins.__import__
def stopping(name, *arguments, **named):
    if name == "heartsay.cli.app":
        raise KeyboardInterrupt
    return real(name, *arguments, **named)
builtins.__import__ = stopping
cli.main()
"""


def test_stopped_while_it_is_being_loaded() -> None:
    asked = [sys.executable, "-c", STOPPED_WHILE_LOADED]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (130, "Stopped.\n")
