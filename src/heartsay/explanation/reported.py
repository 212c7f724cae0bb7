"""What somebody said, told by somebody else: first and second person into the third, or nothing at all.

`clause` turns "I sold it on Tuesday." into "they sold it on Tuesday". It answers only where the rules below
make a right sentence: statements with a known subject and a finite verb. Questions, requests, exclamations,
talk of today or here, half sentences, and an I or you that nobody can be named for are left to be quoted.
Tense stays as it was spoken.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from heartsay.explanation.doubts import AFTER_YOU, Words, could_be_another, is_doubtful, stem
from heartsay.explanation.people import Person, first_name, is_nameable, lists_names
from heartsay.explanation.sentence_ends import sentences
from heartsay.explanation.talk import (
    BARE,
    BEGUN_TWICE,
    CLOSED_BEFORE,
    CONTRACTED,
    DEICTIC,
    DETERMINERS,
    ENDING,
    FILLER,
    IT,
    LISTENER_FORMS,
    NAMED_SUBJECTS,
    NOT_IN_NAMES_OF_THINGS,
    OPENERS,
    OPENING,
    SPOKEN,
    STUTTER,
    TAKES_CLAUSE,
    TOKEN,
    UNFINISHED,
    UNSAID,
)
from heartsay.explanation.verbs import (
    ADVERBS,
    AUXILIARIES,
    BASE,
    first_verb,
    is_finite,
    is_finite_third,
    is_past,
    plural,
    third_person,
)

LONGEST = 22
"""Words that a clause may have; longer ones are quoted in part instead."""


class Clause(NamedTuple):
    """A statement in the third person.

    Attributes:
        text: without "that" before it and without a full stop.
        share: of the words of the utterance that it renders, 0 to 1.
    """

    text: str
    share: float


def clause(
    text: str,
    speaker: Person,
    listener: Person | None = None,
    names: Collection[str] = (),
    *,
    freely: bool = False,
) -> Clause | None:
    """The longest statement of an utterance in the third person; None where none can be told rightly.

    Args:
        text: what was said.
        speaker: who says it; pronouns stand for them.
        listener: who is meant by "you", where that is known; they go by their name.
        names: of the people who take part, whose names may begin a sentence or address somebody.
        freely: also with the time and place of the talk, and where a pronoun could be taken for
            somebody else.
    """
    total = len(text.split())
    called = {first_name(name).lower() for name in names} | {name.lower() for name in names}
    best: Clause | None = None
    for sentence in sentences(text):
        found = _statement(sentence, speaker, listener, called, freely)
        if found is None:
            continue
        share = min(1.0, len(sentence.split()) / total)
        if best is None or len(found.text.split()) > len(best.text.split()):
            best = Clause(found.text, share)
    return best


def _statement(
    sentence: str, speaker: Person, listener: Person | None, called: Collection[str], freely: bool
) -> Clause | None:
    sentence = sentence.strip()
    if "?" in sentence[-3:] or UNSAID.search(sentence.rstrip(".…")) or sentence.endswith(("..", "…")):
        return None
    sentence = sentence.rstrip(".!").strip()
    sentence = _without_address(BEGUN_TWICE.sub("", sentence), called)
    if not freely and DEICTIC.search(sentence):
        return None
    sentence = FILLER.sub(" ", sentence)
    tokens = TOKEN.findall(sentence)
    if sum(map(len, tokens)) != len("".join(sentence.split())):
        return None  # a character that no word has would be lost
    words = _expanded(tokens)
    if words is None or not 3 <= len(words) <= LONGEST or not _begins_a_clause(words, called):
        return None
    lower = [word.lower() for word in words]
    if lower[-1] in UNFINISHED or (lower[0] == "that's" and lower[1] in {"because", "why", "what"}):
        return None
    said = Words(words, lower, called, speaker, listener)
    if is_doubtful(said) or _runs_on(lower) or (not freely and could_be_another(said)):
        return None
    return _told(words, lower, speaker, listener)


def _without_address(sentence: str, called: Collection[str]) -> str:
    """Without what opens and closes a turn, names by which somebody is addressed among it."""
    for _ in range(3):
        before = sentence
        sentence = OPENING.sub("", sentence, count=1)
        sentence = ENDING.sub("", sentence, count=1)
        head, comma, rest = sentence.partition(",")
        if comma and head.strip().lower() in called:
            sentence = rest.strip()
        head, comma, last = sentence.rpartition(",")
        if comma and last.strip().lower() in called and not lists_names(sentence, called):
            sentence = head.strip()
        if sentence == before:
            break
    return sentence


def _expanded(tokens: list[str]) -> list[str] | None:
    """Tokens with contractions written out where a pronoun may change before them; None where unclear."""
    words: list[str] = []
    for place, token in enumerate(tokens):
        token = token.replace("’", "'")
        stem, mark, clitic = token.partition("'")
        if token.endswith("'") or STUTTER.search(token):
            return None  # a clipped word, such as shootin', or one that is begun twice
        if token.lower() in SPOKEN:
            spoken = SPOKEN[token.lower()]
            if token.lower() == "gotta" and words and words[-1].lower() in {"have", "has"}:
                spoken = ["to"]
            words += spoken
        elif mark and clitic.lower() in CONTRACTED:
            words += [stem, *CONTRACTED[clitic.lower()]]
        elif mark and clitic.lower() == "d" and stem.lower() in {"i", "you", "we"}:
            meant = _had_or_would(first_verb([token.lower() for token in tokens], place + 1))
            if meant is None:
                return None
            words += [stem, meant]
        else:
            words.append(token)
    return words


def _had_or_would(following: str) -> str | None:
    """What 'd is short for before a verb; None where it may be either."""
    if following in {"better", "been", "had"} or (is_past(following) and following.endswith("ed")):
        return "had"
    # "I'd come" and "I'd put" are both.
    if following in {"come", "become", "run"} or following not in BASE | {"be", "rather", "not"}:
        return None
    return "would"


def _begins_a_clause(words: list[str], called: Collection[str]) -> bool:
    """Whether the words begin with a subject and its finite verb."""
    lower = [word.lower() for word in words]
    first = lower[0]
    stem, _, clitic = first.partition("'")
    if first in {"i", "you", "we"}:
        return is_finite(first_verb(lower, 1))
    if stem in NAMED_SUBJECTS and clitic in {"s", "re", "ll", "ve", "d"}:
        return True
    if first in {"they", "these", "those"}:
        return is_finite(first_verb(lower, 1))
    if first in NAMED_SUBJECTS or first in called:
        verb = first_verb(lower, 1)
        if is_finite_third(verb) and verb not in {"do", "don't", "am", "are", "were", "have", "haven't"}:
            return first not in {"this", "that"} or verb in AUXILIARIES
    if first in {"mr", "mrs", "ms", "dr"}:
        return is_finite_third(first_verb(lower, 2))
    if stem in called and clitic == "s":
        return lower[1] in {"a", "an", "the", "not", "so", "very", "been", "going"} or lower[1].endswith(
            "ing"
        )
    if first in DETERMINERS and lower[1] not in NOT_IN_NAMES_OF_THINGS:
        for place in range(2, min(5, len(lower) - 1)):
            if lower[place] in AUXILIARIES:
                return not NOT_IN_NAMES_OF_THINGS.intersection(lower[1:place])
    return False


def _runs_on(lower: list[str]) -> bool:
    """Whether a second statement follows with nothing that joins them: "it's beautiful I love it"."""
    return any(
        word.partition("'")[0] in {"i", "you", "we", "he", "she", "they", "it"}
        and is_finite(first_verb(lower, place + 1)) | ("'" in word)
        and lower[place - 1] not in TAKES_CLAUSE
        for place, word in enumerate(lower)
        if place
    )


def _told(words: list[str], lower: list[str], speaker: Person, listener: Person | None) -> Clause | None:
    out: list[str] = []
    place = 0
    while place < len(words):
        word = lower[place]
        if word == "i" or word == "we":
            several = word == "we" or speaker.takes_plural
            taken = _with_verb(lower, place, speaker.subject if word == "i" else "they", several)
            if taken is None:
                return None
            out += taken[0]
            place += taken[1]
            continue
        if word in LISTENER_FORMS:
            if listener is None or not is_nameable(listener.name):
                return None
            if word == "yourselves" and not listener.several:
                return None
            if word == "you":
                taken = _listener(lower, place, listener)
                if taken is None:
                    return None
                out += taken[0]
                place += taken[1]
                continue
            out.append({"your": listener.genitive, "yours": listener.genitive}.get(word, listener.reflexive))
        elif word in {"me", "my", "mine", "myself"}:
            forms = {"me": speaker.object, "my": speaker.possessive, "mine": speaker.own}
            out.append(forms.get(word, speaker.reflexive))
        elif word in {"us", "our", "ours", "ourselves"}:
            out.append({"us": "them", "our": "their", "ours": "theirs"}.get(word, "themselves"))
        else:
            out.append(words[place])
        place += 1
    if lower[0] in OPENERS and out[0] == words[0]:
        # "That man is" stays that man.
        out[0] = (
            IT.get(lower[0], lower[0]) if first_verb(lower, 1) in AUXILIARIES or "'" in lower[0] else lower[0]
        )
    text = re.sub(r"\s+([,;:])", r"\1", " ".join(out)).replace("'", "’").strip(" ,;:")
    return Clause(text, 1.0)


def _with_verb(lower: list[str], place: int, subject: str, several: bool) -> tuple[list[str], int] | None:
    """A subject with the adverbs and the verb that follow, and how many words that takes."""
    at = place + 1
    while at < len(lower) and lower[at] in ADVERBS:
        at += 1
    verb = lower[at] if at < len(lower) else ""
    adverbs = lower[place + 1 : at]
    before = lower[place - 1] if place else ""
    if not is_finite(verb):
        # "so do I", "than I", "should I": the verb stands before, or there is none.
        return None
    if before in AUXILIARIES or before in CLOSED_BEFORE:
        return None
    if lower[place] == "i" and verb in {"are", "were", "aren't", "weren't", "is", "isn't", "has", "does"}:
        return None  # "Ross and I are", "if I were"
    told = plural(verb) if several else third_person(verb)
    if told is None:
        return None
    if not several and _goes_on_in_the_present(lower, at, told):
        return None
    return [subject, *adverbs, told], at + 1 - place


def _goes_on_in_the_present(lower: list[str], at: int, told: str) -> bool:
    """Whether a second verb with the same subject would need another form too: "I go there and buy it"."""
    if not told.endswith("s") or told in {"was"}:
        return False
    return any(
        lower[k] in {"and", "or", "but", ","} and lower[k + 1] in BASE | {"am", "have", "do", "don't"}
        for k in range(at, len(lower) - 1)
    )


def _listener(lower: list[str], place: int, listener: Person) -> tuple[list[str], int] | None:
    """`You` as a name, with its verb where it is a subject."""
    following = first_verb(lower, place + 1)
    before = lower[place - 1] if place else ""
    if place == 0 or following in AUXILIARIES:
        several = listener.several
        if before in AUXILIARIES:
            return None
        return _with_verb(lower, place, listener.name, several)
    if before in TAKES_CLAUSE or before == ",":
        if not is_finite(following):
            return None
        return _with_verb(lower, place, listener.name, listener.several)
    if following in BASE and before not in BARE:
        return None  # "the man you love" and "I did it for you, come on" look alike
    after = lower[place + 1] if place + 1 < len(lower) else ","
    if stem(after) not in AFTER_YOU and after != "," and not after.endswith("ly") and before not in BARE:
        return None  # "you idiot"
    return [listener.name], 1
