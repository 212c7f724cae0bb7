"""Where a sentence of an utterance surely begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from heartsay.explanation.verbs import words_of

_TITLED = re.compile(r"\b(Mr|Mrs|Ms|Dr)\.\s*(?=\w)")
_SENTENCE = re.compile(r".+?(?:[.!?…]+(?=\s|$)|$)", re.DOTALL)
_LAST_WORD = re.compile(r"(?:^|\s)(\w+)\.$")
_CLOSED = (".", "!", "?", "…")
# With a capital only, since many of them are words besides: Sat., Fig.
_ABBREVIATIONS = words_of(
    """
    mr mrs ms dr prof rev hon gen col sgt capt cpl lt maj gov sen rep pres fr sr jr st vs inc ltd co corp dept
    est approx ave blvd rd mt ft vol fig ed eds pp al jan feb mar apr jun jul aug sep sept oct nov dec mon tue
    tues wed thu thur thurs fri sat sun tel ext nr bros messrs mme mlle misc mgr adm cmdr supt insp det atty
    """
)
_ALWAYS = words_of("etc vs approx prof dept inc ltd eg ie cf ca pp tel ext")


def sentences(text: str) -> Iterator[str]:
    """The sentences of an utterance, without those whose beginning or end is in doubt.

    A point may end a sentence or a word that is written short, such as Prof. or No.; what stands on both
    sides of such a point is left out. So is a last sentence that nothing ends where others before it are
    ended, since it was cut short. A title such as Mr. loses its point.
    """
    found = [part.strip() for part in _SENTENCE.findall(_TITLED.sub(r"\1 ", text)) if part.strip()]
    lower = not any(letter.isupper() for letter in text)
    doubted = False
    for place, sentence in enumerate(found):
        following = found[place + 1] if place + 1 < len(found) else ""
        goes_on = bool(following) and _is_abbreviated(sentence, following, lower)
        cut = not following and place > 0 and not sentence.endswith(_CLOSED)
        if not (doubted or goes_on or cut):
            yield sentence
        doubted = goes_on


def _is_abbreviated(sentence: str, following: str, lower: bool) -> bool:
    """Whether the point at the end of a sentence may be that of a word written short."""
    last = _LAST_WORD.search(sentence)
    if last is None:
        return False
    word = last[1]
    if (following[0].islower() and not lower) or following[0].isdecimal():
        return True
    if len(word) == 1 and word not in {"I", "i"}:
        return True
    return word.lower() in _ALWAYS or (word.lower() in _ABBREVIATIONS and (lower or word[0].isupper()))
