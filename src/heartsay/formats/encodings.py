"""Which legacy encoding bytes are in that are not UTF-8.

Each candidate is tried: its text must be letters of one language, and must not change from small to capital
letters within words, as wrongly decoded text does. Where one fits, text is read in it, and said so; where
several do or none does, nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Bytes that are not UTF-8 arrive as U+DC80 + byte ("surrogateescape").
ESCAPED = re.compile("[\udc80-\udcff]")
OTHER = re.compile("[\x80-\udc7f\udd00-\U0010ffff]")
SAMPLE = 20_000
"""Characters by which an encoding is told."""

_LONG = 60_000
"""Bytes of a beginning from which its last line may break off."""

_LETTERS: dict[str, tuple[frozenset[str], ...]] = {
    "western": tuple(
        map(
            frozenset,
            (
                *("àâçéèêëîïôùûüÿœæñ", "äöüßé", "áéíñóúüçª", "ãõáâàçéêíóôúüªº", "åäöæøé", "àèéìíòóùú"),
                *("ëïéóöüèá", "áðéíóúýþæö", "äöõüšž"),
            ),
        )
    ),
    "central": tuple(
        map(
            frozenset,
            (
                *("áčďéěíňóřšťúůýžö", "ąćęłńóśźż", "áéíóöőúüű", "áäčďéíĺľňóôŕšťúýž", "ăâîşţșț", "čćđšž"),
                "äöüßé",
            ),
        )
    ),
    "cyrillic": (
        frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
        frozenset("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
    ),
    "greek": (frozenset("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ"),),
}
_COMMON = {"cyrillic": frozenset("оеаинтсрвл"), "greek": frozenset("αοιετσνηυρς")}
_CANDIDATES: dict[str, str] = {
    "cp1252": "western",
    "mac_roman": "western",
    "cp1250": "central",
    "iso8859_2": "central",
    "mac_latin2": "central",
    "cp1251": "cyrillic",
    "koi8_r": "cyrillic",
    "mac_cyrillic": "cyrillic",
    "cp866": "cyrillic",
    "iso8859_5": "cyrillic",
    "cp1253": "greek",
}
TITLES = {
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "cp1250": "Windows-1250",
    "iso8859_2": "ISO 8859-2",
    "mac_latin2": "Mac Central European",
    "cp1251": "Windows-1251",
    "koi8_r": "KOI8-R",
    "mac_cyrillic": "Mac Cyrillic",
    "cp866": "code page 866",
    "iso8859_5": "ISO 8859-5",
    "cp1253": "Windows-1253",
}
_WIDE = {
    "shift_jis": re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]"),
    "gb18030": re.compile(r"[\u4e00-\u9fff]"),
    "big5": re.compile(r"[\u4e00-\u9fff]"),
    "euc_kr": re.compile(r"[\uac00-\ud7a3]"),
}
_PUNCTUATION = frozenset("’‘“”„‚«»‹›–—…•·°§£€¥©®™¡¿½¼¾²³´¨\u00a0×÷№±µ¬¦¢ªº\u00ad†‡‰¹")
_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_INSIDE = re.compile(r"[^\W\d_][§£¥©®™¡¿½¼¾²³´¨¬¦¢†‡‰¹÷×±][^\W\d_]|ς[^\W\d_]")
_CAPITALS_ALONE = frozenset("ÀÉÓÚÍÁÖÅÈÔÎŁŽŠČ")


def fits(text: str, encoding: str) -> bool:
    """Whether text is plausible as what bytes in an encoding mean."""
    script = _CANDIDATES[encoding]
    if any(mark > "\x7f" and not mark.isalpha() and mark not in _PUNCTUATION for mark in text):
        return False
    if _INSIDE.search(text):
        return False
    return all(word.isascii() or _is_word(word, script) for word in _WORDS.findall(text))


def _is_word(word: str, script: str) -> bool:
    beyond = [mark for mark in word.lower() if mark > "\x7f" and mark.isalpha()]
    if not any(alphabet.issuperset(beyond) for alphabet in _LETTERS[script]) or not _is_cased(word):
        return False
    ascii_letters = sum(mark.isascii() and mark.isalpha() for mark in word)
    if script in _COMMON:
        return not ascii_letters
    if len(word) == 1:
        return word.islower() or word in _CAPITALS_ALONE
    return len(beyond) <= 2 * ascii_letters + (script == "central" or (len(word) == 2 and word.islower()))


def _is_cased(word: str) -> bool:
    """Small, capital, or small after a capital, each part between apostrophes by itself."""
    parts = [part for part in re.split("['’]", word) if part]
    return all(part.islower() or part.isupper() or part[1:].islower() or part.isascii() for part in parts)


def choose(data: bytes) -> tuple[str | None, list[str]]:
    """The encoding that bytes are in, or None where several or none fit; and the titles of all that do.

    Windows-1252 comes first. Where others decode to different texts, the one whose letters are the commoner
    in its languages is taken, if any is clearly so.

    Args:
        data: text in which nothing beyond ASCII is UTF-8.
    """
    found: dict[str, str] = {}
    for encoding in _CANDIDATES:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if fits(text, encoding):
            found[encoding] = text
    titles = [TITLES[name] for name in found]
    if not found:
        return None, titles
    if "cp1252" in found or len(set(found.values())) == 1:
        return next(iter(found)), titles
    ranked = sorted(found, key=lambda name: -_commonness(found[name], name))
    lead = _commonness(found[ranked[0]], ranked[0]) - _commonness(found[ranked[1]], ranked[1])
    return (ranked[0] if lead > 0.15 else None), titles


def odd_lines(head: bytes) -> Iterator[tuple[int, str]]:
    """The lines that are not UTF-8, with their numbers; what is not is escaped."""
    escaped = head.decode("utf-8", "surrogateescape")
    if not ESCAPED.search(escaped):  # as nearly every file
        return
    whole = escaped.split("\n") if len(head) < _LONG else escaped.split("\n")[:-1]  # the last may break off
    yield from ((number, line) for number, line in enumerate(whole, 1) if ESCAPED.search(line))


def head_text(head: bytes, encoding: str) -> str:
    """The beginning of a file as text, for telling formats apart; what cannot be read is passed over."""
    text = head.decode(encoding, "ignore").lstrip("\ufeff")
    odd = "\n".join(line for _, line in odd_lines(head)) if encoding == "utf-8" else ""
    if not odd:
        return text
    chosen, _ = choose(OTHER.sub("a", odd[:SAMPLE]).encode("utf-8", "surrogateescape"))
    if chosen is None:
        return text
    return ESCAPED.sub("", head.decode("utf-8", "surrogateescape").translate(table(chosen)))


def of_all(head: bytes) -> str | None:
    """The encoding of a text that is no UTF-8 but for pairs of bytes that are by chance; else None."""
    odd = "".join(line for _, line in odd_lines(head))
    sound = len(OTHER.findall(odd))
    if not sound or len(ESCAPED.findall(odd)) < 3 * sound:
        return None
    return choose(odd[:SAMPLE].encode("utf-8", "surrogateescape"))[0]


def wide(head: bytes) -> list[str]:
    """The East Asian encodings, of several bytes a letter, that a text may be in; by name."""
    data = "\n".join(line for _, line in odd_lines(head)).encode("utf-8", "surrogateescape")
    found = []
    for encoding, letters in _WIDE.items():
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        beyond = [mark for mark in text if mark > "\x7f" and mark.isalpha()]
        if beyond and sum(letters.match(mark) is not None for mark in beyond) > 0.9 * len(beyond):
            found.append(encoding)
    return found


def table(encoding: str) -> dict[int, str]:
    """What each byte from 0x80 that was decoded with "surrogateescape" means, for `str.translate`."""
    found = {}
    for byte in range(0x80, 0x100):
        try:
            found[0xDC00 + byte] = bytes([byte]).decode(encoding)
        except UnicodeDecodeError:
            continue
    return found


def _commonness(text: str, encoding: str) -> float:
    """The share of letters beyond ASCII that are common ones of the script; 0 where none are listed."""
    common = _COMMON.get(_CANDIDATES[encoding], frozenset())
    beyond = [mark for mark in text.lower() if mark > "\x7f" and mark.isalpha()]
    return sum(mark in common for mark in beyond) / max(1, len(beyond))
