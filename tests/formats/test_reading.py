import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.formats.samples import KITCHEN, WITHOUT_GOLD, read_bytes

from heartsay import formats
from heartsay.errors import InputError
from heartsay.formats import (
    FormatSpec,
    ReadFailure,
    Row,
    build_conversation,
    read,
    read_all,
    read_many,
)
from heartsay.formats.turns import split_talk

GOOD = formats.write(KITCHEN, "json")
MANY = json.dumps([{"utterances": [{"text": "a"}]}] * 3)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "kitchen.json").write_text(GOOD)
    (tmp_path / "sub" / "kitchen.csv").write_text(formats.write(KITCHEN, "csv"))
    (tmp_path / "many.json").write_text(MANY)
    (tmp_path / "README.txt").write_text("These are conversations.\n")
    return tmp_path


def test_the_same_conversation_from_every_format_and_standard_input(tmp_path, monkeypatch):
    without_gold = {
        "kitchen.vtt": formats.write(KITCHEN, "webvtt"),
        "kitchen.srt": formats.write(KITCHEN, "subrip"),
    }
    with_gold = {"kitchen.json": GOOD, "kitchen.csv": formats.write(KITCHEN, "csv")}
    for name, text in {**with_gold, **without_gold}.items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        with path.open(encoding="utf-8") as words, path.open("rb") as raw:
            sources = (path, str(path), "-", words, raw, io.StringIO(text), io.BytesIO(text.encode()))
            found = [read(source) for source in sources]
        expected = KITCHEN.utterances if name in with_gold else WITHOUT_GOLD
        assert all(conversation.utterances == expected for conversation in found)
        assert all(conversation.warnings == () for conversation in found)
        assert [conversation.id for conversation in found] == [
            *("kitchen", "kitchen", "stdin", "kitchen", "kitchen", "conversation", "conversation")
        ]
        assert [conversation.source for conversation in found][1:3] == [str(path), "standard input"]


def test_without_ids_in_the_source_every_format_counts_from_1():
    sources = {
        "x.json": '[{"speaker": "Ana", "text": "Hi.", "start": 1, "end": 2},'
        '{"speaker": "Ben", "text": "Ho.", "start": 2, "end": 3}]',
        "x.csv": "speaker,text,start,end\nAna,Hi.,1,2\nBen,Ho.,2,3\n",
        "x.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Hi.\n\n00:02.000 --> 00:03.000\n<v Ben>Ho.\n",
        "x.srt": "1\n00:00:01,000 --> 00:00:02,000\nAna: Hi.\n\n2\n00:00:02,000 --> 00:00:03,000\nBen: Ho.\n",
    }
    found = [read_bytes(text.encode(), name)[0].utterances for name, text in sources.items()]
    assert [item.id for item in found[0]] == ["1", "2"]
    assert all(utterances == found[0] for utterances in found)


def test_read_takes_exactly_one(folder):
    assert read(folder / "kitchen.json").id == "kitchen"
    with pytest.raises(InputError, match="expected one conversation, found 3; read them with read_all"):
        read(folder / "many.json")
    with pytest.raises(InputError, match="found 5"):
        read(folder)


def test_read_all_goes_through_a_folder_by_name(folder):
    found = list(read_all(folder))
    assert [conversation.id for conversation in found] == [
        "kitchen",
        "many/1",
        "many/2",
        "many/3",
        "sub/kitchen",
    ]
    assert found[0].source == str(folder / "kitchen.json")
    assert found[4].utterances == KITCHEN.utterances


def test_a_bad_file_stops_read_all_but_not_read_many(folder):
    (folder / "bad.json").write_text('[{"text": "Hi."')
    (folder / "late.jsonl").write_text('[{"text": "a"}]\n[{"text": "b"}]\n[{"te')
    with pytest.raises(InputError, match=r"bad\.json"):
        list(read_all(folder))
    found = list(read_many([folder]))
    failures = [item for item in found if isinstance(item, ReadFailure)]
    assert [(Path(item.path).name, item.stranger) for item in failures] == [
        *(("README.txt", True), ("bad.json", False), ("late.jsonl", False))
    ]
    assert isinstance(failures[0].error, InputError)
    assert [item.id for item in found if not isinstance(item, ReadFailure)] == [
        *("kitchen", "late/1", "late/2", "many/1", "many/2", "many/3", "sub/kitchen")
    ]


def test_one_good_conversation_before_a_bad_one_is_one_of_several():
    found = read_all(io.StringIO('[{"text": "a"}]\n[{"te'))
    assert next(found).id == "conversation/1"
    with pytest.raises(InputError):
        next(found)


def test_texts_in_a_folder_are_read_if_they_begin_like_a_conversation(tmp_path):
    (tmp_path / "a.txt").write_text("1 1\n\n1 | Ana | joy | Hi . | x: 00:00:01.000 - 00:00:02.000\n")
    (tmp_path / "b.txt").write_text("A note to the reader.\n")
    (tmp_path / "c.txt").write_bytes(b"\x80\x04K\x01.")
    found = list(read_many([tmp_path]))
    assert [getattr(item, "id", None) for item in found] == ["a", None, None]
    assert all(isinstance(item, ReadFailure) and item.stranger for item in found[1:])
    with pytest.raises(InputError, match="found text that begins with 'A note to the reader"):
        read(tmp_path / "b.txt")


def test_a_folder_with_nothing_to_read_is_refused(tmp_path):
    (tmp_path / "voice.wav").write_bytes(b"RIFF")
    (failure,) = read_many([tmp_path])
    assert isinstance(failure, ReadFailure)
    assert "found a recording" in str(failure.error) or "RIFF" in str(failure.error)
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputError, match="found no file"):
        list(read_all(tmp_path / "sub"))


def test_paths_and_standard_input_together(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(GOOD))
    paths = [folder / "kitchen.json", "-", folder / "sub", folder / "nowhere.json"]
    found = list(read_many(paths))
    assert [getattr(item, "id", "failure") for item in found] == [
        "stdin",
        "kitchen",
        "sub/kitchen",
        "failure",
    ]


@pytest.mark.parametrize("path", ["", "nowhere.json", '{"utterances": []}', "a\0b", "x" * 5000])
def test_a_path_that_is_none_is_refused(path):
    with pytest.raises(InputError):
        read(path)


def test_standard_input_through_a_real_pipe():
    code = "import heartsay.formats as f; print([c.id for c in f.read_all('-')])"
    data = "\n".join([json.dumps([{"text": "word " * 1000}])] * 30)
    done = subprocess.run(
        [sys.executable, "-c", code], input=data, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str([f"stdin/{number}" for number in range(1, 31)])


def test_memory_stays_flat_over_a_folder_and_over_one_table(tmp_path):
    def table(count):
        path = tmp_path / f"{count}.csv"
        with path.open("w") as file:
            file.write("dialogue,speaker,text\n")
            file.writelines(f"{n // 10},Ana,{'word ' * 100}\n" for n in range(count * 10))
        return path

    def tree(count):
        root = tmp_path / str(count)
        root.mkdir()
        for number in range(count):
            (root / f"{number}.json").write_text(MANY)
        return root

    # A process of its own, because what other tests left behind grows at times of its own choosing.
    code = """
import sys, tracemalloc
from heartsay.formats import read_all
for path in [sys.argv[1], *sys.argv[1:]]:
    tracemalloc.start()
    for _ in read_all(path):
        pass
    print(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
"""
    paths = list(map(str, (table(200), table(2000), tree(100), tree(1000))))
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True)
    _, small_table, large_table, small_tree, large_tree = map(int, done.stdout.split())
    assert Path(paths[1]).stat().st_size > 9_000_000
    assert large_table < small_table + 500_000
    # A name is all that is kept of a file.
    assert large_tree < small_tree + 900 * 200


def test_imports_stay_light():
    code = "import sys, heartsay.formats; print(sorted({'pyarrow', 'pydantic', 'numpy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"


def read_shouting(source):
    yield build_conversation([Row(1, source.text().upper(), "Ana")], source)


SHOUTING = FormatSpec("shouting", "shouting", (".log",), lambda text: text.startswith("!"), read_shouting)


def test_a_format_that_is_named_is_believed_before_suffix_and_content(tmp_path):
    (tmp_path / "kitchen.dat").write_text(formats.write(KITCHEN, "csv"))
    assert read(tmp_path / "kitchen.dat", format="csv").utterances == KITCHEN.utterances
    with pytest.raises(InputError, match="expected WEBVTT in the first line"):
        read(tmp_path / "kitchen.dat", format="webvtt")
    with pytest.raises(InputError, match="a conversation as WebVTT, found only blank lines"):
        read(io.StringIO(" "), format="webvtt")
    assert read(io.StringIO("[1]"), format=SHOUTING).utterances[0].text == "[1]"


def test_a_folder_is_searched_for_the_files_of_the_named_format(folder):
    (folder / "sub" / "a.log").write_text("hi")
    (folder / "b.TXT").write_text("!ho")
    (folder / "c.txt").write_text("no")
    found = list(read_all(folder, format=SHOUTING))
    assert [(one.id, one.utterances[0].text) for one in found] == [("b", "!HO"), ("sub/a", "HI")]
    (failure,) = read_many([folder / "sub"], format=formats.FORMATS["webvtt"])
    assert isinstance(failure, ReadFailure)
    assert "conversations (.vtt, or .txt that begins like one), found no such file" in str(failure.error)


def test_a_name_that_is_no_format_is_refused():
    with pytest.raises(InputError, match=r"a format out of json, webvtt, .*, or one of"):
        read("kitchen.json", format="doc")


def test_a_reader_that_gives_nothing_is_reported():
    silent = FormatSpec("silent", "silence", (), lambda text: True, lambda source: iter(()))
    with pytest.raises(InputError, match="expected at least one conversation, found none"):
        read(io.StringIO("x"), format=silent)


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        (lambda source: None, "TypeError"),
        (lambda source: [3], "int in place of a Conversation"),
        (lambda source: [][0], "IndexError: list index out of range"),
        (lambda source: sys.exit(0), "SystemExit: 0"),
    ],
)
def test_a_reader_that_breaks_off_is_reported_in_a_sentence(reader, found):
    broken = FormatSpec("broken", "ruins", (), lambda text: True, reader)
    with pytest.raises(InputError, match=f"a reader of ruins that gives conversations, found .*{found}"):
        read(io.StringIO("x"), format=broken)


def test_names_in_running_talk_are_read_in_linear_time() -> None:
    # One name of thousands of parts joined by underscores, which took hours.
    assert split_talk("TIME_" * 20_000 + ": yes. Ben: no") == []
    assert split_talk("Agent: hi. Customer_1: yes! SPEAKER_00: no.")[1] == ("Customer_1", "yes!")
