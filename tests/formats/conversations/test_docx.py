"""Word documents: paragraphs, tables, tracked changes, and what is hostile or damaged."""

from __future__ import annotations

import io
import zipfile

import pytest
from tests.formats.samples import read_bytes, texts

from heartsay.errors import InputError
from heartsay.formats.conversations import docx

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def document(body: str, part: str = "word/document.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, f"<w:document {W}><w:body>{body}</w:body></w:document>")
    return out.getvalue()


def said(body: str) -> list[tuple[str, str]]:
    (found,) = read_bytes(document(body), "x.docx")
    return texts(found)


BOTH = [("Ann", "It broke."), ("Ben", "Again?")]


@pytest.mark.parametrize(
    "body",
    [
        paragraph("Ann: It ", "broke.") + paragraph("Ben: Again?"),
        "<w:p><w:r><w:t>Ann   0:03</w:t><w:br/><w:t>It broke.</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>Ben   0:09</w:t><w:br/><w:t>Again?</w:t></w:r></w:p>",
        table(("Speaker", "Text"), ("Ann", "It broke."), ("Ben", "Again?")),
        table(("Ann", "It broke."), ("Ben", "Again?")),
        table(("00:00:03", "Ann", "It broke."), ("00:00:09", "Ben", "Again?")),
        "<w:sdt><w:sdtContent>"
        + paragraph("Ann: It broke.")
        + "</w:sdtContent></w:sdt>"
        + paragraph("Ben: Again?"),
        table(("Ann", "It broke."))[: -len("</w:tbl>")]
        + f"<w:tr><w:tc>{paragraph('Ben')}</w:tc><w:tc>{table(('Again?',))}</w:tc></w:tr></w:tbl>",
    ],
)
def test_paragraphs_and_tables_of_turns(body: str) -> None:
    assert said(body) == BOTH


def test_deletions_of_tracked_changes_are_left_out_and_said() -> None:
    body = "<w:p><w:r><w:t>Ann: It </w:t></w:r><w:del><w:r><w:delText>never </w:delText></w:r></w:del>"
    body += "<w:ins><w:r><w:t>broke.</w:t></w:r></w:ins></w:p>" + paragraph("Ben: Again?")
    (found,) = read_bytes(document(body), "x.docx")
    assert texts(found) == BOTH
    assert found.warnings == ("1 deletion of tracked changes left out (x.docx)",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (document("", part="word/other.xml"), "found an archive without one"),
        (document(paragraph("Dear all")), "lines that say who speaks"),
        (document("<w:p>"), "a mistake"),
        (document(paragraph("Ann: It broke."))[:-40], "a damaged archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "encrypted Office document"),
    ],
)
def test_what_is_amiss_is_said(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_bytes(data, "x.docx")


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx, "limit", lambda name: 100_000)
    with pytest.raises(InputError, match="unpacks to over"):
        read_bytes(document(paragraph("a" * 200_000)), "x.docx")


def test_entities_and_depth_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", '<!DOCTYPE a [<!ENTITY x "ha">]><a>&x;</a>')
    with pytest.raises(InputError, match="without a document type"):
        read_bytes(out.getvalue(), "x.docx")
    with pytest.raises(InputError):
        read_bytes(document("<w:sdt>" * 3000 + "</w:sdt>" * 3000), "x.docx")


def test_rows_that_do_not_fit_the_table_are_counted() -> None:
    body = table(
        ("Part one",), ("Speaker", "Text"), ("Ann", "It broke."), ("Ben: Again?",), ("Ben", "Again?")
    )
    (found,) = read_bytes(document(body), "x.docx")
    assert texts(found) == BOTH
    assert any("1 row above the table's header left out" in w for w in found.warnings)
    assert any("another number of cells" in w and "row 2 of the table" in w for w in found.warnings)
