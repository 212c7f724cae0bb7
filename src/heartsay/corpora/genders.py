"""Which gender the name of a speaker in MELD tells, if any."""

from __future__ import annotations

import re

_FEMALE = """
rachel monica phoebe janice carol emily mona joanna julie elizabeth susan kate cassie kristen dina katie jill
lydia mischa janine kathy jade bonnie leslie ursula estelle whitney lauren alice jeannine brenda kim molly
marjorie dana chloe cecilia nora angela amy sandra judy erica sarah caroline annabelle jessica andrea helen
"""
_MALE = """
ross joey chandler tag doug richard pete mark danny paul eric earl barry frank chip gunther joshua david julio
ben russell issac stanley robert mike steve gary tommy roger drew duncan wayne max bob kyle cliff carl jack
alan terry bobby larry tim dan
"""
_FEMALE_ROLES = "mrs ms miss woman girl lady waitress mother sister bridesmaid"
_MALE_ROLES = "mr sir man guy boy waiter fireman policeman father brother"
_FEMALE_TITLES, _MALE_TITLES = frozenset(_FEMALE_ROLES.split()), frozenset(_MALE_ROLES.split())
_FEMALE_WORDS, _MALE_WORDS = frozenset(_FEMALE.split()), frozenset(_MALE.split())


def gender_of(name: str) -> str | None:
    """`male`, `female`, or None where the name tells neither, or names two people of different gender.

    The six main characters and guests with given names are known; titles such as Mrs. count.
    """
    return _told(name, _FEMALE_WORDS | _FEMALE_TITLES, _MALE_WORDS | _MALE_TITLES)


def titled_gender(name: str) -> str | None:
    """`male`, `female` or None, by titles and roles such as Mrs. or waiter; first names do not count."""
    return _told(name, _FEMALE_TITLES, _MALE_TITLES)


def _told(name: str, female_words: frozenset[str], male_words: frozenset[str]) -> str | None:
    words = set(re.findall(r"[a-z]+", name.lower()))
    male, female = bool(words & male_words), bool(words & female_words)
    if male == female:
        return None
    return "male" if male else "female"
