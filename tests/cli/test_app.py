from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from jsonschema import Draft202012Validator
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

import heartsay
from heartsay import batch, cli, formats
from heartsay.cli.analyzing import Files
from heartsay.demo import SUFFIXES, conversation_path
from heartsay.formats.analyses.json_document import SCHEMA_PATH

ROOT = Path(__file__).parents[2]


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


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


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def one_sentence(err: str) -> bool:
    return err.count("\n") == 1 and "Traceback" not in err


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


def test_one_conversation_is_summed_up_and_its_report_named() -> None:
    ran = run("analyze", str(conversation_path()))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.rstrip().endswith(f"Report: {Path('heartsay-out/harbour-pitch.html')}")
    assert "Ines" in ran.out
    assert "%" in ran.out
    assert set(contents(Path("heartsay-out"))) == {"harbour-pitch.json", "harbour-pitch.html"}
    document = json.loads(Path("heartsay-out/harbour-pitch.json").read_text("utf-8"))
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(document)


def test_json_csv_webvtt_and_standard_input_agree() -> None:
    documents = []
    for suffix in SUFFIXES:
        assert run("analyze", str(conversation_path(suffix)), "--format", "json", "--quiet").code == 0
        documents.append(json.loads(Path("heartsay-out/harbour-pitch.json").read_text("utf-8")))
    ran = run("analyze", "-", "--out", "-", stdin=conversation_path().read_bytes())
    documents.append(json.loads(ran.out))
    utterances = [document["utterances"] for document in documents]
    assert utterances[0]
    assert all(u == utterances[0] for u in utterances)


def test_the_library_and_the_command_agree() -> None:
    run("analyze", str(conversation_path()), "--format", "json")
    analysis = heartsay.analyze(heartsay.read(conversation_path()), model=model_folder())
    assert json.loads(Path("heartsay-out/harbour-pitch.json").read_text("utf-8")) == analysis.model_dump(
        mode="json"
    )


def test_a_folder_with_one_bad_file() -> None:
    folder = folder_of_conversations(3)
    (folder / "0001.json").write_text("{")

    ran = run("analyze", str(folder), "--format", "json,csv,parquet,html")

    assert ran.code == 1
    assert one_sentence(ran.err)
    assert "0001.json" in ran.err
    assert set(contents(Path("heartsay-out"))) == {
        *("0000.json", "0000.html", "0002.json", "0002.html"),
        *("index.html", "utterances.csv", "utterances.parquet"),
    }
    assert "2 conversations, 24 utterances" in ran.out


def test_json_on_standard_output_says_what_was_done() -> None:
    folder = folder_of_conversations(2)
    (folder / "bad.csv").write_text("a,b\n1,2\n")

    ran = run("analyze", str(folder), "--json", "--format", "json,csv")

    assert ran.code == 1
    said = json.loads(ran.out)
    assert said["command"] == "analyze"
    assert (said["conversations"], said["utterances"]) == (2, 24)
    assert said["documents"] == [{"conversation": name, "json": f"{name}.json"} for name in ("0000", "0001")]
    assert said["tables"] == ["utterances.csv"]
    assert [Path(f["path"]).name for f in said["failures"]] == ["bad.csv"]
    for document in said["documents"]:
        assert (Path(said["out"]) / document["json"]).is_file()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.json"),
        (b"{", "cut.json"),
        (b"[]", "nothing.json"),
        (b'{"utterances": []}', "none.json"),
        (b'{"utterances": [{"speaker": "A"}]}', "no-text.json"),
        (b"person,colour\nA,red\n", "columns.csv"),
        (b"\x80\x04\x95\x00", "pickle.json"),
        (b"PK\x03\x04rest", "zip.csv"),
        (b"WEBVTT\n\n", "empty.vtt"),
        (b'{"utterances": [{"speaker": "A", "text": 5, "emotion": "bored"}]}', "number.json"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_bad_input_gets_one_sentence_and_leaves_nothing(content: bytes, name: str, as_json: bool) -> None:
    Path(name).write_bytes(content)
    ran = run("analyze", name, *(["--json"] if as_json else []))
    assert ran.code == 2
    assert one_sentence(ran.err)
    assert name in ran.err
    assert list(Path().iterdir()) == [Path(name)]
    if as_json:
        said = json.loads(ran.out)
        assert said["conversations"] == 0
        assert said["failures"][0]["error"] == ran.err.rstrip("\n")
    else:
        assert ran.out == ""


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


def test_causes_are_listed_under_the_false_discovery_rate_asked_for() -> None:
    documents = []
    for rate in ("0.1", "0.3"):
        ran = run("analyze", str(conversation_path()), "--out", "-", "--false-discovery-rate", rate)
        assert (ran.code, ran.err) == (0, "")
        documents.append(json.loads(ran.out))
        assert documents[-1]["false_discovery_control"]["rate"] == float(rate)
    few, more = (sum(len(u["causes"]) for u in document["utterances"]) for document in documents)
    assert 0 < few < more


def test_a_missing_model_gets_one_sentence_also_as_json() -> None:
    ran = run("analyze", str(conversation_path()), "--model", "nowhere", "--json", model=False)
    assert ran.code == 2
    assert one_sentence(ran.err)
    assert json.loads(ran.out) == {"command": "analyze", "error": ran.err.rstrip("\n")}


def test_several_documents_are_printed_one_per_line() -> None:
    folder = folder_of_conversations(3)
    (folder / "0001.json").write_text("{")
    ran = run("analyze", str(folder), "--out", "-", "--evidence", "never")
    assert ran.code == 1
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert [d["conversation"] for d in documents] == ["0000", "0002"]
    assert not Path("heartsay-out").exists()


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


def test_progress_is_of_files_or_of_the_conversations_of_a_single_file() -> None:
    folder = folder_of_conversations(3)
    (folder / "0001.json").write_text("{")
    inputs = Files([str(folder)])
    assert [inputs.row() for _ in inputs] == [{"done": n, "of": 3, "unit": "files"} for n in range(3)]
    lines = [json.dumps(json.loads((folder / f"{n}.json").read_text())) for n in ("0000", "0002")]
    Path("both.jsonl").write_text("\n".join(lines))
    inputs = Files(["both.jsonl"])
    assert [inputs.row() for _ in inputs] == [{"done": n, "unit": "conversations"} for n in (1, 2)]


def test_what_an_encoding_lacks_is_spelt_in_json_and_replaced_in_text(tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text('[{"speaker": "Zoë", "text": "Größe ☃"}]', "utf-8")
    asked = [sys.executable, "-m", "heartsay.cli", "analyze", "talk.json", "--out"]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    printed = subprocess.run([*asked, "-"], cwd=tmp_path, env=ascii_only, capture_output=True, check=True)
    assert json.loads(printed.stdout.decode("ascii"))["utterances"][0]["text"] == "Größe ☃"
    subprocess.run([*asked, "out"], cwd=tmp_path, env=ascii_only, capture_output=True, check=True)


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
