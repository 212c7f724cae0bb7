"""A folder as people bring it: several formats of one recording, notes, pictures, broken files."""

from __future__ import annotations

from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.formats import ReadFailure, count_files, read_many

SRT = "1\n00:00:00,000 --> 00:00:02,400\n[SPEAKER_00]: It broke again.\n\n2\n00:00:02,500 --> 00:00:04,100\n"
SRT += "[SPEAKER_01]: Again? No way.\n"
TSV = "start\tend\ttext\n0\t2400\tIt broke again.\n2500\t4100\tAgain? No way.\n"
TEXT = "It broke again.\nAgain? No way.\n"


def make(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")


def test_one_recording_in_several_formats_is_one_conversation(tmp_path: Path) -> None:
    make(tmp_path, call__srt=SRT, call__tsv=TSV, call__txt=TEXT, other__txt="Ann: Hi.\nBen: Ho.\n")
    (tmp_path / "call.wav").write_bytes(b"RIFF\x24\x08\x00\x00WAVEfmt ")
    call, other = read_many([tmp_path])
    assert isinstance(call, Conversation)
    assert isinstance(other, Conversation)
    assert (call.id, other.id) == ("call", "other")
    assert [u.speaker for u in call.utterances] == ["SPEAKER_00", "SPEAKER_01"]
    assert "read once: call.tsv, call.txt, call.wav" in call.warnings[-1]
    assert count_files([tmp_path]) == 2


def test_files_of_one_name_that_hold_other_talk_are_conversations_of_their_own(tmp_path: Path) -> None:
    make(tmp_path, call__srt=SRT, call__csv="speaker,text\nAnn,Something else entirely was said.\n")
    assert [getattr(item, "id", None) for item in read_many([tmp_path])] == ["call.csv", "call.srt"]


def test_every_file_that_is_not_read_is_named_with_its_reason(tmp_path: Path) -> None:
    make(
        tmp_path,
        a__srt=SRT,
        b__json='[{"text": "Hi."',
        notes__txt="Remember the milk.\n",
        readme__html="<p>Hi</p>",
    )
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / ".hidden").write_text("x")
    found = list(read_many([tmp_path]))
    failed = [item for item in found if isinstance(item, ReadFailure)]
    assert len(found) - len(failed) == 1
    assert [(Path(item.path).name, item.stranger) for item in failed] == [
        *(("b.json", False), ("notes.txt", True), ("picture.png", True), ("readme.html", True))
    ]
    assert "a picture" in str(failed[2].error)


def test_a_large_folder_with_every_hundredth_broken(tmp_path: Path) -> None:
    for number in range(1000):
        text = "speaker,text\nA,Hi\n" if number % 100 else "speaker,mood\nA,Hi\n"
        (tmp_path / f"{number}.csv").write_text(text)
    found = list(read_many([tmp_path]))
    assert sum(isinstance(item, ReadFailure) for item in found) == 10
    assert len(found) == 1000
