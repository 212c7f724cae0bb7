from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from undertone.report.page import script, shorten, write_beside


def test_writing_replaces_what_was_there_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    write_beside(path, ["ein ", "grüner\n", "Satz"])
    assert path.read_bytes() == "ein grüner\nSatz".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    def breaks() -> Iterator[str]:
        yield "half"
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        write_beside(path, breaks())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_text_that_is_no_unicode_is_written_anyway(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_beside(path, ["half of a pair: \ud83d."])
    assert path.read_text(encoding="utf-8") == "half of a pair: ?."


def test_the_hash_is_that_of_the_script() -> None:
    text, named = script("report.js")
    kind, digest = named.split("-", 1)
    assert kind == "sha256"
    assert base64.b64decode(digest) == hashlib.sha256(str(text).encode()).digest()
    assert "</script" not in text.lower()


def test_shortening_marks_what_it_cut() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "ab…"
    assert shorten("abcd", 0) == "a…"
