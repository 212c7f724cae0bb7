"""The conversations of one source, in the format that it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError, InputError
from heartsay.formats.registry import FORMATS, SUFFIXES, sniff, sniff_text
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec
from heartsay.formats.strangers import refuse_stranger


def conversations_of(source: Source, chosen: FormatSpec | None) -> Iterator[Conversation]:
    """Read in the chosen format, or find it out, and give the conversations their ids.

    Args:
        source: what is read.
        chosen: the format of all of it; None to tell it by the suffix or the first lines.

    Raises:
        InputError: it cannot be read, or holds no conversation.
    """
    head = source.head_text()
    blank = not head.strip()
    spec = chosen or sniff(head, source.suffix)
    if chosen is None and source.suffix not in SUFFIXES and spec in (None, FORMATS["text"]):
        refuse_stranger(head, source.name)
    if spec is None and not blank:
        source.require_text()
    if spec is None or blank:
        raise InputError(
            expected="a conversation" if chosen is None else f"a conversation as {chosen.title}",
            found="only blank lines" if blank else f"text that begins with {head.strip()[:40]!r}",
            where=source.name,
            do="begin lines with who speaks, 'NAME: ', or see the documentation of the formats",
        )
    conversations = _by_reader(spec, source)
    try:
        first = next(conversations, None)
    except InputError as error:
        raise error if chosen else _name_likely_format(error, spec, head, source) from None
    if first is None:
        raise InputError(
            expected="at least one conversation",
            found="none",
            where=source.name,
            do=f"check that the file is {spec.title}",
        )
    try:
        second = next(conversations, None)
    except InputError:
        yield replace(first, id=f"{source.label}/{first.id}")
        raise
    if second is None:
        yield replace(first, id=source.label)
        return
    for conversation in chain((first, second), conversations):
        yield replace(conversation, id=f"{source.label}/{conversation.id}")


def _by_reader(spec: FormatSpec, source: Source) -> Iterator[Conversation]:
    """What the reader of a format gives; a reader can be a stranger's.

    Raises:
        InputError: as the reader, or it breaks off or gives something else.
    """
    try:
        for found in spec.read(source):
            if not isinstance(found, Conversation):
                raise TypeError(f"{type(found).__name__} in place of a Conversation")
            _check_unicode(found, source.name)
            yield found
    except (HeartsayError, OSError):
        raise
    except (Exception, SystemExit) as error:
        ours = FORMATS.get(spec.name) is spec
        raise InputError(
            expected=spec.title if ours else f"a reader of {spec.title} that gives conversations",
            found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
            where=source.name,
            do="check what wrote it" if ours else f"correct the reader of the format {spec.name}",
        ) from error


def _check_unicode(conversation: Conversation, where: str) -> None:
    """Refuse half of a character, which JSON can spell and nothing can write, by an InputError."""
    try:
        conversation.id.encode()
        for utterance in conversation.utterances:
            f"{utterance.id}{utterance.speaker}{utterance.text}".encode()
    except UnicodeEncodeError as error:
        raise InputError(
            expected="text in Unicode",
            found=f"half of a character, {error.object[error.start]!a}",
            where=f"{where}, conversation {conversation.id[:40]!a}",
            do="write the file again as UTF-8; a pair of \\uD83D and \\uDE00 belongs together",
        ) from None


def _name_likely_format(error: InputError, spec: FormatSpec, head: str, source: Source) -> InputError:
    """The error of a reader that was chosen by suffix, with a word on what the text looks like instead."""
    likely = sniff_text(head)
    # What plain text begins like, much does: the reader knows better what is amiss.
    if source.suffix not in SUFFIXES or likely in (None, spec, FORMATS["text"]):
        return error
    assert likely is not None
    return InputError(
        expected=error.expected,
        found=f"what looks like {likely.title}",
        where=error.where,
        do="give the file the suffix of its format",
    )
