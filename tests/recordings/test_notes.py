from __future__ import annotations

from pathlib import Path

from heartsay.conversation import Word
from heartsay.recordings.notes import Notes, fingerprint, remove_notes

WORDS = (Word("yes.", 0.5, 0.75, 0.125),)


def test_what_was_heard_is_there_again_and_a_cut_line_is_not(tmp_path: Path) -> None:
    notes = Notes(tmp_path, {"recording": "a"})
    notes.add(0, WORDS)
    notes.add(1, ())
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text() + '[2, [["no')
    again = Notes(tmp_path, {"recording": "a"})
    assert again.words(0) == WORDS
    assert again.words(1) == ()
    assert again.words(2) is None
    again.add(2, WORDS)
    assert Notes(tmp_path, {"recording": "a"}).words(2) == WORDS


def test_a_cut_first_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    Notes(tmp_path, {"recording": "a"}).add(0, WORDS)
    (path,) = tmp_path.iterdir()
    path.write_text('[0, [["ye')
    again = Notes(tmp_path, {"recording": "a"})
    assert again.words(0) is None
    again.add(0, WORDS)
    assert Notes(tmp_path, {"recording": "a"}).words(0) == WORDS


def test_another_recording_has_notes_of_its_own(tmp_path: Path) -> None:
    Notes(tmp_path, {"recording": "a"}).add(0, WORDS)
    assert Notes(tmp_path, {"recording": "b"}).words(0) is None
    assert Notes(None, {}).words(0) is None
    remove_notes(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_is_told_by_size_beginning_and_end(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    found = set()
    for data in (b"a" * 3_000_000, b"a" * 2_999_999 + b"b", b"b" + b"a" * 2_999_999, b"a" * 2_999_999):
        path.write_bytes(data)
        found.add(fingerprint(path))
    assert len(found) == 4
