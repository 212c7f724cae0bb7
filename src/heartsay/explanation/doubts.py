"""What makes it doubtful that a sentence can be told by somebody else, beyond its pronouns.

Each sign is one that speech offers for something other than a plain statement: a request or an address within
it, a tag, a pronoun that is a name or a noun, one person who could be taken for another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from heartsay.explanation.people import Person
from heartsay.explanation.verbs import AUXILIARIES, BASE, MODALS, UNCHANGED, first_verb, is_past, words_of

FIRST = words_of("i me my mine myself")
SEVERAL = words_of("we us our ours ourselves")
SECOND = words_of("you your yours yourself yourselves")
_HE, _SHE = words_of("he him his himself"), words_of("she her hers herself")
_THEY = words_of("they them their theirs themselves themself")
_OTHERS = {"he": _HE, "she": _SHE, "they": _THEY}

_WRITTEN_OTHERWISE = words_of(
    """
    im ive youre youve youll youd hes shes theyre dont cant u ur r ya yer yo ye thee thou thy thine y'all yall
    gotcha gotchas getcha whatcha betcha dunno lemme gimme d'you imma ima i'ma meself ourself mah
    """
)
"""Spellings that hide a pronoun, or a verb that would have to change."""

AFTER_YOU = words_of(
    """
    a an the this that these those some any no one two three my your his her its our their all and or
    but so than to too for with at of from about by on in into over under after before until till since
    without like as if when because while where why how what who though although again more better most
    much very alone back up down out off away home there enough first later earlier soon sometime
    something anything nothing everything well still always forever
    """
)
"""What may follow a you that is an object, and no noun with which it would be one name: you idiot."""

_LAST_AFTER_COMMA = words_of(
    "too either though anyway again really actually honestly maybe probably never ever"
)
_ADDRESSES = words_of(
    """
    man men dude dudes bro mate pal folks boss doc doctor officer professor coach captain honey hon sweetie
    darling dear love sugar son kiddo kid kids boys girls girl boy lady ladies gentlemen gentleman madam miss
    cowboy tiger champ silly dummy idiot idiots stupid jerk
    """
)
_BEGINS_AN_ADDRESS = words_of(
    "my you little old young uncle aunt auntie cousin mr mrs ms dr miss dear sweet brother sister"
)
_OF_ANYBODY = words_of(
    "can can't cannot could couldn't have need would wouldn't never always should shouldn't"
)
_AT_LARGE = words_of("anybody anyone everybody everyone nobody people days nowadays life anymore once")
_PERCEIVES = words_of("see hear smell tell feel imagine expect guess buy find trust")
_BEFORE_A_NAME = words_of(
    "to for with at of from about by on in without like than and or not is are was were be being been called "
    "named than as"
)
_MY = words_of("god goodness gosh lord word ass eye dear lady bad pleasure friend friends love darling")
_YOUR = words_of("a an the not so going welcome honor honour majesty highness grace excellency very just")
_NO_MINE = words_of("is are was were be been isn't not of than like to that's it's with and also both all")
_TAGGED = words_of("i you we he she it they there that this")
_ASKED_LAST = words_of("who whom what where why how when which")
_SAID = words_of("said says say goes went like yelled screamed wrote texted shouted whispered")
_STATES = words_of(
    """
    know like love hate want need have think look seem mean owe deserve remember understand believe live work
    belong sound smell feel hope care fear matter miss see agree disagree doubt prefer own wish worry
    """
)
"""Verbs that are no requests after you, as "you stop it" is."""

_OFTEN = words_of("always never really sometimes usually often still also rarely")
_CLOSED_CLASS = words_of("is was are were has have had am")
_JOINS = words_of("and or but so then , plus")
_UNDONE = words_of("me us")


class Words(NamedTuple):
    """The words of a sentence.

    Attributes:
        written: as they stand there.
        lower: without capitals.
        called: names in lower case by which who takes part is called.
        speaker: of the sentence.
        listener: who is meant by you, or None.
    """

    written: Sequence[str]
    lower: Sequence[str]
    called: Collection[str]
    speaker: Person
    listener: Person | None

    def at(self, place: int) -> str:
        """The word at a place, in lower case; empty outside the sentence."""
        return self.lower[place] if 0 <= place < len(self.lower) else ""


def is_doubtful(words: Words) -> bool:
    """Whether a sentence shows a sign that makes any telling of it doubtful."""
    return any(sign(words) for sign in _SIGNS)


def could_be_another(words: Words) -> bool:
    """Whether a pronoun could be taken for somebody else than was spoken of.

    A third person who shares the pronoun of the speaker, or a subject he or she where nothing says what the
    speaker goes by: who hears that Theo said that he left takes him for Theo. Where the speaker is they, also
    the speaker besides a group.
    """
    found = {stem(word) for word in words.lower}
    if words.speaker.pronoun == "they" and found & SEVERAL and found & FIRST:
        return True
    if words.speaker.pronoun != "they":
        return bool(found & _OTHERS[words.speaker.pronoun])
    # His and her beside a name are plain enough; as the subject they are taken for whoever is named before.
    return bool(found & _THEY) or stem(words.at(0)) in {"he", "she", "his", "her"}


def stem(word: str) -> str:
    """A word without what is contracted with it."""
    return word.partition("'")[0]


def _is_written_otherwise(words: Words) -> bool:
    kept = FIRST | SECOND | SEVERAL
    return any(
        word in _WRITTEN_OTHERWISE
        or ("'" in word and stem(word) in kept)
        or (word == "ill" and words.at(k + 1) in BASE)
        or re.match(r"(\w{1,3})-\1\w", word) is not None
        for k, word in enumerate(words.lower)
    )


def _is_shouted(words: Words) -> bool:
    """In capitals, where a pronoun cannot be told from a name: IT, US."""
    letters = "".join(words.written)
    return not any(letter.islower() for letter in letters) or any(
        len(word) > 1 and word.isupper() and word.lower() in FIRST | SEVERAL | SECOND | {"it", "he", "who"}
        for word in words.written
    )


def _has_a_pronoun_in_a_name(words: Words) -> bool:
    """You've Got Mail, World War I, a gold mine."""
    for k, word in enumerate(words.lower):
        if k and stem(word) in (FIRST | SEVERAL | SECOND) - {"i"} and words.written[k][0].isupper():
            return True
        before = words.written[k - 1] if k else ""
        if word == "i" and before[:1].isupper() and (k > 1 or before.lower() in words.called):
            return True
        if word == "mine" and words.at(k - 1) not in _NO_MINE:
            return True
        if word == "my" and words.at(k + 1) in _MY | {""}:
            return True
        if word == "your" and words.at(k + 1) in _YOUR:
            return True
    return False


def _requests(words: Words) -> bool:
    """A request within it: I miss you, call me."""
    asks = (BASE | UNCHANGED | words_of("don't let let's please be excuse do")) - {"like"}
    shared = False
    for k, word in enumerate(words.lower):
        if (
            word in MODALS
            or word in {"to", "do", "don't", "let", "make", "help"}
            or (k == 1 and word in BASE)
        ):
            shared = True
        if not k or word not in _JOINS:
            continue
        following = first_verb(words.lower, k + 1)
        joined = word in {"and", "or"} and shared
        if following in {"let's", "please"} or (following in {"let", "don't", "be"} and not joined):
            return True
        if word == "so" and words.at(k - 1) == "," and k == len(words.lower) - 2:
            return True  # "so hurry"
        if following in asks and not joined:
            return True
    return "let's" in words.lower


def _you_may_be_told_to(words: Words) -> bool:
    """You stop it, you know what, you both, you see."""
    if words.at(0) != "you":
        return False
    following = words.at(1)
    if following in {"both", "all", "guys", "two", "know", "see", "mean", "bet", "better"}:
        return following not in {"know"} or words.at(2) in _ASKED_LAST | {",", "i", "you", "he", "she", "it"}
    verb = first_verb(words.lower, 1)
    if following in {"never", "always"} and verb in {"know", "can"}:
        return True  # anybody
    if following != verb and following in _OFTEN:
        return False
    return verb in (BASE | UNCHANGED) - _STATES or words.at(len(words.lower) - 1) in _ASKED_LAST


def _ends_in_a_tag(words: Words) -> bool:
    """Won't you; right; and whoever is called by anything but a name."""
    lower = words.lower
    asked = words.at(len(lower) - 3) if lower[-2] == "not" else words.at(len(lower) - 2)
    if (
        lower[-1] in _TAGGED
        and asked in AUXILIARIES
        and ("," in lower or lower[-2] == "not" or "n't" in asked)
    ):
        return True
    if words.at(len(lower) - 2) == "," and lower[-1] not in _LAST_AFTER_COMMA:
        return True
    return lower[-1] in {",", "right", "huh", "eh", "innit"} and words.at(len(lower) - 2) not in words_of(
        "be is are am was were all so"
    )


def _addresses(words: Words) -> bool:
    """A name or another address that nothing sets apart, or that stands within the sentence."""
    last = len(words.lower) - 1
    before = words.at(last - 1)
    if words.lower[last] in _ADDRESSES:
        return True
    if words.lower[last] in words.called and words.written[last][0].isupper() and last:
        return not (before in _BEFORE_A_NAME or before in BASE or is_past(before))
    return any(
        (word in words.called or word in _ADDRESSES) and words.at(k - 1) == "," and words.at(k + 1) == ","
        for k, word in enumerate(words.lower)
    )


def _calls_somebody_at_the_end(words: Words) -> bool:
    """Two or three words after the last comma that are an address: I hate you, Mr Smith."""
    comma = max((k for k, word in enumerate(words.lower) if word == ","), default=-1)
    last = words.lower[comma + 1 :]
    if comma < 1 or not 2 <= len(last) <= 3 or {"and", "or"} & set(last):
        return False
    return last[0] in _BEGINS_AN_ADDRESS or all(word[0].isupper() for word in words.written[comma + 1 :])


def _means_anybody(words: Words) -> bool:
    """You for people at large: you can't trust anybody, it breaks your heart, you need a licence to sell."""
    heard = SECOND & {stem(word) for word in words.lower}
    if not heard:
        return False
    verb = first_verb(words.lower, 1)
    if words.at(0) in {"it", "that", "this"} and verb not in AUXILIARIES:
        return True
    for k, word in enumerate(words.lower):
        if word != "you" or first_verb(words.lower, k + 1) not in _OF_ANYBODY:
            continue
        rest = words.lower[k + 1 :]
        if _AT_LARGE & set(rest) or _PERCEIVES & set(rest[:4]) or ("need" in rest[:3] and "to" in rest[2:]):
            return True
    return False


def _names_a_listener_amiss(words: Words) -> bool:
    """You with a noun or among several: you idiot, you both, you and me."""
    for k, word in enumerate(words.lower):
        if word == "you" and words.at(k + 1) in {"both", "two", "three", "guys", "all", "people", "idiot"}:
            return True
        before, after = words.at(k - 1), words.at(k + 1)
        if word in _UNDONE and (
            before in {"and", "or", ",", "is", "be", "been", "it's", "was", "that's", "not"}
            or after in {"and", "or", "too", "neither", "either"}
        ):
            return True
        if word in {"i", "you", "we"} and words.at(k - 1) == "and" and _is_named(words, k - 2):
            return True
    return False


def _is_named(words: Words, place: int) -> bool:
    return place >= 0 and (
        words.written[place][0].isupper() or words.lower[place] in {"he", "she", "they", "you"}
    )


def _may_be_direct_speech(words: Words) -> bool:
    """She said I hate you: whose I that is, nobody can tell."""
    now = BASE | {"am", "are", "have", "do", "don't", "can", "will"}
    for k, word in enumerate(words.lower):
        if word in _SAID and words.at(k + 1) in BASE | {"be", "no", "yes", "don't"}:
            return True
        by_another = words.at(k - 1) in _SAID and words.at(k - 2) not in {"i", "you", "we"}
        if word in {"i", "you", "we"} and by_another and first_verb(words.lower, k + 1) in now:
            return True
    return False


def _has_two_groups(words: Words) -> bool:
    """They lied to us: both would be they."""
    found = {stem(word) for word in words.lower}
    return bool(found & SEVERAL and found & _THEY)


def _has_a_noun_for_a_verb(words: Words) -> bool:
    """That can is empty, that can of beans; a verb with a capital: I Love Lucy; it's tail was cut."""
    if "'" in words.at(0) and words.at(2) in {"was", "is", "were", "has"}:
        return True
    for k, word in enumerate(words.lower):
        if word in MODALS and words.at(k + 1) in _CLOSED_CLASS - {"have"} | {"of"}:
            return True
        if (
            k
            and word in BASE | AUXILIARIES
            and words.written[k][0].isupper()
            and words.at(k - 1) in {"i", "we"}
        ):
            return True
    return False


def _another_verb_would_change(words: Words) -> bool:
    """A second verb of I or you that is joined to the first: I was late and was rude."""
    if words.at(0) not in {"i", "you"}:
        return False
    changes = words_of("am was wasn't are aren't were weren't have haven't do don't")
    return any(
        word in {"and", "or", "but", ","} and first_verb(words.lower, k + 1) in changes
        for k, word in enumerate(words.lower)
    )


_SIGNS: tuple[Callable[[Words], bool], ...] = (
    _is_written_otherwise,
    _is_shouted,
    _has_a_pronoun_in_a_name,
    _requests,
    _you_may_be_told_to,
    _ends_in_a_tag,
    _addresses,
    _calls_somebody_at_the_end,
    _means_anybody,
    _names_a_listener_amiss,
    _may_be_direct_speech,
    _has_two_groups,
    _has_a_noun_for_a_verb,
    _another_verb_would_change,
)
