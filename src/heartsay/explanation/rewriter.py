"""A language model may reword a sentence, but only into what the sentence already says.

The deterministic sentence tells one cause in the third person; a language model that a user has tuned may
find better words for it. They are taken only if every word that has content, and every claim, is supported
both by the utterance that is cited and by what the deterministic sentence reports of it; if they tell that
from its beginning and leave out nothing but its end, so that nobody does what somebody else did; and if no
word that qualifies is lost ("would", "if", "thinks"). What may change is tense, articles, auxiliaries, names
for pronouns, and that somebody said it. Who feels what, how sure that is, and what is cited stay as they
were. That is a test of words: a fair paraphrase mostly fails it. What the deterministic sentence quotes, as
it does talk that tries to instruct somebody, is never reworded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

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
_ADDED = "a an the that and has had have do does did"
_FREE = frozenset(_ADDED.split())
"""Words that may be added."""

_BE = frozenset(("is", "was", "are", "were", "am", "be", "been", "being"))
_ENDINGS = {"'s": "be", "'re": "be", "'m": "be", "'d": "'d", "'ll": "will"}
"""What a contraction adds to a pronoun. To be is never added: who hurts is not who is hurt."""

_INTENSIFIES = "so very really just quite pretty totally actually too"
_DROPPED = SPEAKING | frozenset(_INTENSIFIES.split())
"""Words that may be left out before the end."""

_QUALIFIES = """
if but except instead without unless until when whether before after would could should might may can must
will shall not never no nobody nothing almost nearly maybe perhaps probably only think thinks thought hope
hopes hoped want wants wanted wish wishes wished believe believes believed guess guesses suppose supposes
seem seems seemed pretend pretends pretended try tries tried
"""
_QUALIFYING = frozenset(_QUALIFIES.split())
"""Words without which a statement says more than it did."""

_PRONOUNS = {
    form: kind
    for kind, forms_of in {
        "he": "he him his himself",
        "she": "she her hers herself",
        "they": "they them their theirs themself themselves",
    }.items()
    for form in forms_of.split()
}


NAME = "rewriter"


class _Word(NamedTuple):
    """A word, and whom or what it may stand for.

    Attributes:
        means: its inflections; of a person the name, the pronoun, or both.
        is_person: whether it stands for somebody.
        text: as written, in lower case.
    """

    means: frozenset[str]
    is_person: bool
    text: str


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
        or words(reason) == words(told)
        or not all(_says_only(reason, statements, speaker, names) for statements in supports)
        or not _begins_with(
            _told(_without_place(told, plain.cites[0]), people, person_of(cited[0].speaker)),
            _told(reason, people),
            named=cited[0].speaker != speaker,
        )
        or not _qualifying(told) <= _qualifying(reason)
    ):
        return None
    at = "" if f"utterance {plain.cites[0]}" not in told else f" (utterance {plain.cites[0]})"
    return Explanation(text=f"{halves['head']} {reason}{at}.", cites=plain.cites, generator=NAME)


def _says_only(reason: str, statements: Sequence[Statement], speaker: str, names: Collection[str]) -> bool:
    """Whether a reason says something, and nothing that statements do not support."""
    found = groundedness(reason, statements, [speaker], names, frame=SPEAKING)
    return found.words > 0 and found.holds


def _without_place(told: str, id: str) -> str:
    """What is told without where it was said."""
    return re.sub(rf"(?: before,)? in utterance {re.escape(id)}(?: itself)?(?!\w),?", "", told)


def _told(text: str, people: Sequence[Person], teller: Person | None = None) -> list[_Word]:
    """The words, those that may be added left out.

    The pronoun of a teller also means the teller's name. A name never means a pronoun: whom a pronoun would
    be taken for nobody can tell.
    """
    called = {first_name(p.name).lower(): p.pronoun for p in people}
    own = None if teller is None else first_name(teller.name).lower()
    found = []
    for word in words(text):
        stem, mark, ending = word.partition("'")
        if stem in _PRONOUNS:
            kind = _PRONOUNS[stem]
            means = {kind, own} if own is not None and called.get(own) == kind else {kind}
            found.append(_Word(frozenset(means), True, stem))
            if added := _ENDINGS.get(mark + ending):
                found.append(_Word(frozenset([added]), False, added))
        elif stem in called and ending in ("", "s"):
            found.append(_Word(frozenset([stem]), True, stem))
        elif word not in _FREE:
            means = {"be"} if word in _BE else forms(word)
            found.append(_Word(frozenset(means), False, word))
    return found


def _begins_with(told: Sequence[_Word], reason: Sequence[_Word], *, named: bool) -> bool:
    """Whether a reason tells what is told from its beginning, up to its end or less.

    Between two of its words, only words of `_DROPPED` may be passed over, and the person just spoken of.

    Args:
        told: by the deterministic sentence.
        reason: by the language model.
        named: whether the first person in the reason must be named, because a pronoun would be taken for
            who feels it.
    """
    first = next((word for word in reason if word.is_person), None)
    if named and first is not None and first.text in _PRONOUNS:
        return False
    left, last = iter(told), frozenset[str]()
    for wanted in reason:
        for word in left:
            if word.is_person == wanted.is_person and word.means & wanted.means:
                last = word.means if word.is_person else last
                break
            if not (word.text in _DROPPED or (word.is_person and word.means & last)):
                return False
        else:
            return False
    return True


def _qualifying(text: str) -> set[str]:
    return {part for word in words(text) for part in word.replace("n't", " not").split()} & _QUALIFYING
