"""Whether an explanation says only what its cited utterances say: no reference sentence is needed.

Similarity to a reference rewards what sounds right. Here an explanation is held against the talk: each of its
content words, in whatever inflection, must occur in what it cites, and each of its claims must be one that a
single cited utterance makes, by the speaker whom the claim names, and negated where the utterance negates.
That is a test of words, not of meaning: it can fail a fair paraphrase, and it passes words of one sentence
put in another order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from heartsay.metrics.sentences import words

_FUNCTION_WORDS = """
a about after again all also although am an and any are as at be because been before being both but by can
could did do does doing done down during each either else ever every for from further had has have having
he her here hers herself him himself his how i if in into is it its itself just like may me might mine
more most much must my myself no nor not now of off on once one only or other our ours ourselves out over
own really same shall she should so some somebody someone something such than that the their theirs them
themself themselves then there these they this those through to too under until up us very was we were
what when where whether which while who whom whose why will with would yes you your yours yourself
anything anybody nothing nobody everything everybody go goes going gone went get gets got getting become
becomes became
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Words that claim nothing by themselves."""

_FRAME = """
reason cause reads read likely possibly perhaps utterance said says say tell told tells right feel feels
feeling felt come source found conversation quote left open compete leads neutral calls happy sad angry
afraid scared surprised disgusted joy sadness anger fear surprise disgust shock delight upset speaker
"""
FRAME = frozenset(_FRAME.split())
"""Words with which an explanation speaks of itself and of the emotion that it was given."""

_NEGATING = "not no never nobody nothing none nor neither without cannot"
_NEGATIONS = frozenset(_NEGATING.split())
_CONTRACTION = re.compile(r"(n't|'\w+)$")
_PAST_AND_PRESENT = """
sold:sell told:tell was:be were:be left:leave gave:give took:take made:make came:come saw:see seen:see
knew:know known:know bought:buy brought:bring thought:think lost:lose kept:keep slept:sleep broke:break
spoke:speak wrote:write forgot:forget forgotten:forget stole:steal lent:lend paid:pay met:meet heard:hear
meant:mean stuck:stick ate:eat fell:fall
"""
_IRREGULAR = dict(pair.split(":") for pair in _PAST_AND_PRESENT.split())
_CLAIM = re.compile(
    r"[;:]|,\s+(?:and|but)\s+(?=because\b|most likely\b|possibly\b|perhaps\b)|"
    r"\b(?:most likely|possibly|perhaps)\b(?: because(?: of)?\b)?|\b(?:is|was) that\b"
)
_FIRST_BECAUSE = re.compile(r"\bbecause\b(?: of\b)?")
_QUOTE = re.compile(r"“([^”]*)”")
_SAID_BY = re.compile(r"([\w .'’-]+?)\s+(?:said|told|says|tells)\b")
_INTERJECTION = re.compile(r"^(?:no|nope|nah)\b[\s,.!-]*", re.IGNORECASE)
_SPOKEN_TO = frozenset(["you", "your", "yours", "yourself", "you're", "you've", "you'll", "you'd"])


class Statement(NamedTuple):
    """One cited utterance: who said it, and what."""

    speaker: str
    text: str


class Groundedness(NamedTuple):
    """How much of an explanation its cited utterances support.

    Attributes:
        words: content words in it.
        supported_words: those of them that occur in a cited utterance, or name who speaks there.
        claims: statements in it that have a content word.
        supported_claims: those of them that a single cited utterance makes.
        unsupported: the content words that nothing supports, as written.
    """

    words: int
    supported_words: int
    claims: int
    supported_claims: int
    unsupported: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every word and every claim is supported."""
        return self.words == self.supported_words and self.claims == self.supported_claims


def groundedness(
    explanation: str,
    cited: Sequence[Statement],
    known: Collection[str] = (),
    participants: Collection[str] = (),
    frame: Collection[str] = FRAME,
) -> Groundedness:
    """What of an explanation is supported by what it cites.

    What stands between “ and ” and is verbatim in a cited utterance, up to an ellipsis, is supported.

    Args:
        explanation: one sentence or several.
        cited: the utterances that it rests on.
        known: names and words that were given and need no support, such as who feels what.
        participants: whom "you" may mean: their names are supported by an utterance that says "you".
        frame: words with which explanations speak of themselves; they count neither way.
    """
    given = {part for name in known for word in words(name) for part in forms(word)}
    sources = [_Source.of(statement, participants) for statement in cited]
    everything = frozenset[str]().union(*(source.stems for source in sources))
    found = [word for word in _content(explanation, frame) if not given & forms(word)]
    unsupported = tuple(word for word in found if not everything & forms(word))
    unquoted = _QUOTE.sub(lambda quote: " " if _is_verbatim(quote[1], cited) else quote[0], explanation)
    claims = [claim for claim in _claims(unquoted) if _content(claim, frame)]
    supported = [claim for claim in claims if any(source.makes(claim, given, frame) for source in sources)]
    own = [c for c in claims if all(given & forms(word) for word in _content(c, frame))]
    asked = len(claims) - len(own)
    return Groundedness(
        len(found),
        len(found) - len(unsupported),
        asked,
        len([c for c in supported if c not in own]),
        unsupported,
    )


def _claims(text: str) -> list[str]:
    parts = _CLAIM.split(text)
    if len(parts) == 1:
        parts = _FIRST_BECAUSE.split(text, maxsplit=1)
    return parts


def _is_verbatim(quote: str, cited: Sequence[Statement]) -> bool:
    start = quote.removesuffix("…").rstrip(".")
    return any(" ".join(start.split()) in " ".join(statement.text.split()) for statement in cited)


def shares(found: Iterable[Groundedness]) -> dict[str, float]:
    """Share of content words, of claims and of whole sentences that are supported, 0 to 1.

    A sentence without a content word says nothing that could be supported and does not count.

    Raises:
        ValueError: there is no content word in any.
    """
    rows = list(found)
    total, claims = sum(row.words for row in rows), sum(row.claims for row in rows)
    if not total or not claims:
        raise ValueError("no explanation has a content word: there is nothing to support")
    return {
        "words": sum(row.supported_words for row in rows) / total,
        "claims": sum(row.supported_claims for row in rows) / claims,
        "whole": sum(row.holds for row in rows if row.words) / sum(row.words > 0 for row in rows),
    }


class _Source(NamedTuple):
    stems: frozenset[str]
    sentences: tuple[tuple[frozenset[str], bool], ...]
    speaker: frozenset[str]

    @classmethod
    def of(cls, statement: Statement, participants: Collection[str]) -> _Source:
        speaker = frozenset(part for word in words(statement.speaker) for part in forms(word))
        addressed = frozenset[str]()
        if _SPOKEN_TO.intersection(words(statement.text)):
            addressed = frozenset(part for n in participants for word in words(n) for part in forms(word))
        spoken = re.split(r"(?<=[.!?…])\s+", statement.text.strip())
        sentences = tuple(
            (_stems(s) | addressed, _negated(_INTERJECTION.sub("", s))) for s in spoken if words(s)
        )
        return cls(_stems(statement.text) | speaker | addressed, sentences, speaker)

    def makes(self, claim: str, given: Collection[str], frame: Collection[str]) -> bool:
        """Whether one utterance makes a claim."""
        said_by = _SAID_BY.search(claim)
        if said_by is not None and not self._may_be(said_by[1]):
            return False
        wanted = [forms(word) for word in _content(claim, frame) if not self.speaker & forms(word)]
        wanted = [one for one in wanted if not one & set(given)]
        if not all(self.stems & one for one in wanted):
            return False
        if not wanted or not self.sentences:
            return True
        matched = [sum(bool(stems & one) for one in wanted) for stems, _ in self.sentences]
        nearest = [
            negated for (_, negated), m in zip(self.sentences, matched, strict=True) if m == max(matched)
        ]
        return _negated(claim) in nearest

    def _may_be(self, name: str) -> bool:
        told = {part for word in words(name) for part in forms(word)}
        pronouns = {"they", "he", "she", "i", "what", "was"}
        return bool(told & self.speaker) or bool(told & pronouns) or not told


def _content(text: str, frame: Collection[str]) -> list[str]:
    found = []
    for word in words(text):
        stem = _CONTRACTION.sub("", word)
        if stem and stem not in FUNCTION_WORDS and stem not in frame and not stem.isdigit():
            found.append(stem)
    return found


def _stems(text: str) -> frozenset[str]:
    return frozenset(part for word in words(text) for part in forms(_CONTRACTION.sub("", word)))


def forms(word: str) -> set[str]:
    """What a word may be an inflection of, itself among it; crude on purpose, so that no part is missing."""
    word = _CONTRACTION.sub("", word.lower().replace("’", "'"))
    found = {word, _IRREGULAR.get(word, word)}
    for ending, put in (
        ("ies", "y"),
        ("ied", "y"),
        ("es", ""),
        ("s", ""),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            found.add(word[: -len(ending)] + put)
    if word.endswith("ing") and len(word) >= 6:
        found.add(word[:-3] + "e")
    for form in list(found):
        if len(form) > 3 and form[-1] == form[-2]:
            found.add(form[:-1])
    return found


def _negated(text: str) -> bool:
    return any(word in _NEGATIONS or word.endswith("n't") for word in words(text))
