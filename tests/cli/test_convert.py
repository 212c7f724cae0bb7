from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from tests.dummies.analyze_command import one_sentence, run
from tests.formats.samples import KITCHEN

from heartsay import formats


@pytest.fixture(autouse=True)
def kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder, with one conversation."""
    monkeypatch.chdir(tmp_path)
    Path("kitchen.json").write_text(formats.write(KITCHEN, "json"), encoding="utf-8")


@pytest.mark.parametrize(
    ("out", "not_kept"),
    [
        ("again.json", []),
        ("a.csv", ["pairs"]),
        ("a.vtt", ["emotion", "pairs"]),
        ("a.SRT", ["emotion", "pairs"]),
    ],
)
def test_what_a_format_does_not_keep_is_named(out: str, not_kept: list[str]) -> None:
    ran = run("convert", "kitchen.json", out, model=False)
    assert (ran.code, ran.out) == (0, f"Written: {out}\n")
    assert ran.err.endswith(f": {', '.join(not_kept)}.\n") if not_kept else ran.err == ""
    assert [u.text for u in formats.read(out).utterances] == [u.text for u in KITCHEN.utterances]
    printed = json.loads(run("convert", "kitchen.json", out, "--json", model=False).out)
    assert printed == {"command": "convert", "written": out, "not_kept": not_kept, "warnings": []}


def test_times_finer_than_captions_have_them_are_named() -> None:
    Path("fine.csv").write_text("id,speaker,text,start,end\n1,Ana,Hi.,0.1234,0.9\n", encoding="utf-8")
    assert "not kept as it was in SubRip: start." in run("convert", "fine.csv", "fine.srt", model=False).err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["kitchen.json", "out.txt"], "expected a file that ends in .json, .vtt, .* found '.txt'"),
        (["kitchen.json", "out"], "found no suffix"),
        (["nowhere.json", "out.csv"], "nothing of that name"),
        (["two.json", "out.csv"], "expected one conversation, found 2"),
        (["two.json", "out.vtt", "--input-format", "xml"], "a format out of json, .*found 'xml'"),
        (["untimed.csv", "out.vtt"], "a start and an end for every utterance"),
    ],
)
def test_what_cannot_be_converted_is_refused_in_a_sentence(arguments: list[str], sentence: str) -> None:
    Path("two.json").write_text('[{"utterances": [{"text": "Hi."}]}, {"utterances": [{"text": "Ho."}]}]')
    Path("untimed.csv").write_text("speaker,text\nAna,Hi.\n")
    ran = run("convert", *arguments, model=False)
    assert ran.code == 2
    assert one_sentence(ran.err)
    assert re.search(sentence, ran.err)
    assert not Path(arguments[1]).exists()


def test_a_format_of_a_user_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("my_lines.py").write_text(
        "from heartsay.formats import FormatSpec, Row, build_conversation\n"
        "def read(source):\n"
        "    yield build_conversation([Row(1, source.text(), 'Ana')], source)\n"
        "LINES = FormatSpec('lines', 'lines', ('.log',), lambda text: False, read)\n"
        "OTHER = 7\n"
    )
    Path("chat.log").write_text("Hi.\n")
    ran = run("convert", "chat.log", "chat.csv", "--input-format", "my_lines:LINES", model=False)
    assert ran.code == 0
    assert [(u.speaker, u.text) for u in formats.read("chat.csv").utterances] == [("Ana", "Hi.")]
    for reference, words in {
        "my_words:LINES": "found no module my_words",
        "my_lines:WORDS": "a format called WORDS in .*found LINES",
        "my_lines:OTHER": "a format, an instance of FormatSpec, found an object of type int",
    }.items():
        ran = run("analyze", "chat.log", "--input-format", reference)
        assert ran.code == 2
        assert one_sentence(ran.err)
        assert re.search(words, ran.err)
