"""One grounded sentence per utterance, filled in from the reading: no language model, nothing invented."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from heartsay.analysis import Explanation
from heartsay.conversation import Conversation
from heartsay.explanation.explainer import CitedUtterance, ReadUtterance
from heartsay.explanation.people import is_named, listener, person
from heartsay.explanation.reported import clause

MAX_QUOTED_WORDS = 12
MAX_QUOTED_CHARACTERS = 160
MAX_CITED_CAUSES = 3
LEAST_REPORTED = 0.4
"""Share of an utterance's words from which the one statement reported of it stands for it."""

ELLIPSIS = "…"

_FEELS = {
    "neutral": "neutral",
    "surprise": "surprised",
    "fear": "afraid",
    "sadness": "sad",
    "joy": "happy",
    "disgust": "disgusted",
    "anger": "angry",
}


class Template:
    """The explainer called `template`; it keeps who takes part in the conversation that it was last in."""

    name = "template"

    def __init__(self) -> None:
        self._conversation: Conversation | None = None
        self._speakers: frozenset[str] = frozenset()

    def __call__(self, utterance: ReadUtterance, conversation: Conversation) -> Explanation:
        """One sentence from the reading; of the conversation only the names of who takes part are used."""
        if conversation is not self._conversation:
            self._speakers = frozenset(u.speaker for u in conversation.utterances)
            self._conversation = conversation
        return explain(utterance, self._speakers)


def explain(utterance: ReadUtterance, speakers: Collection[str] = ()) -> Explanation:
    """Explain one utterance's reading in one sentence, which names the ids that it cites in their order.

    At most three causes are cited, the surest first. What was said is reported where that can be made rightly
    (`reported.clause`), and quoted otherwise. A cause that is likelier than not is "most likely" one, another
    "possibly"; where confidence is not calibrated, neither word nor any percentage is there. Where the
    reading is withheld, the sentence tells which emotions compete.

    Args:
        utterance: what was read.
        speakers: everybody who takes part, so that it can be told whom "you" means.
    """
    id, label = utterance.id, utterance.label
    named = is_named(utterance.speaker)
    who = utterance.speaker if named else "the speaker"
    if label is None or utterance.confidence is None:
        text = f"Utterance {id} was not read: how {who} {_feel(utterance.speaker)} in it is unknown."
        return Explanation(text=text, cites=[id])
    if utterance.abstain:
        return Explanation(text=_left_open(utterance, who), cites=[id])
    reads = "read" if named and person(utterance.speaker).several else "reads"
    sure = f" ({_percent(utterance.confidence)})" if utterance.calibrated else ""
    opening = f"{who[0].upper()}{who[1:]} {reads} as {feels(label)}{sure}"
    causes = sorted(utterance.causes, key=lambda c: -c.confidence)[:MAX_CITED_CAUSES]
    if not causes:
        because = ", and a neutral reading calls for no cause"
        if label != "neutral":
            because = "; no cause was found in the conversation"
        return Explanation(text=f"{opening} in utterance {id}{because}.", cites=[id])
    cites = [cause.id for cause in causes]
    hedges = [_hedge(cause, utterance.calibrated) for cause in causes]
    if label == "neutral":
        reasons = [_said(cause, utterance) for cause in causes]
        text = f"{opening}; a feeling in it, if any, would {hedges[0]} come from {_enumerate(reasons)}."
        return Explanation(text=text, cites=cites)
    text = opening
    for place, (cause, hedge) in enumerate(zip(causes, hedges, strict=True)):
        told = _reported(cause, utterance, speakers)
        because = f"because {told}" if told else f"because of {_said(cause, utterance)}"
        again = place and hedge == hedges[place - 1]
        text += f"{', and' if place else ','} {because if again else f'{hedge} {because}'}"
    return Explanation(text=f"{text}.", cites=cites)


def quote(text: str) -> str:
    """The first dozen words of `text`, verbatim in quotation marks, with an ellipsis where it is cut.

    Never cuts inside a word; empty where not even the first word is short enough to be quoted.
    """
    end = 0
    for count, word in enumerate(re.finditer(r"\S+", text)):
        if count == MAX_QUOTED_WORDS or word.end() > MAX_QUOTED_CHARACTERS:
            return f"“{text[:end]}{ELLIPSIS}”" if end else ""
        end = word.end()
    return f"“{text}”" if end else ""


def _hedge(cause: CitedUtterance, calibrated: bool) -> str:
    if not calibrated:
        return "perhaps"
    return "most likely" if cause.confidence >= 0.5 else "possibly"


def _said(cause: CitedUtterance, utterance: ReadUtterance) -> str:
    """What was said as a noun phrase, quoted: "what Theo said in utterance 9 (“I sold it.”)"."""
    who, said, place, text = _who_said(cause, utterance)
    quoted = quote(text)
    return f"what {f'{who} ' if who else ''}{said} {place}{f' ({quoted})' if quoted else ''}"


def _reported(cause: CitedUtterance, utterance: ReadUtterance, speakers: Collection[str]) -> str | None:
    """What was said as a statement: "Theo said in utterance 9 that they sold it"."""
    if not is_named(cause.speaker):
        return None
    who, said, place, text = _who_said(cause, utterance)
    speaker = person(cause.speaker)
    found = clause(text, speaker, listener(text, cause.speaker, speakers), speakers)
    if found is None or found.share < LEAST_REPORTED:
        return None
    return f"{who} {said} {place}{',' if ',' in place else ''} that {found.text}"


def _who_said(cause: CitedUtterance, utterance: ReadUtterance) -> tuple[str, str, str, str]:
    """Who, that they said it, where, and the words."""
    own = cause.direction == "self" or (cause.speaker == utterance.speaker and is_named(cause.speaker))
    # The own text is taken as it stands in the utterance itself, whatever a caller filled in.
    text = (utterance.text or "") if cause.direction == "self" else cause.text
    if not is_named(cause.speaker):
        who, said = "", "was said"
    else:
        who, said = person(cause.speaker).subject if own else cause.speaker, "said"
    place = f"in utterance {cause.id}"
    if own:
        place = f"{'right there' if cause.direction == 'self' else 'before'}, {place}"
    return who, said, place, text


def _left_open(utterance: ReadUtterance, who: str) -> str:
    ranked = sorted(utterance.distribution.items(), key=lambda item: (-item[1], item[0]))
    # Rivals are those at least half as probable as the first, which is what makes the choice open.
    rivals = [
        f"{feels(name)} ({_percent(p)})" if utterance.calibrated else feels(name)
        for name, p in ranked[:3]
        if p >= ranked[0][1] / 2
    ]
    opening = f"How {who} {_feel(utterance.speaker)} in utterance {utterance.id} is left open"
    if not rivals:
        return f"{opening}."
    return f"{opening}: {_enumerate(rivals)} {'compete' if len(rivals) > 1 else 'leads'}."


def _feel(speaker: str) -> str:
    return "feel" if is_named(speaker) and person(speaker).several else "feels"


def feels(label: str) -> str:
    """An emotion as what somebody is: "angry" for anger; "showing NAME" for one of another corpus."""
    return _FEELS.get(label, f"showing {label}")


def _percent(probability: float) -> str:
    if probability >= 0.995:
        return "over 99%"
    return "under 1%" if probability < 0.005 else f"{100 * probability:.0f}%"


def _enumerate(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
