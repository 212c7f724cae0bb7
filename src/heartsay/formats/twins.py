"""One recording in several files: what differs in its suffix alone and holds the same talk is read once."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation
from heartsay.errors import InputError
from heartsay.formats.folders import Found
from heartsay.formats.source import open_path
from heartsay.limits import limit

_SAME = 0.8
"""Share of words that two files have in common where they hold the same talk."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A file or folder that could not be read, or not to its end.

    Attributes:
        path: of the file or folder; "-" for standard input.
        error: what is wrong with it.
        stranger: whether nothing of its name says that it is a conversation: a note that lies in the folder.
    """

    path: str
    error: InputError
    stranger: bool = False


Items = list[Conversation | ReadFailure]
Read = Callable[[str, str], Iterator[Conversation | ReadFailure]]
"""What comes of a path and the label of its conversations."""


def read_group(found: Found, read: Read) -> Iterator[Conversation | ReadFailure]:
    """What comes of a file and its twins.

    Files that hold the talk of the best of them are not handed on but named in a warning; so is what lies
    beside and is no text, such as the recording. Others come as conversations of their own.
    """
    members = (found, *found.twins)
    if not found.twins or sum(map(_size, members)) > limit("twin_bytes"):
        for member in members:
            yield from read(member.path, member.label)
        return
    items = [list(read(member.path, member.label)) for member in members]
    whole = [n for n, given in enumerate(items) if all(isinstance(item, Conversation) for item in given)]
    if not whole:
        for given in items:
            yield from given
        return
    best = max(whole, key=lambda n: (_worth(items[n]), -n))
    words = _words_of(items[best])
    same, others = [best], list[int]()
    for n, given in enumerate(items):
        if n != best:
            theirs = _words_of(given) if n in whole else _raw_words(members[n].path)
            (same if theirs is None or _alike(words, theirs) else others).append(n)
    if len(same) > 1:
        names = ", ".join(os.path.basename(members[n].path) for n in same[1:])  # noqa: PTH119
        note = f"the same talk lies beside it and is read once: {names} ({members[best].path})"
        label, before = (found.shared if not others else members[best].label), members[best].label
        items[best] = [_noted(item, note, before, label) for item in items[best]]
    for n in sorted([best, *others]):
        yield from items[n]


def _noted(
    item: Conversation | ReadFailure, note: str, before: str, label: str
) -> Conversation | ReadFailure:
    if isinstance(item, ReadFailure):
        return item
    return replace(item, id=label + item.id.removeprefix(before), warnings=(*item.warnings, note))


def _worth(items: Sequence[Conversation | ReadFailure]) -> tuple[int, ...]:
    """Names, gold labels and times are what one file has and another lacks."""
    utterances = [u for item in items if isinstance(item, Conversation) for u in item.utterances]
    speakers = {u.speaker for u in utterances} - {UNKNOWN_SPEAKER}
    return (
        int(any(u.emotion is not None for u in utterances)),
        min(2, len(speakers)),
        int(any(u.end is not None for u in utterances)),
        int(any(u.start is not None for u in utterances)),
    )


def _size(found: Found) -> int:
    try:
        return os.path.getsize(found.path)  # noqa: PTH202
    except OSError:
        return 0


def _words_of(items: Sequence[Conversation | ReadFailure]) -> Counter[str]:
    texts = (u.text or "" for item in items if isinstance(item, Conversation) for u in item.utterances)
    return Counter(word for text in texts for word in _WORD.findall(text.casefold()))


def _raw_words(path: str) -> Counter[str] | None:
    """The words of a file that is no conversation; None for one that is no text."""
    try:
        with open_path(path) as source:
            return Counter(_WORD.findall(source.text().casefold()))
    except InputError:
        return None


def _alike(words: Counter[str], others: Counter[str]) -> bool:
    common = (words & others).total()
    return common >= _SAME * words.total() and common >= _SAME * 0.75 * others.total()
