"""`heartsay analyze`: what it writes and prints, and what it says of bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.dummies.analyze_command import folder_of_conversations, one_sentence, run
from tests.dummies.commands import contents
from tests.dummies.model import model_folder

import heartsay
from heartsay.cli.analyzing import Files
from heartsay.demo import SUFFIXES, conversation_path
from heartsay.formats.analyses.json_document import SCHEMA_PATH

pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")


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
