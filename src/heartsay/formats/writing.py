"""Conversations as texts, and what of them a format cannot hold."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import Any

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.formats.registry import FORMATS, find_format
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec


def write(conversation: Conversation, format: str | FormatSpec) -> str:
    """The conversation as a text in a format.

    Raises:
        InputError: there is no such format or it is only read, or it cannot hold the conversation.
    """
    spec = find_format(format)
    if spec.write is None:
        raise InputError(
            expected=f"a format that is written ({', '.join(s.name for s in FORMATS.values() if s.write)})",
            found=spec.name,
            where="the name of the output's format",
            do="choose one of these",
        )
    return spec.write(conversation)


def not_kept(conversation: Conversation, text: str, spec: FormatSpec) -> list[str]:
    """Names of what does not come back as it was when the text of a conversation is read again."""
    (again,) = spec.read(Source(io.StringIO(text), name="the text that was written"))
    before, after = _parts(conversation), _parts(again)
    return [name for name in before if before[name] != after[name]]


def _parts(conversation: Conversation) -> dict[str, Any]:
    names = [field.name for field in fields(Utterance)]
    columns = {name: [getattr(item, name) for item in conversation.utterances] for name in names}
    return {**columns, "pairs": set(conversation.pairs or ())}
