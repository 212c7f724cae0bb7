"""What comes out: the analysis of one conversation, as typed, frozen, JSON-ready parts."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

SCHEMA_VERSION: Final = "1.0"

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Change = Annotated[float, Field(ge=-1.0, le=1.0)]


class Part(BaseModel):
    """A frozen piece of an analysis; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Emotion(Part):
    """Who feels what, and how sure that is."""

    label: str = Field(description="The most probable emotion.")
    confidence: Probability = Field(description="Calibrated probability of the label.")
    distribution: dict[str, Probability] = Field(
        description="Calibrated probability of each emotion; sums to 1."
    )
    set: list[str] = Field(
        description="Prediction set, most probable first: holds the true emotion at the stated coverage."
    )
    abstain: bool = Field(
        description="True where the reading should not be used without a look at the recording."
    )
    abstain_reason: str | None = Field(default=None, description="Why; null where `abstain` is false.")


class MovedBy(Part):
    """Change of the label's probability when context is taken away: without it minus with it.

    Negative: the context supported the reading. Positive: the reading is surer without it.
    Null where there was nothing of that kind to take away, or it was not computed.
    """

    own_context: Change | None = Field(default=None, description="The speaker's own other turns taken away.")
    other_context: Change | None = Field(default=None, description="The other speakers' turns taken away.")


class Cause(Part):
    """One likely cause of an utterance's emotion."""

    utterance: str = Field(description="Id of the causing utterance.")
    confidence: Probability = Field(description="Calibrated probability that this pair holds.")
    direction: Literal["past", "self", "future"]


class Explanation(Part):
    """One sentence, and the utterances it rests on."""

    text: str
    cites: list[str] = Field(description="Ids of the utterances that the sentence cites.")
    generator: Literal["template"] = "template"


class UtteranceAnalysis(Part):
    """Everything said about one utterance."""

    id: str
    speaker: str
    text: str
    start: float | None = Field(default=None, description="Seconds.")
    end: float | None = Field(default=None, description="Seconds.")
    emotion: Emotion
    moved_by: MovedBy
    causes: list[Cause] = Field(description="Likely causes, surest first.")
    explanation: Explanation


class FalseDiscoveryControl(Part):
    """How the causes were selected where a false discovery rate was asked for."""

    rate: Probability = Field(
        description="The expected share of wrong ones among a conversation's causes is at most this."
    )
    rule: Literal["conformal_risk_control"] = "conformal_risk_control"
    score_threshold: Probability = Field(
        description="Causes of at least this score are listed; not a confidence."
    )
    calibration_conversations: int = Field(
        ge=1, description="Development conversations that the threshold was calibrated on."
    )


class ModelStamp(Part):
    """Which model spoke, exactly enough to repeat it."""

    name: str
    version: str
    sha256: str = Field(description="Hash of the model file.")


class Analysis(Part):
    """The analysis of one conversation."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    conversation: str = Field(description="Id of the conversation.")
    source: str | None = Field(default=None, description="Where it was read from.")
    model: ModelStamp
    coverage: Probability = Field(description="Coverage that the prediction sets were built for.")
    false_discovery_control: FalseDiscoveryControl | None = Field(
        default=None,
        description="How causes were selected; absent where they were selected for the best Pair F1.",
    )
    warnings: list[str] = Field(default_factory=list)
    utterances: list[UtteranceAnalysis]

    @model_serializer(mode="wrap")
    def _without_what_was_not_asked_for(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = handler(self)
        if self.false_discovery_control is None:
            document.pop("false_discovery_control", None)
        return document
