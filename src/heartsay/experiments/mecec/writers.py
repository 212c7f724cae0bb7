"""What each arm that trains nothing writes for a clip."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.ecem import Ecem, Explained, whole
from heartsay.corpora.genders import gender_of
from heartsay.experiments.mecec.misheard import misheard_talk
from heartsay.explanation.people import Person, Pronoun, person
from heartsay.explanation.reason import reason
from heartsay.explanation.template import feels

ALIKE = 0.4
"""Cosine from which a training clip's words count as the same. The published floor used this one."""


class Written(NamedTuple):
    """One explanation of an arm.

    Attributes:
        clip: that it explains.
        text: the sentence.
        cites: utterances that it rests on; empty where the arm does not say.
        note: what became of it, such as that it repeats itself.
    """

    clip: str
    text: str
    cites: tuple[str, ...] = ()
    note: str = ""


Writer = Callable[[Explained], Written]


def known_person(name: str) -> Person:
    """A speaker of the series, whose gender is known by name."""
    pronouns: dict[str | None, Pronoun] = {"male": "he", "female": "she"}
    return person(name, pronouns.get(gender_of(name)))


class Writers:
    """The arms that train nothing, by name; those that look at training rows fit them once.

    Args:
        corpus: the explanations and the talk.
    """

    def __init__(self, corpus: Ecem) -> None:
        self.corpus = corpus

    def writer(self, name: str) -> Writer:
        """How an arm writes."""
        return {
            "constant": self.constant,
            "prefix": self.prefix,
            "typical": self.typical,
            "embedded": self.embedded,
            "embedded-misheard": self.embedded_misheard,
            "retrieval": self.retrieval,
            "embedded-retrieval": self.embedded_retrieval,
        }[name]

    def constant(self, row: Explained) -> Written:
        """The same for all: the speaker is talking to the others."""
        who = known_person(self._utterance(row).speaker)
        is_talking = "are talking" if who.takes_plural else "is talking"
        return Written(row.clip, f"{self._opening(row)} {who.subject} {is_talking} to the others.")

    def prefix(self, row: Explained) -> Written:
        """What opens most references, and nothing after it."""
        return Written(row.clip, self._opening(row))

    def typical(self, row: Explained) -> Written:
        """The training sentence that is most like the others of its emotion and gender."""
        group = self._group(row)
        return Written(row.clip, self._typical.get(group) or self._typical[row.emotion, ""])

    def embedded(self, row: Explained) -> Written:
        """The generator that comes along."""
        conversation, place = self.placed(row)
        found = reason(conversation, place, row.emotion, known_person)
        return Written(row.clip, found.text, tuple(found.cites))

    def embedded_misheard(self, row: Explained) -> Written:
        """The same generator, told what a recogniser might have heard."""
        conversation, place = self.placed(row)
        found = reason(self._heard[conversation.id], place, row.emotion, known_person)
        return Written(row.clip, found.text, tuple(found.cites))

    def retrieval(self, row: Explained) -> Written:
        """The explanation of the training clip of the same emotion and gender whose words are nearest."""
        text, _ = self._nearest(row)
        return Written(row.clip, text)

    def embedded_retrieval(self, row: Explained) -> Written:
        """That explanation where the words are near enough, else the generator's."""
        text, likeness = self._nearest(row)
        return Written(row.clip, text) if likeness > ALIKE else self.embedded(row)

    def placed(self, row: Explained) -> tuple[Conversation, int]:
        """The dialogue of a clip, and the index of its utterance there."""
        conversation = self.corpus.talk[row.conversation]
        ids = [u.id for u in conversation.utterances]
        return conversation, ids.index(row.utterance)

    def _utterance(self, row: Explained) -> Utterance:
        conversation, place = self.placed(row)
        return conversation.utterances[place]

    def _opening(self, row: Explained) -> str:
        who = known_person(self._utterance(row).speaker)
        return f"The reason {who.subject}{'’re' if who.takes_plural else '’s'} {feels(row.emotion)} is that"

    def _group(self, row: Explained) -> tuple[str, str]:
        return row.emotion, known_person(self._utterance(row).speaker).pronoun

    @cached_property
    def _heard(self) -> Mapping[str, Conversation]:
        return misheard_talk(self.corpus.talk)

    @cached_property
    def _groups(self) -> dict[tuple[str, str], list[Explained]]:
        found: dict[tuple[str, str], list[Explained]] = defaultdict(list)
        for row in whole(self.corpus.train):
            found[self._group(row)].append(row)
            found[row.emotion, ""].append(row)
        return found

    @cached_property
    def _typical(self) -> dict[tuple[str, str], str]:
        typical: dict[tuple[str, str], str] = {}
        for group, rows in self._groups.items():
            texts = [row.explanation for row in rows]
            vectors = _vectorizer((1, 2)).fit_transform(texts)
            typical[group] = texts[int(_flat(vectors @ _flat(vectors.sum(axis=0))).argmax())]
        return typical

    @cached_property
    def _index(self) -> dict[tuple[str, str], tuple[Any, Any, Sequence[str]]]:
        found: dict[tuple[str, str], tuple[Any, Any, Sequence[str]]] = {}
        for group, rows in self._groups.items():
            vectorizer = _vectorizer((1, 1))
            vectors = vectorizer.fit_transform([row.statement for row in rows])
            found[group] = (vectorizer, vectors, [row.explanation for row in rows])
        return found

    def _nearest(self, row: Explained) -> tuple[str, float]:
        group = self._group(row)
        vectorizer, vectors, texts = self._index[group if group in self._index else (row.emotion, "")]
        words = re.sub(r"\s+", " ", self._utterance(row).text or "")
        likeness = _flat((vectors @ vectorizer.transform([words]).T).todense())
        best = int(likeness.argmax())
        return texts[best], float(likeness[best])


def _vectorizer(grams: tuple[int, int]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", ngram_range=grams, sublinear_tf=True)


def _flat(matrix: Any) -> Any:
    import numpy as np

    return np.asarray(matrix).ravel()
