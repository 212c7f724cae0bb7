"""Files that are known and not read: told by how they begin, refused by name with what to do instead."""

from __future__ import annotations

import re

from heartsay.errors import InputError

_ELSEWHERE = "export it as ELAN (.eaf), TextGrid or plain text"
_CAPTIONS = "convert it to SubRip (.srt) or WebVTT"
_STRANGERS: tuple[tuple[str, str, str], ...] = (
    (
        r"(?is)<(?:!doctype html|html).{0,3000}(?:page_wrap|<title>Exported Data)",
        "a chat exported from Telegram as HTML",
        "export it again as JSON",
    ),
    (
        r"(?is)<(?:!doctype html|html).{0,5000}chatlog",
        "a chat exported from Discord as HTML",
        "export it again as JSON or CSV",
    ),
    (r"(?i)<(?:!doctype html|html)", "a web page", "save what was said as .txt or .docx"),
    (r"(?s)(?:<\?xml.{0,200}?>)?.{0,300}?<Trans\b", "a transcription of Transcriber", _ELSEWHERE),
    (r"(?s)(?:<\?xml.{0,200}?>)?.{0,300}?<basic-transcription\b", "a transcription of EXMARaLDA", _ELSEWHERE),
    (r"(?s)(?:<\?xml.{0,200}?>)?.{0,300}?<folker-transcription\b", "a transcription of FOLKER", _ELSEWHERE),
    (r"(?s)(?:<\?xml.{0,200}?>)?.{0,2000}?<smses\b", "messages of SMS Backup & Restore", "write them as CSV"),
    (r"Scenarist_SCC", "Scenarist closed captions", _CAPTIONS),
    (r"\{[0-9]+\}\{[0-9]+\}", "MicroDVD subtitles, which count frames", _CAPTIONS),
    (r"[0-9:]{11} ?, ?[0-9:]{11} ?,", "Spruce subtitles", _CAPTIONS),
    (
        r"SPEAKER \S+ [0-9]+ [0-9.]+ [0-9.]+ <NA>",
        "RTTM, which says who speaks when and not what",
        "give a transcript with words",
    ),
    (
        r"\S+ [0-9A-Z] [0-9]+\.[0-9]+ [0-9]+\.[0-9]+ \S+(?: [0-9.]+)?\n",
        "CTM, words without speakers",
        "give the recogniser's JSON or captions instead",
    ),
    (
        r"\S+ [0-9A-Z] \S+ [0-9]+\.[0-9]+ [0-9]+\.[0-9]+ (?:<[^<>\n]*> )?\S",
        "STM, a reference of speech recognition",
        "write it as CSV: speaker, start, end, text",
    ),
    (r"<\?xml", "XML of a kind that is not known", "write it as CSV or JSON"),
)


def refuse_stranger(head: str, where: str) -> None:
    """Refuse what begins like a file that is known and not read.

    Raises:
        InputError: it does.
    """
    text = head.lstrip("\ufeff \t\r\n")
    for pattern, title, do in _STRANGERS:
        if re.match(pattern, text):
            raise InputError(
                expected="a conversation in a format that is read", found=title, where=where, do=do
            )
