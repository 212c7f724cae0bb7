"""Words as a recogniser of speech might have them: in small letters, without stops, every fifth one wrong.

No recordings of MELD are here, so that no recogniser can be run on them. What is wrong is made up instead:
a word becomes another one of its talk's language that sounds about alike, is lost, or is followed by one that
was not said. Each utterance has a random stream of its own, so that the same words are misheard everywhere.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from heartsay.conversation import Conversation

REPLACED, LOST, ADDED = 0.12, 0.05, 0.03
"""Shares of words; together a word error rate of about a fifth, as of talk recorded with noise."""

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_CLASSES = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556")  # Soundex, US patent 1,261,167

Sounds = Mapping[str, Sequence[str]]
"""Words by how they sound."""


def words_of(text: str | None) -> list[str]:
    """The words of a text, in small letters."""
    return _WORD.findall((text or "").lower().replace("’", "'"))


def sound(word: str) -> str:
    """The first letter of a word and the classes of its consonants, as Soundex has them, at any length."""
    classes = "".join(c for c in word[1:].translate(_CLASSES) if c.isdigit())
    return word[0] + re.sub(r"(.)\1+", r"\1", classes)


def sounds_of(talk: Iterable[Conversation]) -> Sounds:
    """Every word of some talk by how it sounds."""
    found: dict[str, set[str]] = defaultdict(set)
    for conversation in talk:
        for utterance in conversation.utterances:
            for word in words_of(utterance.text):
                found[sound(word)].add(word)
    return {key: sorted(words) for key, words in found.items()}


def misheard_talk(talk: Mapping[str, Conversation]) -> dict[str, Conversation]:
    """All talk as a recogniser might have it, by dialogue; words become others of the same talk."""
    sounds = sounds_of(talk.values())
    return {name: misheard(conversation, sounds) for name, conversation in talk.items()}


def misheard(conversation: Conversation, sounds: Sounds) -> Conversation:
    """The same talk as a recogniser might have it; an utterance keeps at least one word if it had any."""
    utterances = tuple(replace(u, text=_misheard(u.text, u.id, sounds)) for u in conversation.utterances)
    return replace(conversation, utterances=utterances)


def _misheard(text: str | None, name: str, sounds: Sounds) -> str:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    words, heard = words_of(text), []
    for word in words:
        draw, which = random.random(2)
        alike = [other for other in sounds.get(sound(word), ()) if other != word]
        if draw < REPLACED:
            # A word that sounds like no other is lost.
            heard += [alike[int(which * len(alike))]] if alike else []
        elif draw < REPLACED + LOST:
            continue
        elif draw < REPLACED + LOST + ADDED:
            heard += [word, "uh"]
        else:
            heard.append(word)
    return " ".join(heard or words[:1])
