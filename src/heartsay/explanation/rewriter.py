"""A language model may reword a sentence, but only into what the sentence already says.

The deterministic sentence tells one cause in the third person; a language model that a user has tuned may
find better words for it. They are taken only if every word that has content, and every claim, is supported
both by the utterance that is cited and by what the deterministic sentence reports of it; if they come in the
same order, so that nobody does what was done to them; and if no word that qualifies is lost ("would", "if",
"thinks"). Who feels what, how sure that is, and what is cited stay as they were. That is a test of words: a
fair paraphrase mostly fails it. What the deterministic sentence quotes, as it does talk that tries to
instruct somebody, is never reworded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from heartsay.analysis import Explanation
from heartsay.conversation import Conversation
from heartsay.explanation.explainer import Explainer, ReadUtterance
from heartsay.explanation.people import Person, first_name, person
from heartsay.explanation.template import Template
from heartsay.metrics.groundedness import Statement, forms, groundedness
from heartsay.metrics.sentences import without_opening, words

Reword = Callable[[Conversation, int, str], str]
"""From a conversation, the index of an utterance and the emotion in it to what a language model says of it;
blank where it has nothing usable to say."""

SPEAKING = frozenset(("say", "says", "said", "tell", "tells", "told"))
"""Words that a rewording may add or leave out; they name the act that every utterance is."""

_HALVES = re.compile(r"(?P<head>.*?\b(?:because|is that)) (?:of )?(?P<told>.+)\.", re.DOTALL)
_ADDED = "a an the that and is was are were be been being has had have do does did"
_FREE = frozenset(_ADDED.split())
"""Words that may be added."""

_QUALIFIES = """
if unless until when whether before after would could should might may can must will shall not never no
nobody nothing almost nearly maybe perhaps probably only think thinks thought hope hopes hoped want wants
wanted wish wishes wished believe believes believed guess guesses suppose supposes seem seems seemed
pretend pretends pretended try tries tried
"""
_QUALIFYING = frozenset(_QUALIFIES.split())
"""Words without which a statement says more than it did."""

_PRONOUNS = {
    form: kind
    for kind, forms_of in {
        "he": "he he's he'd he'll him his himself",
        "she": "she she's she'd she'll her hers herself",
        "they": "they they're they've they'd they'll them their theirs themself themselves",
    }.items()
    for form in forms_of.split()
}


NAME = "rewriter"


class Rewriter:
    """An explainer: what a language model made of the deterministic sentence, or that.

    Args:
        reword: the language model.
        plain: what writes the sentence that is reworded, and that stands where nothing better is true.
        version: of the language model, part of the name that reworded sentences bear.
    """

    def __init__(self, reword: Reword, plain: Explainer | None = None, version: str = "") -> None:
        self.reword, self.plain = reword, Template() if plain is None else plain
        self.name = f"{NAME} {version}".strip()

    def __call__(self, utterance: ReadUtterance, conversation: Conversation) -> Explanation:
        """One sentence; only one that tells a single cause in the third person is reworded."""
        plain = self.plain(utterance, conversation)
        if utterance.label is None or utterance.abstain or len(plain.cites) != 1 or not utterance.causes:
            return plain
        place = next(k for k, u in enumerate(conversation.utterances) if u.id == utterance.id)
        said = self.reword(conversation, place, utterance.label)
        found = reworded(plain, said, conversation, utterance.speaker)
        return plain if found is None else found.model_copy(update={"generator": self.name})


def reworded(
    plain: Explanation,
    said: str,
    conversation: Conversation,
    speaker: str,
    person_of: Callable[[str], Person] = person,
) -> Explanation | None:
    """A sentence with the reason that a language model gave, or None where that says anything else.

    Args:
        plain: the deterministic sentence, which cites one utterance.
        said: a whole sentence of the language model's, such as "The reason he's sad is that he sold it.".
        conversation: that both are about.
        speaker: who feels it.
        person_of: from a name to the person, where more is known than the name says.
    """
    halves = _HALVES.fullmatch(plain.text)
    reason = without_opening(said)
    if halves is None or len(plain.cites) != 1 or reason == " ".join(said.split()):
        return None
    reason, told = reason.rstrip(" .!"), halves["told"]
    cited = [u for u in conversation.utterances if u.id in plain.cites]
    people = [person_of(name) for name in dict.fromkeys(u.speaker for u in conversation.utterances)]
    supports = [
        [Statement(u.speaker, u.text or "") for u in cited],
        [Statement(u.speaker, told) for u in cited],
    ]
    names = {p.name for p in people}
    if (
        "“" in told
        or not all(_says_only(reason, statements, speaker, names) for statements in supports)
        or not _in_order(_told(reason, people), _told(told, people, person_of(cited[0].speaker)))
        or not _qualifying(told) <= _qualifying(reason)
    ):
        return None
    at = "" if f"utterance {plain.cites[0]}" not in told else f" (utterance {plain.cites[0]})"
    return Explanation(text=f"{halves['head']} {reason}{at}.", cites=plain.cites, generator=NAME)


def _says_only(reason: str, statements: Sequence[Statement], speaker: str, names: Collection[str]) -> bool:
    """Whether a reason says something, and nothing that statements do not support."""
    found = groundedness(reason, statements, [speaker], names, frame=SPEAKING)
    return found.words > 0 and found.holds


def _told(text: str, people: Sequence[Person], teller: Person | None = None) -> list[set[str]]:
    """What each word stands for, those that may be added left out.

    Of a teller's words, a name also has its pronoun, and the teller's pronoun the teller's name.
    """
    called = {first_name(p.name).lower(): p.pronoun for p in people}
    own = None if teller is None else first_name(teller.name).lower()
    found = []
    for word in words(text):
        name = word.removesuffix("'s")
        if word in _PRONOUNS:
            kind = _PRONOUNS[word]
            found.append({kind, own} if own is not None and called.get(own) == kind else {kind})
        elif name in called:
            found.append({name} if teller is None else {name, called[name]})
        elif word not in _FREE:
            found.append(forms(word))
    return found


def _in_order(some: Sequence[set[str]], every: Sequence[set[str]]) -> bool:
    """Whether some come in the same order among all."""
    left = iter(every)
    return all(any(one & other for other in left) for one in some)


def _qualifying(text: str) -> set[str]:
    return {part for word in words(text) for part in word.replace("n't", " not").split()} & _QUALIFYING
