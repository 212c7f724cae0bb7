"""What comes out: the analysis of one conversation, as typed, frozen, JSON-ready parts."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from heartsay.analysis.use import UsableAnalysis, UsableUtterance

SCHEMA_VERSION: Final = "1.1"

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Change = Annotated[float, Field(ge=-1.0, le=1.0)]


class Part(BaseModel):
    """A frozen piece of an analysis; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    optional: ClassVar[frozenset[str]] = frozenset()
    """Fields that a document has only where there is something to say; others are null instead."""

    @model_serializer(mode="wrap")
    def _without_what_was_not_computed(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = handler(self)
        for name in self.optional:
            if document.get(name) is None:
                document.pop(name, None)
        return document


class Feeling(Part):
    """Whether there is a feeling at all, and which one if there is."""

    probability: Probability = Field(
        description="Calibrated probability that there is a feeling; it need not be one less that of neutral."
    )
    likeliest: str | None = Field(
        description="The most probable emotion other than neutral; null where the probability is 0."
    )
    confidence: Probability | None = Field(
        description="Calibrated probability of the likeliest feeling, given that there is one; null where"
        " the probability is 0."
    )
    found: bool = Field(
        description="True where the probability reaches the mark of the model's calibration, or a half where"
        " it has none. Causes are listed only there, unless a false discovery rate was asked for."
    )


class Emotion(Part):
    """Who feels what, and how sure that is.

    Where an utterance gave the model nothing to read, such as no words to a model of words, nothing is said
    of it: no label, no confidence, an empty distribution, and every emotion in the set.
    """

    optional = frozenset({"abstain_figures", "feeling"})

    label: str | None = Field(
        description="The emotion that is decided for: the most probable one, or a rarer one that comes near"
        " it, by weights of the model's calibration. Null where nothing was read."
    )
    confidence: Probability | None = Field(
        description="Calibrated probability of the label; null where nothing was read."
    )
    distribution: dict[str, Probability] = Field(
        description="Calibrated probability of each emotion, summing to 1; empty where nothing was read."
    )
    set: list[str] = Field(
        description="Prediction set, most probable first: holds the true emotion at the stated coverage, and"
        " the label. Every emotion where nothing was read."
    )
    abstain: bool = Field(
        description="True where the reading should not be used without a look at the recording."
    )
    abstain_reason: str | None = Field(
        default=None, description="Why, in plain words; null where `abstain` is false."
    )
    abstain_figures: str | None = Field(
        default=None, description="The numbers behind the reason; absent where there are none."
    )
    feeling: Feeling | None = Field(
        default=None,
        description="Absent where nothing was read, and where the model's emotions hold no neutral.",
    )


class MovedBy(Part):
    """Change of the label's probability when something is taken away: without it minus with it.

    Negative: it supported the reading. Positive: the reading is surer without it.
    Null where there was nothing of that kind to take away, or it was not computed.
    """

    optional = frozenset({"without_text", "without_voice", "without_face"})

    own_context: Change | None = Field(default=None, description="The speaker's own other turns taken away.")
    other_context: Change | None = Field(default=None, description="The other speakers' turns taken away.")
    without_text: Change | None = Field(default=None, description="The words of all turns taken away.")
    without_voice: Change | None = Field(default=None, description="The voices taken away.")
    without_face: Change | None = Field(default=None, description="The faces taken away.")


class PairOfModalities(Part):
    """How far two modalities of one utterance disagree."""

    optional = frozenset({"probability"})

    modalities: list[str]
    score: float = Field(
        description="Jensen-Shannon divergence of the two readings in bits, 0 to 1; not a confidence."
    )
    probability: Probability | None = Field(
        default=None,
        description="Calibrated probability that people would name different emotions from the two, in talk"
        " where such conflicts are as frequent as where it was fitted (`conflict_fits`); absent where nothing"
        " was fitted for these two.",
    )


class Conflict(Part):
    """How far modalities disagree about one utterance, and which of them the decision follows."""

    optional = frozenset({"probability", "flagged", "follows", "follows_by", "pairs"})

    kind: str = Field(description="What is compared, and how.")
    score: float = Field(description="Higher is more conflict; not a confidence.")
    modalities: list[str] = Field(description="Those that disagree, the two that do so most.")
    probability: Probability | None = Field(
        default=None, description="As of `pairs`, of these two; absent where nothing was fitted for them."
    )
    flagged: bool | None = Field(
        default=None, description="True where that is one half or more; absent where there is no probability."
    )
    follows: str | None = Field(
        default=None,
        description="The modality that by itself gives the label of `emotion` the highest probability.",
    )
    follows_by: Probability | None = Field(
        default=None, description="By how much that lies above what the next modality gives it."
    )
    pairs: list[PairOfModalities] | None = Field(
        default=None, description="Every two modalities that were read, the likeliest conflict first."
    )


class Cause(Part):
    """One likely cause of an utterance's emotion."""

    utterance: str = Field(description="Id of the causing utterance.")
    confidence: Probability = Field(description="Calibrated probability that this pair holds.")
    direction: Literal["past", "self"]


class Explanation(Part):
    """One sentence, and the utterances it rests on."""

    text: str
    cites: list[str] = Field(description="Ids of the utterances that the sentence cites.")
    generator: str = Field(default="template", description="Name of what wrote the sentence.")


class Recognition(Part):
    """How surely the words of an utterance were recognised."""

    probability: Probability | None = Field(description="Mean over the words; null where there is none.")
    doubtful: int = Field(ge=0, description="How many words have a probability below one half.")
    words: list[tuple[str, float, float, Probability]] = Field(
        description="Each as text, start and end in seconds, and the probability that the recogniser gave it."
    )


class UtteranceAnalysis(UsableUtterance, Part):
    """Everything said about one utterance."""

    optional = frozenset({"by_modality", "modality_notes", "conflict", "recognition", "speaker_confidence"})

    id: str
    speaker: str
    text: str | None = Field(description="What was said; null where no words were given.")
    start: float | None = Field(default=None, description="Seconds.")
    end: float | None = Field(default=None, description="Seconds.")
    recognition: Recognition | None = Field(default=None, description="Absent for words of a transcript.")
    speaker_confidence: Probability | None = Field(
        default=None, description="That the speaker is the right one of those whom voices told apart."
    )
    emotion: Emotion
    by_modality: dict[str, dict[str, Probability]] | None = Field(
        default=None, description="Distribution over emotions that each modality alone gives, by its name."
    )
    modality_notes: dict[str, str] | None = Field(
        default=None,
        description="Why a modality was not read, or what is doubtful about its reading, by its name.",
    )
    conflict: Conflict | None = Field(
        default=None, description="Absent where fewer than two modalities were read."
    )
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


class AnnotationProject(Part):
    """A project whose labels confidence was fitted to."""

    corpus: str
    split: str
    conversations: int = Field(ge=1)
    utterances: int = Field(ge=0, description="That have a label among the model's emotions.")
    role: Literal["home", "own", "other"] = Field(
        description="Home: the model was trained on labels of this project; own: it was adapted to them;"
        " other: neither."
    )


class CalibrationNote(Part):
    """Whose labels confidence was calibrated on, and whether this talk is like theirs."""

    projects: list[AnnotationProject]
    surer: float | None = Field(
        ge=0.0,
        description="By how many standard deviations the model's mean confidence in this conversation lies"
        " above that in conversations of the projects it learnt from; confidence was lowered accordingly."
        " Null where nothing of that kind was fitted.",
    )
    unlike: bool = Field(
        description="True where that is more than of 19 in 20 of these: confidence may be off."
    )


class ModelStamp(Part):
    """Which model spoke, exactly enough to repeat it."""

    name: str
    version: str
    sha256: str = Field(description="Hash of the model file.")


class ModalityModel(Part):
    """A model that read one modality by itself, beside the model of the analysis."""

    optional = frozenset({"face_detector"})

    modality: str
    model: ModelStamp
    cannot_name: list[str] = Field(description="Emotions of the analysis that it has no word for.")
    moves_decision: bool = Field(
        description="Whether its readings have a part in `emotion`; a modality has one only where labelled"
        " conversations that were really recorded showed how much."
    )
    face_detector: str | None = Field(
        default=None,
        description="What found the faces of a film; null where they were handed over, or of voices.",
    )


class ConflictFit(Part):
    """What the probability of a conflict between two modalities was fitted on."""

    modalities: list[str]
    fitted_on: str
    utterances: int = Field(ge=1)
    conflicts: int = Field(ge=0, description="In how many of them people named different emotions.")
    same_readers: bool = Field(
        description="False where it was fitted on readings of another model than that of this analysis."
    )


class SoundEvent(Part):
    """A sound, music or the like that the transcript notes and nobody says."""

    text: str = Field(description="As the transcript writes it.")
    before: int = Field(ge=0, description="It stands before the utterance of this index, from 0.")
    start: float | None = Field(default=None, description="Seconds.")
    end: float | None = Field(default=None, description="Seconds.")
    speaker: str | None = Field(default=None, description="Who makes it; null where that is not said.")


class Analysis(UsableAnalysis, Part):
    """The analysis of one conversation; documents of version 1.0 load too."""

    optional = frozenset(
        {
            *("false_discovery_control", "calibration", "modality_models", "conflict_fits"),
            *("recording", "events"),
        }
    )

    schema_version: Literal["1.0", "1.1"] = SCHEMA_VERSION
    conversation: str = Field(description="Id of the conversation.")
    source: str | None = Field(default=None, description="Where it was read from.")
    recording: str | None = Field(default=None, description="Path of the recording that times are of.")
    model: ModelStamp
    coverage: Probability = Field(description="Coverage that the prediction sets were built for.")
    false_discovery_control: FalseDiscoveryControl | None = Field(
        default=None,
        description="How causes were selected; absent where they were selected for the best Pair F1.",
    )
    calibration: CalibrationNote | None = Field(
        default=None,
        description="What confidence was calibrated on; absent where the model's calibration does not say.",
    )
    modality_models: list[ModalityModel] | None = Field(
        default=None, description="What read voice and face by themselves; absent where nothing did."
    )
    conflict_fits: list[ConflictFit] | None = Field(
        default=None, description="What probabilities of conflict rest on; absent where there are none."
    )
    events: list[SoundEvent] | None = Field(
        default=None, description="Sounds and the like that the transcript notes; absent where it has none."
    )
    warnings: list[str] = Field(default_factory=list)
    utterances: list[UtteranceAnalysis]
