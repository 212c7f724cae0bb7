"""Explanations that people wrote, joined to the talk that they are about, as questions with answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from heartsay.analysis import NEUTRAL
from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.explanation.annotations import Annotated
from heartsay.metrics.sentences import is_whole
from heartsay.models.hosts.asking import CONTEXT, ask
from heartsay.models.hosts.fame_net import Asked

DEVELOPMENT = 0.1
"""Share of the conversations that are kept for development."""

FEW = 821
"""With fewer explanations to learn from, that is said; the smallest number that was measured."""

_NOWHERE = ("is of no utterance of this talk", "are of no utterance of this talk")
_NOT_FELT = ("is of no emotion that is stated", "are of no emotion that is stated")
_CUT_OFF = ("does not end as a sentence does", "do not end as a sentence does")

Place = tuple[Conversation, int]
"""An utterance: its conversation, and its index there."""


class ExplainedTalk(NamedTuple):
    """What a language model can learn from.

    Attributes:
        parts: questions with answers, `train` and `dev`, of different conversations.
        notes: what was left out, in sentences.
        left_out: how many explanations were.
    """

    parts: Mapping[str, Sequence[Asked]]
    notes: tuple[str, ...]
    left_out: int


def explained_talk(
    written: Mapping[str, Annotated], talk: Sequence[Conversation], context: int = CONTEXT
) -> ExplainedTalk:
    """Join explanations to talk; a tenth of the conversations, at least one, is for development.

    Explanations that are cut off are left out, because they teach to break off, and so are those of
    utterances that are not there or of no known emotion. It is said how many.

    Args:
        written: an explanation by a name of `utterances_by_name`.
        talk: the conversations.
        context: utterances before the one that is explained which are told too.

    Raises:
        InputError: what is left is of fewer than two conversations.
    """
    places = utterances_by_name(talk)
    reasons: dict[tuple[str, str], list[str]] = {}
    found: dict[str, list[Asked]] = {}
    for item, row in written.items():
        at = places.get(item)
        emotion = row.emotion or (at and at[0].utterances[at[1]].emotion)
        if at is None:
            reasons.setdefault(_NOWHERE, []).append(item)
        elif emotion is None or emotion == NEUTRAL:
            reasons.setdefault(_NOT_FELT, []).append(item)
        elif not is_whole(row.explanation):
            reasons.setdefault(_CUT_OFF, []).append(item)
        else:
            answer = row.explanation
            asked = ask(at[0], at[1], emotion, context=context, answer=answer)
            found.setdefault(at[0].id, []).append(asked)
    notes = [_note(items, *why) for why, items in reasons.items()]
    left_out = sum(map(len, reasons.values()))
    if len(found) < 2:
        raise InputError(
            expected="whole explanations of utterances in at least two conversations",
            found=f"those of {len(found)}" + "".join(f"; {note}" for note in notes),
            where="explanations and talk",
            do="name the conversations that are explained; ids are UTTERANCE or CONVERSATION/UTTERANCE",
        )
    learnt = sum(map(len, found.values()))
    if learnt < FEW:
        notes.append(
            f"{learnt} explanations are few to learn from: what was measured had {FEW} or more; read what "
            "comes of it, and try more --epochs"
        )
    kept = set(sorted(found, key=_hash)[: max(1, round(DEVELOPMENT * len(found)))])
    parts = {
        name: [asked for of, items in found.items() if (of in kept) == (name == "dev") for asked in items]
        for name in ("train", "dev")
    }
    return ExplainedTalk(parts, tuple(notes), left_out)


def utterances_by_name(talk: Sequence[Conversation]) -> dict[str, Place]:
    """Utterances by UTTERANCE, CONVERSATION/UTTERANCE and so on, where only one is called so.

    Conversations of a file that holds several are called FILE/CONVERSATION, which nobody needs to write.
    """
    found: dict[str, list[Place]] = {}
    for conversation in talk:
        for place, utterance in enumerate(conversation.utterances):
            for name in _names(conversation, utterance.id):
                found.setdefault(name, []).append((conversation, place))
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def names_of(talk: Sequence[Conversation]) -> dict[tuple[str, str], str]:
    """What utterances are called, by conversation and utterance: UTTERANCE, or all of them by a longer name.

    All names are of one form, the shortest by which no two utterances are called alike, so that those of one
    file can be held against those of another.
    """
    known = utterances_by_name(talk)
    names = {(c.id, u.id): _names(c, u.id) for c in talk for u in c.utterances}
    for depth in range(max(map(len, names.values()), default=0)):
        found = {place: of[min(depth, len(of) - 1)] for place, of in names.items()}
        if known.keys() >= set(found.values()):
            return found
    return {place: of[-1] for place, of in names.items()}


def _names(conversation: Conversation, utterance: str) -> list[str]:
    """From the shortest name to the whole one."""
    parts = conversation.id.split("/")
    return [utterance, *("/".join([*parts[k:], utterance]) for k in reversed(range(len(parts))))]


def _note(items: Sequence[str], one: str, several: str) -> str:
    """What is said of explanations that were left out, by the reason for one and for several."""
    if len(items) == 1:
        return f"1 explanation {one} and was left out, that of {items[0]}"
    return f"{len(items)} explanations {several} and were left out, {items[0]} among them"


def _hash(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=8).digest()
