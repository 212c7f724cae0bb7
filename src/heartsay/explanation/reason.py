"""An explanation in the form that the task's references have: "The reason she's sad is that ...".

The task (Wang et al. 2024, arXiv:2411.02430) gives the emotion and asks for its cause. What is written here
fits nothing and rests on the talk alone: what the speaker said, told in the third person where it can be and
quoted otherwise; where that is two words or fewer, what was said to them before.
"""

from __future__ import annotations

from collections.abc import Callable

from heartsay.analysis import Explanation
from heartsay.conversation import Conversation
from heartsay.explanation.people import Person, is_named, person
from heartsay.explanation.reported import clause
from heartsay.explanation.template import feels

FEWEST_WORDS = 3
"""Words from which an utterance can tell why its speaker feels something."""

QUOTED_WORDS = 12


def reason(
    conversation: Conversation, place: int, emotion: str, person_of: Callable[[str], Person] = person
) -> Explanation:
    """Why the speaker of an utterance feels an emotion, in one sentence.

    Args:
        conversation: whose utterances have texts.
        place: index of the utterance.
        emotion: that is explained.
        person_of: from a speaker's name to the person, where more is known than the name says.
    """
    utterance = conversation.utterances[place]
    speaker = person_of(utterance.speaker if is_named(utterance.speaker) else "the speaker")
    be = "’re" if speaker.takes_plural else "’s"
    opening = f"The reason {speaker.subject}{be} {feels(emotion)} is that"
    names = {u.speaker for u in conversation.utterances}
    listener = _nearest_other(conversation, place)
    to = person_of(listener) if listener is not None else None
    words = (utterance.text or "").split()
    before = conversation.utterances[place - 1] if place else None
    if (
        len(words) < FEWEST_WORDS
        and before is not None
        and before.speaker != utterance.speaker
        and before.text
    ):
        teller = person_of(before.speaker)
        found = clause(before.text, teller, speaker, names, freely=True)
        told = found.text if found else _quoted(before.text)
        return Explanation(text=f"{opening} {before.speaker} said {told}.", cites=[before.id])
    found = clause(utterance.text or "", speaker, to, names, freely=True)
    told = found.text if found else f"{speaker.subject} said {_quoted(utterance.text or '')}"
    return Explanation(text=f"{opening} {told}.", cites=[utterance.id])


def _nearest_other(conversation: Conversation, place: int) -> str | None:
    """Who else speaks nearest to an utterance; of two the one before."""
    own = conversation.utterances[place].speaker
    others = [(abs(k - place), k) for k, u in enumerate(conversation.utterances) if u.speaker != own]
    return conversation.utterances[min(others)[1]].speaker if others else None


def _quoted(text: str) -> str:
    words = text.split()
    return f"“{' '.join(words[:QUOTED_WORDS]).rstrip('.')}{'…' if len(words) > QUOTED_WORDS else ''}”"
