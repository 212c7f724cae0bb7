"""English verbs, as far as a sentence in the first person needs them to be told in the third."""

from __future__ import annotations

from collections.abc import Sequence


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())


AUXILIARIES = words_of(
    """
    am is are was were be been isn't aren't wasn't weren't ain't have has had haven't hasn't hadn't do
    does did don't doesn't didn't will would can could shall should may might must won't wouldn't can't
    cannot couldn't shouldn't mustn't needn't
    """
)
"""Forms that make a clause finite whatever follows."""

MODALS = words_of(
    """
    will would can could shall should may might must won't wouldn't can't cannot couldn't shouldn't
    mustn't needn't had hadn't did didn't ought
    """
)
"""Forms that are the same in every person."""

ADVERBS = words_of(
    """
    just really always never still also only actually even totally finally already truly probably
    definitely certainly honestly simply hardly often sometimes usually completely absolutely almost
    nearly ever rarely seriously so suddenly clearly obviously once both all kinda
    """
)
"""What may stand between a subject and its verb."""

PAST = words_of(
    """
    ate became began bent bought broke brought built came caught chose did drank drew drove fell felt
    fought found flew forgot forgave froze gave got grew had heard held hid kept knew laid led left lent
    lied lay lost made meant met paid ran rang rode said sang sank sat saw sent shook shot showed slept
    sold spent spoke stole stood stuck struck swam swore taught thought threw told took tore tried
    understood was went were woke won wore wrote saved
    """
)
"""Irregular forms of the past."""

UNCHANGED = words_of("put let hit cut set hurt quit shut cost read beat bet burst split spread upset")
"""Verbs whose past looks like their present."""

BASE = words_of(
    """
    accept act add admit agree allow answer apologise apologize appreciate argue arrange ask assume attack
    avoid bake beg believe belong blame borrow break bring build buy call care carry catch cause change
    check cheat choose clean close come cook count cry dance date deal decide deserve die disagree dislike
    doubt draw dream dress drink drive drop eat end enjoy expect explain fail fall fancy feel fight figure
    fill find finish fit fix fly follow forget forgive get give go grow guess handle happen hate have hear
    help hide hire hold hope hug imagine include insist intend invite join keep kick kill kiss know laugh
    lead learn leave lend lie like listen live look lose love make marry matter mean meet mention mind
    miss move need notice offer open order owe own paint pay pick plan play prefer pretend promise propose
    pull push quit reach realise realize recommend refuse regret remember remind rent run save say see
    seem sell send shop show sign sing sit sleep smell smile smoke sound speak spend stand start stay
    steal stop study suck suggest support suppose swear take talk taste teach tell thank think throw touch
    travel treat trust try turn understand use visit wait wake walk want warn wash watch wear win wish
    wonder work worry write
    """
)
"""Common verbs as they stand after I."""

_PAST_TENSE_ENDINGS_THAT_ARE_NOT = words_of("need feed speed bleed breed succeed proceed exceed shed")


def first_verb(lower: Sequence[str], at: int) -> str:
    """The first word from a place on that is no adverb; empty where there is none."""
    while at < len(lower) and lower[at] in ADVERBS:
        at += 1
    return lower[at] if at < len(lower) else ""


def is_past(verb: str) -> bool:
    """Whether a form is one of the past."""
    return verb in PAST or (verb.endswith("ed") and verb not in _PAST_TENSE_ENDINGS_THAT_ARE_NOT)


def is_finite(verb: str) -> bool:
    """Whether a form can stand after I, you, we or they and make a clause."""
    return verb in AUXILIARIES or verb in BASE or is_past(verb) or verb in UNCHANGED or verb == "ought"


def is_finite_third(verb: str) -> bool:
    """Whether a form can stand after he, she, it or a name and make a clause."""
    if verb in AUXILIARIES or is_past(verb):
        return True
    return verb.endswith("s") and (
        verb[:-1] in BASE or verb[:-2] in BASE or (verb.endswith("ies") and verb[:-3] + "y" in BASE)
    )


_THIRD = {
    "am": "is",
    "are": "is",
    "were": "was",
    "weren't": "wasn't",
    "aren't": "isn't",
    "have": "has",
    "haven't": "hasn't",
    "do": "does",
    "don't": "doesn't",
    "is": "is",
    "was": "was",
    "wasn't": "wasn't",
}


def third_person(verb: str) -> str | None:
    """The form after he, she or a name of what stands after I or you; None where the tense cannot be told."""
    if verb in _THIRD:
        return _THIRD[verb]
    if verb in MODALS or is_past(verb):
        return verb
    if verb in UNCHANGED or verb not in BASE:
        return None
    if verb.endswith(("s", "x", "ch", "sh", "z", "o")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def plural(verb: str) -> str:
    """The form after they of what stands after I."""
    return {"am": "are", "was": "were", "wasn't": "weren't"}.get(verb, verb)
