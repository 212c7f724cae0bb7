"""Files of kinds that are known and not read, and bytes of other encodings."""

from __future__ import annotations

import pytest
from tests.formats.samples import read_bytes, read_text, texts

from heartsay.errors import InputError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<!DOCTYPE html><html><div class='page_wrap'>x</div></html>", "Telegram"),
        ("<html><body>Ann: It broke.</body></html>", "a web page"),
        ('<?xml version="1.0"?><Trans><Episode/></Trans>', "Transcriber"),
        ("SPEAKER f 1 0.50 1.90 <NA> <NA> S0 <NA> <NA>\n", "RTTM"),
        ("f 1 0.50 0.20 It\nf 1 0.70 0.40 broke\n", "CTM"),
        ("{25}{50}It broke.\n", "MicroDVD"),
        ("Scenarist_SCC V1.0\n", "Scenarist"),
        ('<?xml version="1.0"?><other/>', "XML of a kind that is not known"),
    ],
)
def test_files_that_are_known_and_not_read_are_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(InputError, match=name):
        read_text(text, "x.dat")


def test_office_files_are_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match="save the sheet as CSV"):
        read_bytes(b"PK\x03\x04" + b"\0" * 26 + b"xl/workbook.xml", "x.xlsx")
    with pytest.raises(InputError, match="without a password"):
        read_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "x.docx")


def test_encodings_of_the_east_and_bytes_that_are_utf8_by_chance() -> None:
    with pytest.raises(InputError, match="--encoding shift_jis"):
        read_bytes(
            "美奈：ボイラーがまた壊れた。\nジョエル：また？\n美奈：誰も来ない。\n".encode("shift_jis"),
            "x.txt",
        )
    russian = "Мина: Котёл опять сломался, и никто не пришёл.\nЖоэль: Опять? Не может быть.\nМина: Да.\n"
    (found,) = read_bytes(russian.encode("koi8-r"), "x.txt")
    assert texts(found)[0] == ("Мина", "Котёл опять сломался, и никто не пришёл.")
    assert "KOI8-R" in found.warnings[0]
