"""The readers that ship: what each is trained by, taught by, stored as and called."""

from __future__ import annotations

from dataclasses import dataclass

from heartsay.card import TrainingData
from heartsay.corpora import get
from heartsay.experiments.configurations import packed
from heartsay.experiments.release.storage import Storage
from heartsay.extension import unknown_name
from heartsay.training.configuration import Configuration

EXCLUDED = "no utterance of any development or test split of MELD or ECF is among them"

ENCODERS = {"minilm": "all-MiniLM-L6-v2", "mpnet": "all-mpnet-base-v2"}
"""Published names of the starting weights."""


@dataclass(frozen=True)
class Release:
    """A reader that ships.

    Attributes:
        name: folder of its results and of its weights.
        runs: folder of its runs among the others; readers of one configuration share them.
        configuration: settings of every run.
        storage: what its weights are stored as.
        teacher: whose runs teach it; None where labels alone do.
    """

    name: str
    runs: str
    configuration: Configuration
    storage: Storage = "int8"
    teacher: Release | None = None

    @property
    def description(self) -> str:
        """One line about what it is."""
        encoder = _encoder(self.configuration)
        taught = "" if self.teacher is None else f", taught by {_encoder(self.teacher.configuration)} as well"
        return f"{encoder} fine-tuned on packed dialogues, with an emotion and a pair head{taught}."

    def training_data(self) -> list[TrainingData]:
        """What it was made from, with the terms of each."""
        made_from = [
            TrainingData(
                name="MELD, training split", licence=get("meld").licence, use=f"emotions; {EXCLUDED}"
            ),
            TrainingData(
                name="ECF 1.0, training split",
                licence=get("ecf").licence,
                use=f"emotions and emotion-cause pairs; {EXCLUDED}",
            ),
        ]
        how = self.configuration.distillation
        for corpus in map(get, () if how is None else how.talk):
            made_from.append(
                TrainingData(
                    name=f"{corpus.title}, training split",
                    licence=corpus.licence,
                    use="its words, not its labels: what the teachers say of them is learnt; no utterance of "
                    "any development or test split is among them",
                )
            )
        encoders = {_encoder(self.configuration): "starting weights, checked by hash"}
        if self.teacher is not None:
            encoders[_encoder(self.teacher.configuration)] = (
                "starting weights of the teachers, checked by hash"
            )
        return made_from + [
            TrainingData(name=name, licence="Apache-2.0", use=use) for name, use in encoders.items()
        ]


def release(name: str) -> Release:
    """A reader that ships, by name.

    Raises:
        InputError: there is none of that name.
    """
    large = Release("accurate", "large", packed("large"), storage="int4")
    found = {"default": Release("default", "default", packed("default"), teacher=large), "accurate": large}
    if name not in found:
        raise unknown_name(name, list(found), "a reader that ships")
    return found[name]


def _encoder(configuration: Configuration) -> str:
    return ENCODERS.get(configuration.encoder, configuration.encoder)
