"""Text that was written as UTF-8 and read as something else, read as what it was.

Two misreadings occur in the data: as Windows-1252 or Latin-1 (`heâ€™s`) and as GBK (`Y鈥檏now`). Where a byte
was lost on the way, a question mark stands for it, and what it was can only be guessed.
"""

from __future__ import annotations

import re

# What the first byte of a character beyond ASCII looks like, and those that follow it, in Windows-1252 with
# the five bytes that mean nothing there as control characters.
_FOLLOWING = "\x80-\xbf" + "".join(
    chr(point) for point in (ord(bytes([b]).decode("cp1252", "replace")) for b in range(0x80, 0xA0))
).replace("\ufffd", "")
_WESTERN = re.compile(f"[\xc2-\xf4][{_FOLLOWING}]+")
_LOST = re.compile("(?:\xe2[\x80€])\\?")
_CHINESE = re.compile("[\u4e00-\u9fff\ue000-\uf8ff]+.?", re.DOTALL)
_LEAD = {"鈥": "\u2000", "脙": "\xc0", "茅": "\xe9"}
"""How the first two bytes of punctuation and of accented letters look when they are read as GBK."""


def repair(text: str) -> str:
    """The text with every misread character as it was written; what was read rightly is left alone.

    A dash or a closing quotation mark whose last byte was lost is guessed from the space before it; the
    space after such a dash was lost with the byte.
    """
    text = _WESTERN.sub(lambda match: _as_written(match[0]), text)
    text = _LOST.sub(_dash_or_mark, text)
    return _CHINESE.sub(lambda match: _from_gbk(match[0]), text)


def _as_written(run: str) -> str:
    written, place = "", 0
    while place < len(run):
        for length in (4, 3, 2):
            try:
                written += b"".join(map(_byte, run[place : place + length])).decode("utf-8")
            except UnicodeDecodeError:
                continue
            place += length
            break
        else:
            written += run[place]
            place += 1
    return written


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _from_gbk(run: str) -> str:
    """A run of Chinese characters as UTF-8 if its bytes are; the character after it may have lost a byte."""
    if run[0] not in _LEAD:
        return run
    for end in (len(run), len(run) - 1):
        try:
            return run[:end].encode("gb18030").decode("utf-8") + run[end:]
        except UnicodeError:
            continue
    return f"…{run[2:]}" if run[:2] == "鈥?" else run


def _dash_or_mark(match: re.Match[str]) -> str:
    return "— " if match.string[: match.start()].endswith(" ") else "”"
