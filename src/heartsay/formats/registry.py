"""The formats of conversations: which there are, and which one a text is in."""

from __future__ import annotations

from heartsay.extension import load, unknown_name
from heartsay.formats.conversations import (
    ass,
    chat_cha,
    chat_text,
    corpus_texts,
    csv_table,
    docx,
    eaf,
    ecf_text,
    json_document,
    plain_text,
    sbv,
    subrip,
    textgrid,
    ttml,
    webvtt,
)
from heartsay.formats.spec import FormatSpec

FORMATS: dict[str, FormatSpec] = {
    spec.name: spec
    for spec in (
        json_document.FORMAT,
        webvtt.FORMAT,
        subrip.FORMAT,
        sbv.FORMAT,
        ass.FORMAT,
        ttml.FORMAT,
        ecf_text.FORMAT,
        textgrid.FORMAT,
        eaf.FORMAT,
        chat_cha.FORMAT,
        docx.FORMAT,
        corpus_texts.DAILYDIALOG,
        corpus_texts.IEMOCAP,
        chat_text.FORMAT,
        csv_table.FORMAT,
        plain_text.FORMAT,
    )
}
"""By name. Where a text begins like several of them, it is in the first."""

TEXT_SUFFIX = ".txt"
"""A suffix that tells nothing: such a file is a conversation only if it begins like one."""

SUFFIXES: dict[str, FormatSpec] = {
    suffix: spec for spec in FORMATS.values() for suffix in spec.suffixes if suffix != TEXT_SUFFIX
}
"""The suffixes that tell a format."""


def titles() -> str:
    """The formats' titles as a list in words."""
    *others, last = (spec.title for spec in FORMATS.values())
    return f"{', '.join(others)} or {last}"


def find_format(format: str | FormatSpec) -> FormatSpec:
    """The format of a name, or one of a user's own, named `module:NAME` or given itself.

    Raises:
        InputError: no format of that name, or as `extension.load`.
    """
    if isinstance(format, FormatSpec):
        return format
    if ":" in format:
        return load(format, FormatSpec, "a format")
    if format not in FORMATS:
        raise unknown_name(format, FORMATS, "a format")
    return FORMATS[format]


def sniff(head: str, suffix: str = "") -> FormatSpec | None:
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


def sniff_text(head: str) -> FormatSpec | None:
    """The format of a text by its beginning alone, or None."""
    return next((spec for spec in FORMATS.values() if begins_like(spec, head)), None)


def begins_like(spec: FormatSpec, head: str) -> bool:
    """Whether a text begins like one in a format; blank space at its start does not count."""
    return spec.begins(head.lstrip("\ufeff \t\r\n"))
