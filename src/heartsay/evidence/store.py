"""A store of features: what encoders made of a corpus's clips, with what is needed to trust and repeat it.

A folder with `store.json` (what it is, and what was amiss), `index.parquet` (a row for each utterance and
feature) and `SPLIT/FEATURE.safetensors`: `values`, the rows of all utterances one after the other, (R, D),
and `rows`, how many of them each utterance of the index has, (N,): one, none where there is nothing to
describe, or as many as its sound has frames. Nothing is filled with zeros.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import DAMAGE, InputError, first_line
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus, LabelledConversation
from heartsay.evidence.evidence import BoolArray, FloatArray
from heartsay.labels import LabelSpace

FORMAT = 1
MANIFEST, INDEX = "store.json", "index.parquet"

TEXTS = ("split", "conversation", "utterance", "speaker", "emotion", "feature")
"""Columns of the index that hold texts."""

PARTS = "parts"
"""Folder of what an unfinished run has made so far."""

Rows = NDArray[Any]
"""What an encoder made of one utterance, (R, D), float16 or float32; R is 0 where there is nothing."""


@dataclass(frozen=True)
class Feature:
    """One kind of numbers in a store.

    Attributes:
        name: of the feature, and of its files.
        modality: text, voice or face.
        encoder: what made it.
        version: of the encoder; a hash where it is weights.
        width: numbers in a row, D.
        rate: samples per second that it reads sound at; None where it reads none.
        frames: whether an utterance has a row for each frame and not one.
        licence: terms of the encoder.
    """

    name: str
    modality: str
    encoder: str
    version: str
    width: int
    rate: int | None
    frames: bool
    licence: str


@dataclass(frozen=True)
class Problem:
    """What is amiss with one clip.

    Attributes:
        kind: `missing`, `undecodable`, `silent`, `damaged` and the like.
        utterance: whose clip it is; None for a file of no utterance.
        path: of the file in the folder of clips; None where there is none.
        what: the same in words.
        feature: that is lacking for it; None where it concerns the clip.
    """

    kind: str
    utterance: str | None
    path: str | None
    what: str
    feature: str | None = None


@dataclass(frozen=True)
class Store:
    """A store of features that has been opened.

    Attributes:
        folder: where it is.
        corpus: name of the corpus.
        licence: its terms.
        classes: what emotions are names of, in the order of class indices; empty where none are known.
        features: by name.
        splits: in order.
        problems: what was amiss when it was made.
        key: hash of what it was made of.
    """

    folder: Path
    corpus: str
    licence: str
    classes: tuple[str, ...]
    features: Mapping[str, Feature]
    splits: tuple[str, ...]
    problems: tuple[Problem, ...]
    key: str

    def index(self) -> list[dict[str, Any]]:
        """A row for each utterance and feature: splits, conversations and utterances in their order.

        Raises:
            InputError: the index is absent or damaged.
        """
        import pyarrow as pa
        from pyarrow import ArrowException, parquet

        try:
            table = parquet.read_table(self.folder / INDEX)
            names = {field.name for field in table.schema if field.type in (pa.string(), pa.null())}
            if missing := [name for name in TEXTS if name not in names]:
                raise ValueError(f"no column of texts named {missing[0]}")
            rows: list[dict[str, Any]] = table.to_pylist()
        except (*DAMAGE, ArrowException) as error:
            raise _refused(self.folder / INDEX, "the index of a store", str(error)[:120]) from error
        return rows

    def rows(self, split: str, feature: str) -> list[Rows]:
        """What was made of each utterance of a split, (R, D) each, in the order of the index.

        Raises:
            InputError: the file is absent or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self.folder / split / f"{feature}.safetensors"
        damage: tuple[type[Exception], ...] = (*DAMAGE, SafetensorError)
        try:
            arrays = load_file(path)
            values, counts = arrays["values"], arrays["rows"]
            if counts.sum() != len(values) or values.shape[1] != self.features[feature].width:
                raise ValueError(f"{counts.sum()} rows in words, {values.shape} in numbers")
        except damage as error:
            raise _refused(path, "the numbers of a feature", first_line(error)[:120]) from error
        return np.split(values, np.cumsum(counts)[:-1])

    def evidence_corpus(self, chosen: Sequence[str] = ()) -> EvidenceCorpus:
        """Its conversations as Evidence with gold labels, for training and reading.

        Args:
            chosen: names of features, one a modality; where none is named, the only one of each modality.

        Raises:
            InputError: several features of a modality and none named, frames, no labels, other splits than
                train, dev and test, or files that are damaged.
        """
        features = self._chosen(chosen)
        if not self.classes:
            raise self._no_use("labels of emotions", "none", "make it from a corpus or with a transcript")
        if strange := sorted(set(self.splits) - set(SPLITS)):
            do = "put the clips into folders named train, dev and test, and make it again"
            raise self._no_use(f"the splits {', '.join(SPLITS)}", ", ".join(strange), do)
        first = next(iter(self.features))
        index = [row for row in self.index() if row["feature"] == first]
        splits = {}
        for split in SPLITS:
            talk = [row for row in index if row["split"] == split]
            values = {f.modality: self.rows(split, f.name) for f in features} if talk else {}
            splits[split] = tuple(self._conversations(talk, values, {f.modality: f for f in features}))
        facts = {f.modality: f"{f.name}: {f.encoder} {f.version}" for f in features}
        facts |= {"origin": f"a store of features of {self.corpus}", "licence": self.licence}
        return EvidenceCorpus(f"store-{self.corpus}", self.classes, splits, facts=facts)

    def _chosen(self, names: Sequence[str]) -> list[Feature]:
        if unknown := [name for name in names if name not in self.features]:
            raise self._no_use(f"features out of {', '.join(self.features)}", unknown[0], "name one of these")
        found = [self.features[name] for name in names] or [f for f in self.features.values() if not f.frames]
        if framed := [f.name for f in found if f.frames]:
            raise self._no_use("one row an utterance", f"{framed[0]}, which has one a frame", "name another")
        by_modality: dict[str, list[str]] = {}
        for feature in found:
            by_modality.setdefault(feature.modality, []).append(feature.name)
        for modality, several in by_modality.items():
            if len(several) > 1:
                do = f"name one after the folder: store:{self.folder}+{several[0]}"
                raise self._no_use(f"one feature of the {modality}", ", ".join(several), do)
        if not found:
            raise self._no_use("features of one row an utterance", "none", "make it with others as well")
        return found

    def _no_use(self, expected: str, found: str, do: str) -> InputError:
        return InputError(expected=expected, found=found, where=f"the store {self.folder}", do=do)

    def _conversations(
        self,
        talk: Sequence[Mapping[str, Any]],
        values: Mapping[str, Sequence[Rows]],
        features: Mapping[str, Feature],
    ) -> list[LabelledConversation]:
        """Those of one split, given a row of the index and each modality's rows by utterance."""
        places: dict[str, list[int]] = {}
        for place, row in enumerate(talk):
            places.setdefault(row["conversation"], []).append(place)
        labels, found = LabelSpace(self.classes), []
        for name, here in places.items():
            turns = (
                Utterance(talk[k]["utterance"], talk[k]["speaker"], None, emotion=talk[k]["emotion"])
                for k in here
            )
            vectors: dict[str, FloatArray] = {}
            present: dict[str, BoolArray] = {}
            for modality, rows in values.items():
                present[modality] = np.array([len(rows[k]) > 0 for k in here])
                # What is not present means nothing, but must be finite.
                absent = np.zeros((1, features[modality].width), np.float32)
                vectors[modality] = np.concatenate([rows[k] if len(rows[k]) else absent for k in here])
            conversation = Conversation(name, tuple(turns))
            found.append(LabelledConversation.of(conversation, vectors, present, labels))
        return found


class _Stated(BaseModel):
    """What a manifest says, but for its version."""

    corpus: str
    licence: str
    classes: tuple[str, ...]
    features: tuple[Feature, ...]
    splits: tuple[str, ...]
    problems: tuple[Problem, ...]
    key: str


def read_store(folder: str | Path) -> Store:
    """Open a store; numbers are read when they are asked for.

    Raises:
        InputError: it is none, it was not finished, or it is of another version.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        found = "a run that was not finished" if is_unfinished(Path(folder)) else "none"
        raise _refused(path, "the manifest of a store of features", found)
    try:
        stated = json.loads(path.read_text("utf-8"))
        if stated["store"] != FORMAT:
            raise ValueError(f"a store of version {stated['store']}")
        values = dict(_Stated.model_validate(stated))
        features = {feature.name: feature for feature in values.pop("features")}
        return Store(Path(folder), **values, features=features)
    except DAMAGE as error:
        raise _refused(path, "the manifest of a store of features", f"{error}"[:120]) from error


def is_unfinished(folder: Path) -> bool:
    """Whether a run that makes a store here was stopped."""
    return (folder / PARTS).is_dir()


def _refused(where: Path, expected: str, found: str) -> InputError:
    do = "make it with `heartsay features`, again if it was stopped"
    return InputError(expected=expected, found=found, where=str(where), do=do)
