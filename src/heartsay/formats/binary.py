"""Files that are no text: told by their first bytes and refused before anything opens them."""

from __future__ import annotations

import re

from heartsay.errors import InputError

_BINARY_STARTS: tuple[tuple[bytes, str], ...] = (
    (rb"PK\x03\x04.{0,4000}xl/", "a spreadsheet"),
    (rb"PK\x03\x04.{0,60}mimetypeapplication/vnd\.oasis\.opendocument", "an OpenDocument file"),
    (rb"PK[\x03\x05\x07][\x04\x06\x08]", "a zip archive (or an Office document)"),
    (rb"\x1f\x8b", "a gzip file"),
    (rb"BZh[1-9](?:1AY&SY|\x17\x72)", "a bzip2 file"),
    (rb"\xfd7zXZ\x00", "an xz file"),
    (rb"\x28\xb5\x2f\xfd", "a zstandard file"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (rb"Rar!\x1a\x07", "a RAR archive"),
    (rb"\x80[\x02-\x05]", "a pickle, which can run code when opened and is never opened here"),
    (rb"\x93NUMPY", "a numpy array"),
    (rb"\x89HDF\r\n", "an HDF5 file"),
    (rb"PAR1[\x00-\x1f]", "a Parquet file"),
    (rb"SQLite format 3\x00", "an SQLite database"),
    (rb"\xd0\xcf\x11\xe0", "an old or an encrypted Office document"),
    (rb"%PDF-", "a PDF"),
    (rb"\{\\rtf", "a rich text document"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a", "a picture"),
    (
        rb"RIFF.{4}(?:WAVE|AVI )|OggS\x00|fLaC\x00|ID3[\x02-\x04]|\x1a\x45\xdf\xa3|\x00\x00.{2}ftyp",
        "a recording",
    ),
    (rb"\x7fELF", "a program"),
)
_BINARY = re.compile(b"|".join(b"(?:%b)" % start for start, _ in _BINARY_STARTS), re.DOTALL)

_ADVICE = {
    "a spreadsheet": "save the sheet as CSV",
    "an OpenDocument file": "save it as .docx or as text",
    "an old or an encrypted Office document": "save it as .docx without a password, or as text",
    "a rich text document": "save it as .docx or as text",
    "a PDF": "save its text as .txt, or give the document that it was made from",
}
"""What to do with what people bring most; the rest is to be unpacked."""

NUL = "NUL bytes, which no text has"


def refuse_binary(head: bytes, encoding: str, name: str) -> None:
    """Refuse what is empty or no text.

    Raises:
        InputError: it is.
    """
    if not head:
        raise InputError(
            expected="a conversation",
            found="an empty file",
            where=name,
            do="check that it was written completely",
        )
    if _BINARY.match(head):
        raise not_text(next(what for start, what in _BINARY_STARTS if re.match(start, head, re.DOTALL)), name)
    if encoding.startswith("utf-8") and b"\0" in head:
        raise not_text("binary data, or UTF-16 without a byte order mark", name)


def not_text(found: str, where: str) -> InputError:
    """The error for a file that is no text."""
    return InputError(
        expected="a conversation as text",
        found=found,
        where=where,
        do=_ADVICE.get(found, "give the transcript itself, unpacked and saved as UTF-8"),
    )
