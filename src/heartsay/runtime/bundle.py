"""A bundle: the folder of an exported model, loaded; a function from Evidence to Reading."""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heartsay.analysis import ModelStamp
from heartsay.atomic import read_json
from heartsay.calibration import Calibration
from heartsay.card import Card
from heartsay.conversation import Conversation
from heartsay.errors import DAMAGE, InputError, ModelError
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.packing import collate
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import Job, RawReading, assemble, plan
from heartsay.evidence.tokens import load_tokenizer, word_evidence
from heartsay.evidence.views import FULL, View, removals
from heartsay.runtime.graph import PACKED, Graph
from heartsay.runtime.manifest import Manifest, check_hash, read_manifest

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_AHEAD = 4
"""Packs in work or waiting per core: enough that no core idles, few enough that memory stays flat."""


class Bundle:
    """A model loaded from its folder; safe to use from several threads, and after a fork.

    Each pack is run by itself, several at a time, each on one core, so batch mates cannot move each other's
    readings by a digit. It is also faster than padded batches here, since nothing is spent on padding.

    Attributes:
        folder: where it was loaded from.
        labels: emotions in the order of its logits.
        language: of the talk that it was trained on, as a two-letter code.
        modalities: that it reads, by name.
        tokens: what its sequences look like.
        tokenizer: cuts text into its vocabulary.
        calibration: turns its scores into confidences.
        stamp: name, version and hash, as every analysis carries them.
        fingerprint: hash over everything that an analysis depends on.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        graphs: Mapping[str, Graph],
        tokenizer: Tokenizer,
        calibration: Calibration,
    ) -> None:
        self.folder = folder
        self.labels = manifest.labels
        self.language = manifest.language
        self.modalities = manifest.modalities
        self.tokens = manifest.tokens
        self.tokenizer = tokenizer
        self.calibration = calibration
        self.stamp = ModelStamp(name=manifest.name, version=manifest.version, sha256=manifest.model_hash)
        stated = {name: value for name, value in asdict(manifest).items() if name != "sha256"}
        decisive = [stated, *(manifest.sha256[name] for name in manifest.decisive)]
        self.fingerprint = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
        self._graphs = graphs
        self._pool: tuple[int, ThreadPoolExecutor] | None = None

    @classmethod
    def load(cls, folder: str | Path) -> Bundle:
        """Load a model after checking that its files are there and are the ones that were exported.

        Raises:
            ModelError: a file is missing, changed or damaged, or the folder is of another format.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        for name, expected in manifest.sha256.items():
            check_hash(folder / name, expected)
        graphs = {}
        for role, file in manifest.graphs.items():
            takes, gives = {
                "words": (PACKED, ("vectors",)),
                "fusion": ((*PACKED, *manifest.modalities), ("emotion",)),
            }.get(role, ((role,), ("vectors",)))
            graphs[role] = Graph(folder / file, takes, gives)
        tokenizer = load_tokenizer(folder / "tokenizer.json")
        return cls(folder, manifest, graphs, tokenizer, read_calibration(folder / "calibration.json"))

    def adapted(self, folder: Path, calibration: Calibration, sha256: str) -> Bundle:
        """The same model with a calibration of somebody's own, which its version and fingerprint tell apart.

        Args:
            folder: of the adaptation, where its card lies.
            calibration: fitted for this model.
            sha256: hash of the calibration's file.
        """
        own = copy(self)
        own.folder, own.calibration = folder, calibration
        own.stamp = self.stamp.model_copy(update={"version": f"{self.stamp.version}+adapted.{sha256[:8]}"})
        own.fingerprint = hashlib.sha256(f"{self.fingerprint} {sha256}".encode()).hexdigest()
        return own

    @property
    def card(self) -> Card | None:
        """What the model is and how far it may be trusted; None where nobody has measured it yet.

        Raises:
            ModelError: its card is not one.
        """
        path = self.folder / "card.json"
        try:
            return Card.load(path) if path.exists() else None
        except InputError as error:
            raise ModelError(str(error)) from error

    def evidence(
        self,
        conversation: Conversation,
        features: Mapping[str, NDArray[np.float32]] | None = None,
        present: Mapping[str, NDArray[np.bool_]] | None = None,
    ) -> Evidence:
        """What there is for this model to read of a conversation; what it cannot read is left out.

        Args:
            conversation: with words for some utterances or all.
            features: (T, D_m) of each further modality.
            present: where it exists, (T,).

        Raises:
            InputError: features of another width than the model takes.
        """
        features = {m: x for m, x in (features or {}).items() if m in self.modalities}
        for name, values in features.items():
            if values.shape[1:] != (self.modalities[name].width,):
                raise InputError(
                    expected=f"{self.modalities[name].width} numbers per utterance of {name}",
                    found=str(values.shape[1:]),
                    where=f"conversation {conversation.id!r}",
                    do="extract the features with the settings that the model was trained with",
                )
        present = {m: x for m, x in (present or {}).items() if m in features}
        return word_evidence(conversation, self.tokenizer, self.tokens, features, present)

    def views(self, evidence: Evidence) -> tuple[View, ...]:
        """The views that take away each modality, where there are several, and each context."""
        return tuple(removals([m for m, exists in evidence.present.items() if exists.any()]).values())

    def read(self, evidence: Iterable[Evidence], views: Sequence[View] = ()) -> Reading:
        """What the model says of conversations, in full and under views; they are numbered, from 0.

        Raises:
            ModelError: the model gave numbers that are not finite.
        """
        lead = self.tokens.lead
        jobs = (job for n, given in enumerate(evidence) for job in plan(str(n), given, views, lead))
        return assemble(self.stream(jobs), self.labels.names, views)

    def stream(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, RawReading | None]]:
        """Read packs as they come, a few ahead of the one handed out, and give each with its job, in order.

        Raises:
            ModelError: the model gave numbers that are not finite.
        """
        if cores() == 1:  # threads would only take turns
            for job in jobs:
                yield job, self._read_pack(job)
            return
        pool, ahead = self._workers(), _AHEAD * cores()
        waiting: deque[tuple[Job, Future[RawReading | None]]] = deque()
        try:
            for job in jobs:
                waiting.append((job, pool.submit(self._read_pack, job)))
                if len(waiting) >= ahead:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()

    def _workers(self) -> ThreadPoolExecutor:
        """The threads of this process: those of its parent do not come along in a fork."""
        if self._pool is None or self._pool[0] != os.getpid():
            self._pool = os.getpid(), ThreadPoolExecutor(cores(), thread_name_prefix="heartsay")
        return self._pool[1]

    def _read_pack(self, job: Job) -> RawReading | None:
        if (pack := job.pack) is None:
            return None
        tokens, owner, speaker = collate([pack], self.tokens.pad)
        rows = len(pack.utterance)
        values: dict[str, NDArray[Any]] = {"tokens": tokens, "owner": owner, "speaker": speaker}
        values["visible"] = np.ones((1, rows, rows), np.bool_)
        present = {m: pack.present.get(m, np.full(rows, m == "text")) for m in self.modalities}
        values["present"] = np.stack([*present.values()], axis=-1)[None]
        if "words" in self._graphs:
            values["text"] = self._graphs["words"].run(values)["vectors"]
        for name, modality in self.modalities.items():
            if name != "text":
                given = job.evidence.features.get(name)
                blank = np.zeros((rows, modality.width), np.float32)
                values[name] = (blank if given is None else given[pack.utterance])[None]
                if name in self._graphs:
                    values[name] = self._graphs[name].run(values)["vectors"]
            if name in values and not present[name].all():
                fill = np.asarray(modality.fill or 0.0, np.float32)
                values[name] = np.where(present[name][None, :, None], values[name], fill)
        output = self._graphs["fusion"].run(values)
        emotion = output["emotion"][0]
        if emotion.shape != (rows, len(self.labels.names)):
            raise ModelError(
                f"{self._graphs['fusion'].path} gives {emotion.shape[-1]} numbers per utterance, model.json"
                f" names {len(self.labels.names)} emotions; export the model anew."
            )
        if job.view != FULL.name:
            return RawReading(emotion)  # nobody asks for more, and it would be kept until all is read
        alone = {m: output[f"emotion_{m}"][0] for m in self.modalities if f"emotion_{m}" in output}
        return RawReading(emotion, output["pair"][0] if "pair" in output else None, alone)


def read_calibration(path: Path) -> Calibration:
    """The calibration of a file.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        return Calibration.from_dict(read_json(path))
    except DAMAGE as error:
        raise ModelError(
            f"{path} is not a calibration that can be read ({error}); calibrate the run again with"
            " `heartsay calibrate` and export it."
        ) from error


def cores() -> int:
    """Cores that this process may use: those it is bound to, and no more than `OMP_NUM_THREADS` says."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = os.environ.get("OMP_NUM_THREADS", "")  # as Ray sets it for a worker of one processor
    return min(count, int(said)) if said.isdigit() and int(said) else count
