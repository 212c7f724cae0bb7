"""Who is spoken of: names in the plural, and pronouns for what a name says and nothing beyond it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, NamedTuple

from heartsay.conversation import UNKNOWN_SPEAKER
from heartsay.corpora.genders import titled_gender

Pronoun = Literal["he", "she", "they"]

# Subject, object, possessive before a noun, possessive alone, reflexive.
_FORMS: dict[str, tuple[str, str, str, str, str]] = {
    "he": ("he", "him", "his", "his", "himself"),
    "she": ("she", "her", "her", "hers", "herself"),
    "they": ("they", "them", "their", "theirs", "themself"),
    "several": ("they", "them", "their", "theirs", "themselves"),
}
_SEVERAL = re.compile(
    r"\b(?:and|both|all|all of them|girls|guys|boys|men|women|kids|people|students|parents)$|"
    r"\w\s*(?:,|/|&|\band\b)\s*\w",
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
    """The word by which somebody would be called in talk: the first that is no title."""
    parts = [part for part in name.split() if not _DOCTOR.fullmatch(part) and part.lower() != "the"]
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
    # A name followed by a comma or before the end, or after a comma, is called; elsewhere it is spoken of.
    called = [name for name in others if _is_called(first_name(name), text)]
    if len(called) == 1:
        return person(called[0])
    return person(others[0]) if len(others) == 1 and not called else None


def _is_called(name: str, text: str) -> bool:
    if name not in text:
        return False
    found = re.escape(name)
    return re.search(rf"(?:^|[.!?,]\s*){found}\s*[,!?]|,\s*{found}\s*(?:[.!?,]|$)", text) is not None
