"""One grounded sentence per utterance, filled in from the reading: no language model, nothing invented."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from heartsay.analysis import NEUTRAL, Explanation, Feeling
from heartsay.conversation import Conversation
from heartsay.explanation.explainer import CitedUtterance, ReadUtterance
from heartsay.explanation.people import is_named, listener, person, spoken_of
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
    "possibly"; where confidence is not calibrated, neither word nor any percentage is there. A neutral
    reading has no cause to speak of. Where the reading is withheld, the sentence tells which emotions compete
    or, where neutral is one of them, how likely it is that there is a feeling at all.

    Args:
        utterance: what was read.
        speakers: everybody who takes part, so that it can be told whom "you" means.
    """
    id, label = utterance.id, utterance.label
    named = is_named(utterance.speaker)
    who = spoken_of(utterance.speaker) if named else "the speaker"
    if label is None or utterance.confidence is None:
        text = f"Utterance {id} was not read: how {who} {_feel(utterance)} in it is unknown."
        return Explanation(text=text, cites=[id])
    if utterance.abstain:
        return Explanation(text=_left_open(utterance, who), cites=[id])
    reads = f"{who[0].upper()}{who[1:]} {'read' if _several(utterance) else 'reads'} as "
    reads += _felt(label, utterance.confidence, utterance.calibrated)
    if label == NEUTRAL:
        return Explanation(text=f"{reads} in utterance {id}{_if_any(utterance)}.", cites=[id])
    causes = sorted(utterance.causes, key=lambda c: -c.confidence)[:MAX_CITED_CAUSES]
    if not causes:
        return Explanation(text=f"{reads} in utterance {id}{_without_cause(utterance)}.", cites=[id])
    text, last, by_name = reads, "", False
    for cause in causes:
        told = _reported(cause, utterance, speakers, by_name)
        because = f"because {told}" if told else f"because of {_said(cause, utterance, by_name)}"
        hedge = _hedge(cause, utterance.calibrated)
        text += f"{', and' if last else ','} {because if hedge == last else f'{hedge} {because}'}"
        # Once somebody else is named, a pronoun would be taken for them.
        last, by_name = hedge, by_name or not _is_own(cause, utterance)
    return Explanation(text=f"{text}.", cites=[cause.id for cause in causes])


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


def _said(cause: CitedUtterance, utterance: ReadUtterance, by_name: bool) -> str:
    """What was said as a noun phrase, quoted: "what Theo said in utterance 9 (“I sold it.”)"."""
    who, said, place, text = _who_said(cause, utterance, by_name)
    quoted = quote(text)
    return f"what {f'{who} ' if who else ''}{said} {place}{f' ({quoted})' if quoted else ''}"


def _reported(
    cause: CitedUtterance, utterance: ReadUtterance, speakers: Collection[str], by_name: bool
) -> str | None:
    """What was said as a statement: "Theo said in utterance 9 that they sold it"."""
    if not is_named(cause.speaker):
        return None
    who, said, place, text = _who_said(cause, utterance, by_name)
    speaker = person(cause.speaker)
    found = clause(text, speaker, listener(text, cause.speaker, speakers), speakers)
    if found is None or found.share < LEAST_REPORTED:
        return None
    return f"{who} {said} {place}{',' if ',' in place else ''} that {found.text}"


def _is_own(cause: CitedUtterance, utterance: ReadUtterance) -> bool:
    """Whether the one who feels said it."""
    return cause.direction == "self" or (cause.speaker == utterance.speaker and is_named(cause.speaker))


def _who_said(cause: CitedUtterance, utterance: ReadUtterance, by_name: bool) -> tuple[str, str, str, str]:
    """Who, that they said it, where, and the words; who feels goes by name where that is asked for."""
    own = _is_own(cause, utterance)
    # The own text is taken as it stands in the utterance itself, whatever a caller filled in.
    text = (utterance.text or "") if cause.direction == "self" else cause.text
    if not is_named(cause.speaker):
        who, said = "", "was said"
    else:
        pronoun = own and not by_name
        who, said = person(cause.speaker).subject if pronoun else spoken_of(cause.speaker), "said"
    place = f"in utterance {cause.id}"
    if cause.direction == "self":
        place += " itself"
    elif own:
        place = f"before, {place}"
    return who, said, place, text


def _left_open(utterance: ReadUtterance, who: str) -> str:
    ranked = sorted(utterance.distribution.items(), key=lambda item: (-item[1], item[0]))
    # Rivals are those at least half as probable as the first, which is what makes the choice open.
    rivals = [(name, p) for name, p in ranked[:3] if p >= ranked[0][1] / 2]
    feeling = utterance.feeling
    if feeling is not None and feeling.likeliest and any(name == NEUTRAL for name, _ in rivals):
        opening = f"Whether {who} {_feel(utterance)} anything in utterance {utterance.id} is left open"
        return f"{opening}: {_likely(feeling, utterance.calibrated)}."
    opening = f"How {who} {_feel(utterance)} in utterance {utterance.id} is left open"
    if not rivals:
        return f"{opening}."
    named = [_felt(name, p, utterance.calibrated) for name, p in rivals]
    return f"{opening}: perhaps {_enumerate(named, 'or')}."


def _if_any(utterance: ReadUtterance) -> str:
    """What to add to a neutral reading in which a feeling is found all the same."""
    feeling = utterance.feeling
    if feeling is None or not feeling.found or feeling.likeliest is None:
        return ""
    return f", though there is {_likely(feeling, utterance.calibrated)}"


def _likely(feeling: Feeling, calibrated: bool) -> str:
    """How likely there is a feeling, and which one."""
    if not calibrated:
        return f"perhaps a feeling, such as {feeling.likeliest}"
    return f"{_percent(feeling.probability)} for a feeling, most likely {feeling.likeliest}"


def _without_cause(utterance: ReadUtterance) -> str:
    """What to add where no cause was found, or none was looked for because no feeling was."""
    if utterance.feeling is None or utterance.feeling.found:
        return "; no cause was found in the conversation"
    neutral = utterance.distribution.get(NEUTRAL, 0.0)
    if neutral <= (utterance.confidence or 0.0):
        return ""
    return f", though neutral is likelier{f' ({_percent(neutral)})' if utterance.calibrated else ''}"


def _felt(label: str, probability: float, calibrated: bool) -> str:
    """An emotion, with its probability where that is calibrated."""
    return f"{feels(label)} ({_percent(probability)})" if calibrated else feels(label)


def _feel(utterance: ReadUtterance) -> str:
    return "feel" if _several(utterance) else "feels"


def _several(utterance: ReadUtterance) -> bool:
    return is_named(utterance.speaker) and person(utterance.speaker).several


def feels(label: str) -> str:
    """An emotion as what somebody is: "angry" for anger; "showing NAME" for one of another corpus."""
    return _FEELS.get(label, f"showing {label}")


def _percent(probability: float) -> str:
    if probability >= 0.995:
        return "over 99%"
    return "under 1%" if probability < 0.005 else f"{100 * probability:.0f}%"


def _enumerate(parts: Sequence[str], joined: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} {joined} {parts[-1]}"
