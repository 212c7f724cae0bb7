from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pytest
from tests.dummies.model import model_folder

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats import read
from heartsay.pipeline import analyze

ROWS = [
    {"speaker": "Ana", "text": "The kettle is on.", "start": 0.0, "end": 1.5},
    {"speaker": "Ben", "text": "Again?", "start": None, "end": float("nan")},
]
SRT = "1\n00:00:00,000 --> 00:00:01,500\nAna: Hello there.\n\n2\n00:00:02,000 --> 00:00:03,000\nBen: Hi.\n"


class Frame:
    """As much of a data frame of pandas as is asked for."""

    columns = ("speaker", "text", "start", "end")

    def to_dict(self, kind: str) -> list[dict[str, object]]:
        assert kind == "records"
        return [dict(row) for row in ROWS]


@pytest.mark.parametrize(
    "given", [ROWS, tuple(ROWS), {"utterances": ROWS}, Frame(), pa.Table.from_pylist(ROWS)]
)
def test_rows_are_read_whatever_holds_them(given: object) -> None:
    found = read(given)  # type: ignore[arg-type]
    assert [(u.speaker, u.text) for u in found.utterances] == [
        ("Ana", "The kettle is on."),
        ("Ben", "Again?"),
    ]
    assert (found.utterances[0].start, found.utterances[0].end) == (0.0, 1.5)
    assert (found.utterances[1].start, found.utterances[1].end) == (None, None)


def test_frames_of_pandas_are_read_and_an_index_or_a_gap_does_no_harm() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS, index=[7, 9])
    found = read(frame)
    assert [(u.speaker, u.text) for u in found.utterances] == [
        ("Ana", "The kettle is on."),
        ("Ben", "Again?"),
    ]
    assert [(u.start, u.end) for u in found.utterances] == [(0.0, 1.5), (None, None)]
    moments = pandas.to_datetime(["2024-01-05T10:21:00", "2024-01-05T10:22:00"])
    named = frame.drop(columns=["start", "end"]).assign(timestamp=moments).convert_dtypes()
    assert [u.start for u in read(named).utterances] == [0.0, 60.0]
    with pytest.raises(InputError, match="expected a conversation"):
        read(frame[["start", "end"]])


def test_text_is_told_from_a_path_by_its_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    path.write_text(SRT, encoding="utf-8")
    for given in (SRT, str(path), path, io.StringIO(SRT)):
        assert [u.text for u in read(given).utterances] == ["Hello there.", "Hi."]
    with pytest.raises(InputError, match=r"nowhere\.srt"):
        read(str(tmp_path / "nowhere.srt"))


@pytest.mark.parametrize("wrong", [None, 7, [], [1, 2], object(), b"bytes", ["a.json", "b.json"]])
def test_anything_else_is_refused_at_once(wrong: object) -> None:
    with pytest.raises(InputError, match="expected a path, text"):
        read(wrong)  # type: ignore[arg-type]
    if wrong == []:
        return  # no conversations, no analyses
    with pytest.raises(InputError, match="expected a conversation or several"):
        analyze(wrong, model=model_folder())  # type: ignore[call-overload]


def test_a_value_that_is_no_data_is_refused() -> None:
    with pytest.raises(InputError, match="found object"):
        read([{"speaker": "Ana", "text": object()}])


def test_analyze_takes_what_read_takes(tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    path.write_text(SRT, encoding="utf-8")
    folder = model_folder()
    for given in (SRT, path, ROWS, Frame()):
        analysis = analyze(given, model=folder)  # type: ignore[call-overload]
        assert len(analysis.utterances) == 2
    several = analyze([read(SRT), read(ROWS)], model=folder)
    assert [len(each.utterances) for each in several] == [2, 2]


def test_what_is_no_conversation_among_several_is_refused_when_its_turn_comes() -> None:
    def mixed() -> object:
        yield read(SRT)
        yield "not one"

    with pytest.raises(InputError, match="expected conversations, found str"):
        list(analyze(mixed(), model=model_folder()))  # type: ignore[call-overload]


def test_a_conversation_is_taken_as_it_is() -> None:
    conversation = read(SRT)
    assert isinstance(conversation, Conversation)
    assert analyze(conversation, model=model_folder()).conversation == conversation.id
