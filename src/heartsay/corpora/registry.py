"""What a corpus states about itself, where its files lie, and the list of those that come along."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from heartsay import extension
from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.refusal import refuse
from heartsay.extension import is_reference, unknown_name
from heartsay.labels import EMOTIONS, LabelSpace

ENVIRONMENT_VARIABLE = "HEARTSAY_DATA"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of what one split holds.

    Attributes:
        conversations: number of conversations.
        utterances: number of utterances.
        pairs: number of distinct emotion-cause pairs, or None where the corpus has none.
        emotions: utterances per emotion, under the names that the corpus uses; empty where nobody has
            counted them.
    """

    conversations: int
    utterances: int
    pairs: int | None
    emotions: Mapping[str, int]


def counts(
    conversations: int,
    utterances: int,
    pairs: int | None,
    emotions: Sequence[int],
    labels: LabelSpace = EMOTIONS,
) -> Counts:
    """Counts with the emotions given in the order of the label space, or none."""
    named = dict(zip(labels, emotions, strict=True)) if emotions else {}
    return Counts(conversations, utterances, pairs, named)


@dataclass(frozen=True)
class Corpus:
    """What a corpus states about itself.

    Raises:
        ValueError: a split has a file and no counts, or the reverse.

    Attributes:
        name: short name, as in `heartsay corpora check NAME`; also its folder under the data root.
        title: full name.
        language: language of the talk.
        licence: terms of use, or that none are stated.
        citation: BibTeX entry.
        home: page from which its makers hand it out.
        files: file of each split, relative to the corpus folder.
        expected: counts of each split, as counted in the published files.
        read: reads one split's file; arguments are the file and the split's name.
        notes: what a user should know before trusting the labels.
        labels: what its annotators chose from; `relabelled` carries conversations over to another space.
    """

    name: str
    title: str
    language: str
    licence: str
    citation: str
    home: str
    files: Mapping[str, str]
    expected: Mapping[str, Counts]
    read: Callable[[Path, str], list[Conversation]] = field(repr=False)
    notes: str = ""
    labels: LabelSpace = EMOTIONS

    def __post_init__(self) -> None:
        if set(self.files) != set(self.expected):
            raise ValueError(
                f"corpus {self.name!r}: state a file and the expected counts for the same splits"
            )

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits, in the order train, dev, test."""
        return tuple(self.files)


_registry: dict[str, Corpus] = {}


def register(corpus: Corpus) -> Corpus:
    """Add a corpus to the list; returns it.

    Raises:
        ValueError: the name is taken.
    """
    if corpus.name in _registry:
        raise ValueError(f"a corpus named {corpus.name!r} is registered already; choose another name")
    _registry[corpus.name] = corpus
    return corpus


def names() -> list[str]:
    """Names of the corpora that come along, sorted."""
    return sorted(_registry)


def get(name: str) -> Corpus:
    """The corpus of that name, or the one of a user's own that `module:NAME` refers to.

    Raises:
        InputError: no corpus has that name, or the reference leads to none.
    """
    if is_reference(name):
        return extension.load(name, Corpus, "a corpus")
    if name not in _registry:
        raise unknown_name(name, names(), "a corpus")
    return _registry[name]


def data_root() -> Path:
    """The folder that holds one folder per corpus.

    Raises:
        InputError: the environment variable HEARTSAY_DATA is not set, or names no folder.
    """
    value = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if not value or not Path(value).is_dir():
        refuse(
            f"environment variable {ENVIRONMENT_VARIABLE}",
            "the folder that holds the corpora",
            f"{value!r}, which is not a folder" if value else "no value",
            "download a corpus from its home page into FOLDER/NAME and run: "
            f"export {ENVIRONMENT_VARIABLE}=FOLDER",
        )
    return Path(value)


def corpus_file(corpus: Corpus, file: str, root: Path | None = None) -> Path:
    """A file of the corpus, given relative to its folder; it exists.

    Raises:
        InputError: the file is absent.
    """
    path = (root if root is not None else data_root()) / corpus.name / file
    if not path.is_file():
        do = f"download it from {corpus.home} (licence: {corpus.licence})"
        refuse(path, f"{file} of {corpus.title}", "no such file", do)
    return path


def load(corpus: str | Corpus, split: str, root: Path | None = None) -> list[Conversation]:
    """Read one split of a corpus: conversations with gold labels, in the file's order.

    Args:
        corpus: its name, `module:NAME` for one of a user's own, or the corpus itself.
        split: "train", "dev" or "test"; which exist is stated by the corpus.
        root: folder that holds the corpora; by default the one that HEARTSAY_DATA names.

    Raises:
        InputError: unknown corpus or split, absent file, or a file that is not what it claims.
    """
    corpus = get(corpus) if isinstance(corpus, str) else corpus
    if split not in corpus.files:
        expected = f"a split of {corpus.title} ({', '.join(corpus.splits)})"
        refuse("split name", expected, repr(split), "choose one of these splits")
    return corpus.read(corpus_file(corpus, corpus.files[split], root), split)


def relabelled(conversation: Conversation, labels: LabelSpace, other: LabelSpace) -> Conversation:
    """The conversation with its emotions under the names of another label space.

    An utterance whose emotion has no certain counterpart there has none afterwards: to give it one would be
    a guess. Votes for such an emotion are gone, the others stay as they were counted.

    Args:
        conversation: whose emotions are of `labels`.
        labels: what its annotators chose from.
        other: what is wanted, such as what a model tells apart.
    """
    if labels == other:
        return conversation
    names = labels.names_in(other)

    def renamed(utterance: Utterance) -> Utterance:
        votes: dict[str, float] = {}
        for name, count in (utterance.votes or {}).items():
            if name in names:
                votes[names[name]] = votes.get(names[name], 0.0) + count
        return replace(utterance, emotion=names.get(utterance.emotion or ""), votes=votes or None)

    return replace(conversation, utterances=tuple(map(renamed, conversation.utterances)))


def require_emotions(conversation: Conversation) -> Conversation:
    """The conversation, all of whose utterances have a gold emotion.

    Raises:
        InputError: one has none.
    """
    for utterance in conversation.utterances:
        if utterance.emotion is None:
            where = f"{conversation.source}, conversation {conversation.id}, utterance {utterance.id}"
            refuse(where, f"an emotion ({', '.join(EMOTIONS)})", "none")
    return conversation
