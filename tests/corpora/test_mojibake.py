from __future__ import annotations

import pytest

from heartsay.corpora.mojibake import repair


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("he\xe2\x80\x99s", "he’s"),  # as Latin-1
        ("heâ€™s", "he’s"),  # as Windows-1252
        ("Y鈥檏now", "Y’know"),  # as GBK
        ("wait 鈥擨 do", "wait —I do"),
        ("\xc3\xbcber", "über"),
        ("leg \xe2\x80?and", "leg — and"),  # a byte was lost, and the space with it
        ("the \xe2\x80\x9cdate\xe2\x80?", "the “date”"),
    ],
)
def test_misread_text_is_read_as_it_was_written(broken: str, whole: str) -> None:
    assert repair(broken) == whole


@pytest.mark.parametrize("right", ["plain", "he’s — “right”…", "naïve café", "孩子们真的", "Zoë’s"])
def test_text_that_is_right_stays(right: str) -> None:
    assert repair(right) == right
