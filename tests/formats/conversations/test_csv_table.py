import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.samples import KITCHEN, conversations, modest, read_as, read_bytes, read_text, texts

from heartsay import formats
from heartsay.conversation import UNKNOWN_SPEAKER
from heartsay.errors import InputError
from heartsay.formats import read_all
from heartsay.formats.conversations.csv_table import read_header

MELD_HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
)


def test_the_written_conversation_reads_back():
    (conversation,) = read_text(formats.write(KITCHEN, "csv"), "kitchen.csv")
    assert conversation.id == "kitchen"
    assert conversation.utterances == KITCHEN.utterances
    assert conversation.pairs is None


@modest
@given(conversations())
def test_any_conversation_reads_back(conversation):
    (back,) = read_text(formats.write(conversation, "csv"), "x.csv")
    assert back.utterances == conversation.utterances


@pytest.mark.parametrize("mark", [b"\x92", "\x92".encode(), "’".encode()])
def test_melds_columns_and_its_apostrophes_in_all_three_encodings(mark):
    rows = (
        b'1,"Oh, he\x92s lost it.",Mark,sadness,negative,0,0,4,7,"00:16:16,059","0:16:21,731"\n'
        b'2,What?,Ana,surprise,negative,0,1,4,7,"00:16:21,940","00:16:23,442"\n'
        b'3,Hey.,Ana\x92s Twin,neutral,neutral,5,0,4,8,"00:00:01,000","00:00:02,000"\n'
    ).replace(b"\x92", mark)
    first, second = read_bytes(MELD_HEADER.encode() + rows, "dev_sent_emo.csv")
    assert (first.id, second.id) == ("dev_sent_emo/0", "dev_sent_emo/5")
    item = first.utterances[0]
    assert (item.id, item.speaker, item.emotion, item.start, item.end) == (
        "0",
        "Mark",
        "sadness",
        976.059,
        981.731,
    )
    assert item.text == "Oh, he’s lost it."
    assert second.utterances[0].speaker == "Ana’s Twin"
    assert any("Windows-1252" in line for line in first.warnings) == (mark == b"\x92")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiters_and_encodings(delimiter, encoding):
    lines = [("SPEAKER", "Start Time", "text"), ("Zoë", "1.5", "“Hi” – ok"), ("Ben", "", "Ho")]
    data = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    (conversation,) = read_bytes(data, "x.csv")
    assert texts(conversation) == [("Zoë", "“Hi” – ok"), ("Ben", "Ho")]
    assert [item.start for item in conversation.utterances] == [1.5, None]


def test_a_header_goes_by_what_it_makes_known():
    delimiter, cells, columns = read_header("Name; Utterance; Dialogue ID; a,b,c\n")
    assert (delimiter, cells[-1]) == (";", "a,b,c")
    assert {role: field.place for role, field in columns.items()} == {
        "speaker": 0,
        "text": 1,
        "conversation": 2,
    }
    assert read_header("utterance,text")[2]["text"].place == 1


def test_cells_may_hold_delimiters_quotes_and_line_breaks():
    (conversation,) = read_text('speaker,text\n"Ana, ""B""", "one\ntwo, three"\n\n,,\n', "x.csv")
    assert texts(conversation) == [('Ana, "B"', "one two, three")]


def test_without_a_speaker_column_all_is_one_speaker():
    (conversation,) = read_text("text\nHi\nHo\n", "x.csv")
    assert {item.speaker for item in conversation.utterances} == {UNKNOWN_SPEAKER}
    assert len(conversation.warnings) == 1


def test_a_conversation_comes_as_soon_as_its_rows_end():
    def rows():
        yield b"dialogue,speaker,text\n"
        for number in range(200_000):
            drawn.append(number)
            yield f"{number // 2},Ana,{'word ' * 10}\n".encode()

    class Stream:
        def __init__(self):
            self.rows = rows()

        def read(self, size):
            return next(self.rows, b"")

    from heartsay.formats.conversations.csv_table import read
    from heartsay.formats.source import Source

    drawn: list[int] = []
    found = read(Source(Stream(), name="endless"))
    for number in range(5000):
        assert next(found).id == str(number)
        assert len(drawn) < 2 * number + 3000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("speaker,mood\nA,b\n", "x.csv, first line: .*the columns 'speaker', 'mood'"),
        ("speaker,text\n", "no utterances"),
        ("\n\n", "only blank lines"),
        ("speaker,text\nAna,Well, no\n", "line 2: expected 2 cells as in the header, found 3; put quot"),
        ("speaker,text,start\nAna,Hi,1\nBe", "line 3: expected 3 cells as in the header, found 1; check"),
        ('\nspeaker,text\nAna,Hi\nAna,"so\nhe said\n', "up to the end: .*never closed"),
        ('\nspeaker,text\nAna,Hi\nAna,"so", he said\n', "line 4: expected 2 cells"),
        ("text,start\nHi,soon\n", "line 2, start: .*found 'soon'"),
        ("dialogue,text\n1,a\n2,b\n1,c\n", "line 4: .*the id '1' a second time"),
        ("dialogue,text\n1,a\n,b\n", "line 3: expected a conversation id in every row"),
        ("id,text\n1,a\n1,b\n", "line 3: .*'1' a second time"),
        ("dialogue,text\n1,a\n2, \n", "conversation '2': .*found 1 without text"),
    ],
)
def test_what_is_amiss_is_said_with_its_place(text, message):
    with pytest.raises(InputError, match=message):
        read_text(text, "x.csv")


def test_blank_and_missing_times_are_none():
    (conversation,) = read_text("text,start,end\na,,nan\nb,NaN,None\n", "x.csv")
    assert {(item.start, item.end) for item in conversation.utterances} == {(None, None)}


@modest
@given(st.text(alphabet=st.sampled_from('speakrtx,;\t"\n\r id0:.é'), max_size=80))
def test_any_table_is_read_or_refused(rest):
    try:
        found = list(read_as("csv", b"speaker,text,start\n" + rest.encode()))
    except InputError:
        return
    assert found


@pytest.mark.skipif("HEARTSAY_DATA" not in os.environ, reason="needs MELD's CSVs in HEARTSAY_DATA")
@pytest.mark.parametrize(
    ("split", "dialogues", "utterances"), [("train", 1038, 9989), ("dev", 114, 1109), ("test", 280, 2610)]
)
def test_melds_own_files(split, dialogues, utterances):
    path = Path(os.environ["HEARTSAY_DATA"]) / "meld" / f"{split}_sent_emo.csv"
    if not path.exists():
        pytest.skip(f"no {path.name} there")
    found = list(read_all(path))
    assert (len(found), sum(map(len, found))) == (dialogues, utterances)
    assert all(item.emotion and item.start is not None for one in found for item in one.utterances)
    assert not any("\x80" <= mark < "\xa0" for one in found for item in one.utterances for mark in item.text)
