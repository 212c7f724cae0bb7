"""Telling formats apart, by the file's suffix or by what the text begins with."""

from __future__ import annotations

import re
from typing import Literal

from heartsay.formats import ecf_text
from heartsay.formats.captions import TIMING
from heartsay.formats.csv_table import read_header

Format = Literal["json", "csv", "subrip", "webvtt", "ecf"]
"""`json` stands for everything that is JSON or JSON Lines; WhisperX results are told apart by their keys."""

SUFFIXES: dict[str, Format] = {
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".srt": "subrip",
    ".vtt": "webvtt",
}
TEXT_SUFFIX = ".txt"
"""A suffix that tells nothing: such a file is a conversation only if it begins like one."""


def sniff(head: str, suffix: str = "") -> Format | None:
    """The format of a text.

    A suffix that names a format is believed, and the reader then says what is amiss; otherwise the
    beginning of the text decides.

    Args:
        head: the text or its beginning.
        suffix: of the file's name, in lower case with its dot, or "".

    Returns:
        The format, or None if the text does not begin like any.
    """
    return SUFFIXES.get(suffix) or sniff_text(head)


def sniff_text(head: str) -> Format | None:
    """The format of a text by its beginning alone, or None."""
    text = head.lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        return "json"
    if text.startswith("WEBVTT"):
        return "webvtt"
    lines = re.split("\r\n|\n|\r", text[:20_000], maxsplit=3)
    if any(TIMING.fullmatch(line) for line in lines[:2]):
        return "subrip"
    if ecf_text.HEADER.fullmatch(lines[0]) and any(line.startswith("1 | ") for line in lines[1:3]):
        return "ecf"
    _, _, columns = read_header(lines[0])
    return "csv" if "text" in columns and len(columns) > 1 else None
