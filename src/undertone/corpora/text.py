"""Text as the corpora write it: repair of its encoding, and a normal form for comparing transcripts."""

from __future__ import annotations

import re
from pathlib import Path

from undertone.errors import InputError

# U+0080 to U+009F are control characters that no transcript means: they are Windows-1252 bytes that were
# decoded as Latin-1 somewhere on the way. Five of the 32 bytes have no meaning in Windows-1252.
_CONTROL_TO_1252 = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}

_CONTRACTIONS = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"\by'know\b"), "you know"),
    (re.compile(r"'[sd]\b"), ""),
)
# What 's and 'd may stand for; one transcript drops the clitic where another writes the word.
_CLITIC_WORDS = frozenset({"is", "has", "had", "would"})
_NOT_A_WORD = re.compile(r"[^\w]+|_")


def decode(data: bytes) -> str:
    """Bytes of a transcript to text: UTF-8, else Windows-1252 for the lines that are not UTF-8.

    Control characters U+0080 to U+009F become what the same byte means in Windows-1252, such as U+0092 ’.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "".join(
            _decode_line(line) for line in data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
        )
    return text.translate(_CONTROL_TO_1252)


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        # Latin-1 maps every byte, and `translate` then gives the Windows-1252 characters.
        return line.decode("latin-1")


def read_text(path: Path) -> str:
    """Read a transcript file as text; see `decode`.

    Raises:
        InputError: the file is empty.
    """
    text = decode(path.read_bytes())
    if not text.strip():
        raise InputError(
            expected="a corpus file", found="an empty file", where=str(path), do="download the file again"
        )
    return text


def normalise(text: str) -> str:
    """A transcript's words without case, punctuation and contractions, for comparing transcripts.

    "It's a four." and "It is a four ." agree in this form.
    """
    text = text.lower().replace("’", "'").replace("‘", "'")
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    return " ".join(word for word in _NOT_A_WORD.split(text) if word and word not in _CLITIC_WORDS)
