"""Clips of a corpus's utterances: which file holds which utterance, and what does not fit together.

A layout says what a corpus's utterances are, in order, and which of them a file's name stands for. Matching
the two shows what training would otherwise not notice: utterances without a file, files that no utterance
has, and two files for one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.corpora.refusal import refuse
from heartsay.labels import LabelSpace
from heartsay.media import is_recording

Splits = dict[str, list[Conversation]]
"""Conversations by split; ids of utterances are unique over all of them."""

SPLIT_FOLDERS = {"train": "train", "dev": "dev", "valid": "dev", "test": "test"}
"""How a folder's name shows the split of what lies in it."""

WHOLE = "all"
"""The split of clips that are in none."""


@dataclass(frozen=True)
class ClipLayout:
    """How a corpus names its clips.

    Attributes:
        name: as in `heartsay features --corpus NAME`.
        title: full name.
        licence: terms of use.
        labels: what its emotions are names of; None where that depends on what a user gives.
        read: the conversations, given the folder of the clips and the clips in it.
        utterance: the id of the utterance that a file is of, by its path in the folder; None if of none.
    """

    name: str
    title: str
    licence: str
    labels: LabelSpace | None
    read: Callable[[Path, Sequence[Path]], Splits]
    utterance: Callable[[Path], str | None]


@dataclass(frozen=True)
class Clips:
    """The utterances of a corpus and their files.

    Attributes:
        source: the folder of the clips.
        splits: conversations by split; one of whose utterances none has a file is left out.
        files: path in `source` by utterance id.
        absent: splits that were left out.
        strange: files of no utterance, in order.
        repeated: further files of an utterance that has one, in order.
    """

    source: Path
    splits: Mapping[str, Sequence[Conversation]]
    files: Mapping[str, Path]
    absent: tuple[str, ...]
    strange: tuple[Path, ...]
    repeated: tuple[Path, ...]


def find_clips(source: Path, layout: ClipLayout) -> Clips:
    """Match a corpus's utterances with the files of a folder, by their names.

    Raises:
        InputError: no such folder, no clip in it, none that is of an utterance, or whatever the corpus's own
            reader refuses.
    """
    if not source.is_dir():
        found = "a file" if source.is_file() else "no such folder"
        refuse(source, "a folder of clips", found, "name the folder that holds the clips")
    # Some archives hold a shadow of each file that begins with a dot.
    files = sorted(
        path
        for path in source.rglob("*")
        if is_recording(path) and not path.name.startswith(".") and path.is_file()
    )
    names = [path.relative_to(source) for path in files]
    if not names:
        refuse(source, "clips, one audio or video file for each utterance", "none", "check the folder")
    splits = layout.read(source, names)
    known = {u.id for talk in splits.values() for c in talk for u in c.utterances}
    matched: dict[str, Path] = {}
    strange, repeated = [], []
    for path in names:
        utterance = layout.utterance(path)
        if utterance is None or utterance not in known:
            strange.append(path)
        elif utterance in matched:
            repeated.append(path)
        else:
            matched[utterance] = path
    if not matched:
        expected = f"clips named as those of {layout.title}"
        refuse(source, expected, f"{len(names)} others, such as {names[0]}", "check the folder and --corpus")
    here = {name: talk for name, talk in splits.items() if any(_has_file(c, matched) for c in talk)}
    absent = tuple(name for name in splits if name not in here)
    return Clips(source, here, matched, absent, tuple(strange), tuple(repeated))


def split_of(path: Path) -> str | None:
    """The split that the innermost telling folder of a path names; None if none does."""
    for folder in reversed(path.parts[:-1]):
        for word, split in SPLIT_FOLDERS.items():
            if word in folder.lower():
                return split
    return None


def _has_file(conversation: Conversation, files: Mapping[str, Path]) -> bool:
    return any(u.id in files for u in conversation.utterances)
