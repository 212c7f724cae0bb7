"""The card of a model: what it is, what it was made from, and how far its numbers may be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from heartsay.atomic import read_json, write_text
from heartsay.errors import DAMAGE, InputError

CARD_VERSION: Final = "1.0"

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class CardPart(BaseModel):
    """A frozen piece of a card; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingData(CardPart):
    """One source of training data, with the terms it came under."""

    name: str
    licence: str
    use: str = Field(description="What it was used for, e.g. 'emotion labels of 9,989 utterances'.")


class Floor(CardPart):
    """What a method that has learnt nothing reaches on one metric, in the unit of that metric."""

    split: str = Field(description="Key of `Card.metrics`, e.g. 'meld/test'.")
    metric: str = Field(description="Key of that split's metrics, e.g. 'weighted_f1'.")
    name: str = Field(description="The method, e.g. 'always neutral'.")
    value: FiniteFloat


class ReliabilityBin(CardPart):
    """One bar of a reliability diagram; `confidence` and `accuracy` are null where `count` is 0."""

    lower: Fraction
    upper: Fraction
    count: int = Field(ge=0, description="Predictions whose confidence lies in this bin.")
    confidence: Fraction | None = Field(default=None, description="Their mean confidence.")
    accuracy: Fraction | None = Field(default=None, description="The fraction of them that were right.")

    @model_validator(mode="after")
    def _complete(self) -> ReliabilityBin:
        if self.lower >= self.upper:
            raise ValueError("a bin's lower edge must lie below its upper edge")
        if self.count and (self.confidence is None or self.accuracy is None):
            raise ValueError("a bin that counts predictions needs their confidence and accuracy")
        return self


class Reliability(CardPart):
    """A reliability diagram: bins in rising order, and the split they were counted on."""

    split: str
    bins: list[ReliabilityBin]

    @model_validator(mode="after")
    def _ordered(self) -> Reliability:
        if any(a.upper > b.lower + 1e-9 for a, b in zip(self.bins, self.bins[1:], strict=False)):
            raise ValueError("bins must rise and not overlap")
        return self


class RiskPoint(CardPart):
    """A point of the risk-coverage curve: the error rate when only the surest fraction is kept."""

    coverage: Fraction = Field(description="Fraction of readings kept, surest first.")
    risk: Fraction = Field(description="Fraction of the kept readings that are wrong.")


class RiskCoverage(CardPart):
    """A risk-coverage curve by rising coverage, and the split it was measured on."""

    split: str
    points: list[RiskPoint]

    @model_validator(mode="after")
    def _ordered(self) -> RiskCoverage:
        if any(a.coverage > b.coverage for a, b in zip(self.points, self.points[1:], strict=False)):
            raise ValueError("points must be in order of rising coverage")
        return self


class Card(CardPart):
    """What a model is, what made it, and every number it may be judged by.

    Metrics are percentages (0 to 100), apart from counts (`n`) and sizes (`mean_set_size`);
    the diagrams hold fractions (0 to 1).
    """

    card_version: Literal["1.0"] = CARD_VERSION
    name: str
    version: str
    description: str = Field(description="One line.")
    training_data: list[TrainingData] = Field(default_factory=list)
    metrics: dict[str, dict[str, FiniteFloat]] = Field(
        default_factory=dict, description="By 'corpus/split', then by metric."
    )
    deviation: dict[str, dict[str, FiniteFloat]] = Field(
        default_factory=dict, description="Standard deviation over `seeds`; same keys as `metrics`."
    )
    floors: list[Floor] = Field(default_factory=list)
    emotion_reliability: Reliability | None = None
    feeling_reliability: Reliability | None = Field(
        default=None,
        description="Of the probability that there is a feeling at all; accuracy is the share felt.",
    )
    pair_reliability: Reliability | None = None
    risk_coverage: RiskCoverage | None = Field(default=None, description="Of the emotion readings.")
    limits: list[str] = Field(default_factory=list, description="One sentence each.")
    seeds: list[int] = Field(default_factory=list)
    protocol: str = Field(
        default="", description="One sentence: chosen on what, calibrated on what, tested on what."
    )

    @classmethod
    def load(cls, path: str | Path) -> Card:
        """Read a card from a JSON file.

        Raises:
            InputError: the file is missing, is not JSON, or is not a card.
        """

        def refused(expected: str, found: str) -> InputError:
            do = "give the card.json that lies beside the model"
            return InputError(expected=expected, found=found, where=str(path), do=do)

        try:
            document = read_json(path)
        except OSError as error:
            raise refused("a model card", error.strerror or "no readable file") from error
        except DAMAGE as error:
            raise refused("a model card as UTF-8 JSON", f"something else ({error})") from error
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "the document"
            raise refused("a model card", f"{first['msg'].lower()} in {field}") from error

    def dump(self, path: str | Path) -> None:
        """Write the card as JSON, whole or not at all.

        Raises:
            HeartsayError: the file cannot be written; says why.
        """
        write_text(path, self.model_dump_json(indent=2) + "\n")
