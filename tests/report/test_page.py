from __future__ import annotations

import base64
import hashlib

from heartsay.report.page import script, shorten


def test_the_hash_is_that_of_the_script() -> None:
    text, named = script("score.js", "list.js")
    kind, digest = named.split("-", 1)
    assert kind == "sha256"
    assert base64.b64decode(digest) == hashlib.sha256(str(text).encode()).digest()
    assert "</script" not in text.lower()


def test_shortening_marks_what_it_cut() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "ab…"
    assert shorten("abcd", 0) == "a…"
