"""What writes the sentences of an analysis: the protocol, and who is known by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from heartsay import extension
from heartsay.analysis import Explanation, Feeling
from heartsay.conversation import Conversation


class CitedUtterance(NamedTuple):
    """A likely cause, in plain values: which utterance, who spoke, what was said, and how sure the pair is.

    `confidence` is the calibrated probability of the pair; `direction` tells where the cause lies,
    seen from the utterance that is explained.
    """

    id: str
    speaker: str
    text: str
    confidence: float
    direction: Literal["past", "self"]


class ReadUtterance(NamedTuple):
    """An utterance and its reading, in plain values.

    Attributes:
        id: of the utterance.
        speaker: who speaks; `UNKNOWN_SPEAKER` or blank where nobody is named.
        text: what is said in it; None where no words were given.
        label: the emotion that was decided for; None where nothing was read.
        confidence: calibrated probability of the label, 0 to 1; None where nothing was read.
        distribution: calibrated probability of every emotion, 0 to 1.
        abstain: whether the reading is withheld.
        causes: likely causes, the surest first.
        feeling: whether there is a feeling at all, and which one if so; None where that is not known.
        calibrated: whether confidence means what it says for talk like this.
    """

    id: str
    speaker: str
    text: str | None
    label: str | None
    confidence: float | None
    distribution: Mapping[str, float]
    abstain: bool
    causes: Sequence[CitedUtterance]
    feeling: Feeling | None = None
    calibrated: bool = True


@runtime_checkable
class Explainer(Protocol):
    """Writes one sentence for each utterance and says which utterances it rests on."""

    @property
    def name(self) -> str:
        """What it writes as `generator`."""

    def __call__(self, utterance: ReadUtterance, conversation: Conversation) -> Explanation:
        """The sentence for an utterance of a conversation."""


def get_explainer(name: str) -> Explainer:
    """The explainer of that name: `template`, or a user's own as `module:Name`.

    Raises:
        InputError: there is none.
    """
    from heartsay.explanation.template import Template

    if name == Template.name:
        return Template()
    if extension.is_reference(name):
        return extension.load(name, Explainer, "an explainer")  # type: ignore[type-abstract]
    raise extension.unknown_name(name, [Template.name], "an explainer")
