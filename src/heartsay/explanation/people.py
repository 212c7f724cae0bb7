"""Who is spoken of: names in the plural, and pronouns for what a name says and nothing beyond it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, NamedTuple

from heartsay.conversation import UNKNOWN_SPEAKER
from heartsay.corpora.genders import titled_gender
from heartsay.explanation.verbs import words_of

Pronoun = Literal["he", "she", "they"]

# Subject, object, possessive before a noun, possessive alone, reflexive.
_FORMS: dict[str, tuple[str, str, str, str, str]] = {
    "he": ("he", "him", "his", "his", "himself"),
    "she": ("she", "her", "her", "hers", "herself"),
    "they": ("they", "them", "their", "theirs", "themself"),
    "several": ("they", "them", "their", "theirs", "themselves"),
}
_SEVERAL = re.compile(
    r"\b(?:and|both|all|all of them|girls|guys|boys|men|women|kids|children|people|students|parents|twins|"
    r"triplets|brothers|sisters|neighbou?rs|guests|friends)$|^the\s+[\w-]*[^\Wsui]s$|"
    r"\w\s*(?:/|&|\band\b)\s*\w",
    re.IGNORECASE,
)
# Labels that would be read as a word of the sentence.
_NO_NAMES = words_of(
    """
    i you he she it we they me him her us them my your his its our their mine yours this that these those one
    who someone somebody everyone everybody anyone nobody all both other others none self
    """
)
_DETERMINED = re.compile(
    r"\b(?:my|his|her|our|their|an?|the)\s+(?:[\w-]+\s+){0,2}"
    r"(?:friend|brother|sister|son|daughter|wife|husband|boyfriend|girlfriend|fianc[ée]e?|cousin|uncle|aunt|nephew|"
    r"niece|boss|roommate|flatmate|neighbou?r|doctor|lawyer|teacher|colleague|partner|ex|buddy|man|woman|guy|girl|"
    r"boy|baby|dog|cat|name)$|\b(?:is|was|named|called|it['’]s|that['’]s)$",
    re.IGNORECASE,
)
_DOCTOR = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|St|Jr|Sr)\.?$")


class Person(NamedTuple):
    """Somebody who speaks, or several who speak at once.

    Attributes:
        name: as the conversation gives it.
        pronoun: he or she only where that was said; they otherwise.
        several: whether the name is that of more than one person.
    """

    name: str
    pronoun: Pronoun = "they"
    several: bool = False

    @property
    def takes_plural(self) -> bool:
        """Whether a verb after the pronoun is in the plural."""
        return self.pronoun == "they"

    @property
    def _forms(self) -> tuple[str, str, str, str, str]:
        return _FORMS["several" if self.several else self.pronoun]

    @property
    def subject(self) -> str:
        """He, she or they."""
        return self._forms[0]

    @property
    def object(self) -> str:
        """Him, her or them."""
        return self._forms[1]

    @property
    def possessive(self) -> str:
        """His, her or their."""
        return self._forms[2]

    @property
    def own(self) -> str:
        """His, hers or theirs."""
        return self._forms[3]

    @property
    def reflexive(self) -> str:
        """Himself, herself, themself or themselves."""
        return self._forms[4]

    @property
    def genitive(self) -> str:
        """The name in the possessive."""
        return f"{self.name}’" if self.several and self.name.endswith("s") else f"{self.name}’s"


def is_named(speaker: str) -> bool:
    """Whether a speaker's label names somebody."""
    return bool(speaker.strip()) and speaker != UNKNOWN_SPEAKER


def is_nameable(name: str) -> bool:
    """Whether a label can stand within a sentence for somebody: no pronoun, number or "Doe, Jane"."""
    return (
        name.strip().lower() not in _NO_NAMES and any(letter.isalpha() for letter in name) and "," not in name
    )


def spoken_of(name: str) -> str:
    """What a speaker with a label is called within a sentence: "the speaker named You".

    A label that would be read as another word is said to be a name; an article loses its capital.
    """
    if not is_nameable(name) and not person(name).several:
        return f"the speaker named {name}"
    return f"the{name[3:]}" if re.match(r"The\s+\w", name) else name


def person(name: str, pronoun: Pronoun | None = None) -> Person:
    """A speaker by name.

    Args:
        name: such as `Mara`, `Mrs. Bing`, `Chandler and Joey` or `All`.
        pronoun: if it is known; otherwise only a title such as Mrs. says it.
    """
    several = _SEVERAL.search(name.strip()) is not None
    if several:
        return Person(name, "they", several=True)
    said = {"male": "he", "female": "she"}.get(titled_gender(name) or "", "they")
    return Person(name, pronoun or said)  # type: ignore[arg-type]


def first_name(name: str) -> str:
    """The word by which somebody would be called in talk: the first that is no title; Jane of "Doe, Jane"."""
    _, comma, given = name.partition(",")
    said = given if comma and given.strip() and _SEVERAL.search(name.strip()) is None else name
    parts = [part for part in said.split() if not _DOCTOR.fullmatch(part) and part.lower() != "the"]
    return parts[0] if parts else name


def listener(text: str, speaker: str, speakers: Collection[str]) -> Person | None:
    """Who "you" is in what a speaker says, or None where that is not certain.

    The one who is addressed by name, or the only other who takes part.

    Args:
        text: what is said.
        speaker: who says it.
        speakers: everybody who takes part.
    """
    others = [name for name in speakers if name != speaker]
    if not all(map(is_named, others)):
        return None
    known = {first_name(name).lower() for name in speakers}
    # A name followed by a comma or before the end, or after a comma, is called; elsewhere it is spoken of.
    called = [name for name in others if _is_called(first_name(name), text, known)]
    if len(called) == 1:
        return person(called[0])
    return person(others[0]) if len(others) == 1 and not called else None


def lists_names(text: str, known: Collection[str]) -> bool:
    """Whether names stand side by side, of people who are spoken of or who are called together.

    Args:
        text: what is said.
        known: names in lower case of who takes part; any other word with a capital is taken for a name
            where it does not begin a sentence.
    """
    pattern = r"(?P<first>[^\W\d_][\w’']*),\s*(?:(?:and|or)\s+)?(?P<second>[^\W\d_][\w’']*)"
    for start in re.finditer(r"\b[^\W\d_]", text):
        found = re.match(pattern, text[start.start() :])
        if found is None or not found["second"][0].isupper() or not found["first"][0].isupper():
            continue
        begins = not text[: start.start()].rstrip() or text[: start.start()].rstrip()[-1] in ".!?…"
        if re.fullmatch(r"I(?:['’]\w+)?", found["second"]):
            continue
        if found["first"].lower() in known or not begins:
            return True
    return False


def _is_called(name: str, text: str, known: Collection[str]) -> bool:
    if name not in text:
        return False
    for sentence in re.split(r"(?<=[.!?…])\s+", text):
        if lists_names(sentence, known):
            continue
        found = re.escape(name)
        if re.search(rf"^{found}\s*[,!?]", sentence):
            return True
        # "My brother, Ross, sold it" speaks of him; "no, Ross, I sold it" does not.
        middle = re.search(rf"^(?P<before>[^,]*(?:,[^,]*)?),\s*{found}\s*,", sentence)
        if middle and len(middle["before"].split()) <= 2 and not _DETERMINED.search(middle["before"]):
            return True
        last = re.search(rf"^(?P<before>.*),\s*{found}\s*[.!?…]*$", sentence)
        if last and not _DETERMINED.search(last["before"]):
            return True
    return False
