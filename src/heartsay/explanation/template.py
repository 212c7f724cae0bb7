"""One grounded sentence per utterance, filled in from the reading: no language model, nothing invented."""

from __future__ import annotations

import re
from collections.abc import Sequence

from heartsay.analysis import NEUTRAL, Explanation, Feeling
from heartsay.conversation import UNKNOWN_SPEAKER, Conversation
from heartsay.explanation.explainer import CitedUtterance, ReadUtterance

MAX_QUOTED_WORDS = 12
MAX_QUOTED_CHARACTERS = 160
MAX_CITED_CAUSES = 3
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
    """The explainer called `template`."""

    name = "template"

    def __call__(self, utterance: ReadUtterance, conversation: Conversation) -> Explanation:
        """One sentence from the reading alone; the conversation is not looked at."""
        return explain(utterance)


def explain(utterance: ReadUtterance) -> Explanation:
    """Explain one utterance's reading in one sentence, which names the ids that it cites in their order.

    At most three causes are cited, the surest first, and where that is not likelier than not, "possibly" is
    said. A neutral reading has no cause to speak of. Where the reading is withheld, the sentence tells which
    emotions compete or, where neutral is one of them, how likely it is that there is a feeling at all.
    """
    id, speaker, label = utterance.id, utterance.speaker, utterance.label
    who = speaker if _is_named(speaker) else "the speaker"
    if label is None or utterance.confidence is None:
        return Explanation(text=f"Utterance {id} was not read: how {who} feels in it is unknown.", cites=[id])
    if utterance.abstain:
        return Explanation(text=_left_open(id, who, utterance), cites=[id])
    who = speaker if _is_named(speaker) else "The speaker"
    reads = f"{who} reads as {_feels(label)} ({_percent(utterance.confidence)})"
    if label == NEUTRAL:
        return Explanation(text=f"{reads} in utterance {id}{_if_any(utterance.feeling)}.", cites=[id])
    sure = sorted(utterance.causes, key=lambda c: -c.confidence)[:MAX_CITED_CAUSES]
    if not sure:
        aside = ", and no utterance stands out as the cause"
        if utterance.feeling is not None and not utterance.feeling.found:
            neutral = utterance.distribution.get(NEUTRAL, 0.0)
            aside = (
                f", though neutral is likelier ({_percent(neutral)})"
                if neutral > utterance.confidence
                else ""
            )
        return Explanation(text=f"{reads} in utterance {id}{aside}.", cites=[id])
    hedge = "most likely" if sure[0].confidence >= 0.5 else "possibly"
    reasons = _enumerate([_reason(cause, speaker, utterance.text or "") for cause in sure])
    return Explanation(text=f"{reads}, {hedge} because of {reasons}.", cites=[cause.id for cause in sure])


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


def _reason(cause: CitedUtterance, speaker: str, text: str) -> str:
    if not _is_named(cause.speaker):
        who, speaks, spoke = "what", "is said", "was said"
    else:
        who, speaks, spoke = f"what {cause.speaker}", "says", "said"
    if cause.direction == "self":
        # The own text is quoted as it stands in the utterance itself, whatever a caller filled in.
        return f"{who} {speaks} in utterance {cause.id} itself{_in_brackets(text)}"
    if cause.speaker == speaker and _is_named(speaker):
        reason = f"{who} {spoke} before, in utterance {cause.id}"
    else:
        reason = f"{who} {spoke} in utterance {cause.id}"
    return reason + _in_brackets(cause.text)


def _in_brackets(text: str) -> str:
    quoted = quote(text)
    return f" ({quoted})" if quoted else ""


def _left_open(id: str, who: str, utterance: ReadUtterance) -> str:
    ranked = sorted(utterance.distribution.items(), key=lambda item: (-item[1], item[0]))
    # Rivals are those at least half as probable as the first, which is what makes the choice open.
    rivals = [(name, p) for name, p in ranked[:3] if p >= ranked[0][1] / 2]
    feeling = utterance.feeling
    if feeling is not None and feeling.likeliest and any(name == NEUTRAL for name, _ in rivals):
        likely = f"{_percent(feeling.probability)} for a feeling, most likely {_feels(feeling.likeliest)}"
        return f"Whether {who} feels anything in utterance {id} is left open: {likely}."
    opening = f"How {who} feels in utterance {id} is left open"
    if not rivals:
        return f"{opening}."
    return f"{opening}: perhaps {_enumerate([f'{_feels(n)} ({_percent(p)})' for n, p in rivals], 'or')}."


def _if_any(feeling: Feeling | None) -> str:
    """What to add to a neutral reading in which a feeling is found all the same."""
    if feeling is None or not feeling.found or feeling.likeliest is None:
        return ""
    likely = f"{_percent(feeling.probability)} for a feeling, most likely {_feels(feeling.likeliest)}"
    return f", though there is {likely}"


def _is_named(speaker: str) -> bool:
    return bool(speaker.strip()) and speaker != UNKNOWN_SPEAKER


def _feels(label: str) -> str:
    return _FEELS.get(label, f"showing {label}")


def _percent(probability: float) -> str:
    if probability >= 0.995:
        return "over 99%"
    return "under 1%" if probability < 0.005 else f"{100 * probability:.0f}%"


def _enumerate(parts: Sequence[str], word: str = "and") -> str:
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
