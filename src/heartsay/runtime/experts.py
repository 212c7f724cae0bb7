"""An exported expert that reads one modality by itself; no torch.

A folder with `model.json`, `expert.onnx`, `calibration.json` and its card. What cannot be read with any
confidence is abstained from before the network sees it: silence, sound that is too short, a face of too few
pixels or of one grey.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import read_arrays, read_json
from heartsay.calibration import ExpertCalibration
from heartsay.errors import DAMAGE, InputError, ModelError
from heartsay.labels import LabelSpace
from heartsay.media import log_mel, narrow_band, resampled, scaled_to
from heartsay.media.voice_functionals import FRAME, HOP, SAMPLE_RATE
from heartsay.runtime.graph import Graph
from heartsay.runtime.manifest import check_hash

FORMAT = 1
"""Version of the folder's layout."""

GRAPH = "expert.onnx"
FILES = (GRAPH, "calibration.json")

NARROW = "narrow-band.npz"
"""Of a voice expert that may have it: the map that completes what a narrow line cut off."""

COMPLETED = "it came over a narrow line: what that cut off, {bands}, is filled in as it usually goes"
_DAMAGE: tuple[type[Exception], ...] = (*DAMAGE, InputError)

HEADS = {"voice": ("heard", "acted"), "face": ("emotion",)}
"""What the experts say, by modality: a voice expert what listeners hear, and what was acted."""

INPUTS = {"voice": ("frames", "real"), "face": ("images",)}

SHORTEST = 0.4
"""Seconds of sound below which nothing is said; the shortest clip that was learnt from has 1.3."""

SILENCE = -70.0
"""Level of the loudest 25 ms, in dB of full scale, below which sound is silence; the softest clip that was
learnt from reaches -38."""

SMALLEST_FACE = 24
"""Pixels of the shorter side of a face below which nothing is said."""

FLATTEST_FACE = 4.0
"""Deviation of grey values, of 255, below which there is nothing to see."""

SIDE = 48
"""Pixels along each side of what the face network reads."""


@dataclass(frozen=True, slots=True)
class ExpertReading:
    """What an expert says of one utterance or face.

    Attributes:
        probabilities: calibrated distribution over the labels by head, (C,); empty where it abstains
            altogether.
        accepted: by head, whether it is sure enough to be used without a look at the recording.
        abstained: why nothing is said, in words; None where something is.
        note: what was filled in before it was read, in words; None where nothing was.
    """

    probabilities: Mapping[str, NDArray[np.float64]]
    accepted: Mapping[str, bool]
    abstained: str | None = None
    note: str | None = None


class Expert:
    """An expert loaded from its folder.

    Attributes:
        modality: `voice` or `face`.
        labels: emotions in the order of its probabilities.
        name: of the model.
        version: of the model.
        sha256: hash of its graph, or of the hashes of graph and map where it has a map for narrow recordings.
        hashes: of all its files, by name.
        fold: of its corpus that it was not trained on, where that is cut into folds.
        calibration: by head.
    """

    def __init__(
        self,
        stated: Mapping[str, Any],
        labels: LabelSpace,
        graph: Graph,
        calibration: Mapping[str, ExpertCalibration],
        narrow: NDArray[np.float32] | None = None,
    ) -> None:
        self.modality, self.labels = str(stated["modality"]), labels
        self.name, self.version = str(stated["name"]), str(stated.get("version", ""))
        self.hashes = dict(stated["sha256"])
        read_with = [self.hashes[name] for name in (GRAPH, NARROW) if name in self.hashes]
        together = hashlib.sha256("".join(read_with).encode()).hexdigest()
        self.sha256 = str(read_with[0]) if len(read_with) == 1 else together
        self.fold = int(stated.get("fold", 0))
        self.calibration = calibration
        self._graph, self._narrow = graph, narrow

    @classmethod
    def load(cls, folder: str | Path) -> Expert:
        """Load an expert after checking that its files are those that were exported.

        Raises:
            ModelError: a file is missing, changed or damaged, or this is no expert.
        """
        folder = Path(folder)
        stated = read_expert_manifest(folder)
        for name in FILES:
            check_hash(folder / name, stated["sha256"].get(name, ""))
        modality = stated["modality"]
        path = folder / "calibration.json"
        try:
            saved = read_json(path)
            calibration = {head: ExpertCalibration.from_dict(saved[head]) for head in HEADS[modality]}
            labels = LabelSpace(tuple(map(str, stated["labels"])), stated["neutral"])
        except _DAMAGE as error:
            raise ModelError(f"{path} cannot be read ({error!r}); export the expert anew.") from error
        graph = Graph(folder / GRAPH, INPUTS[modality], HEADS[modality])
        return cls(stated, labels, graph, calibration, read_narrow(folder, stated["sha256"]))

    def read_voice(self, samples: NDArray[np.floating], rate: int) -> ExpertReading:
        """Read one utterance.

        Args:
            samples: one channel from -1 to 1, (N,), at any rate.
            rate: samples per second.

        Raises:
            InputError: several channels, samples that are not finite, or this is no voice expert.
            ModelError: the graph gave numbers that are not finite.
        """
        self._must_read("voice")
        if samples.ndim != 1 or not np.isfinite(samples).all() or rate <= 0:
            raise InputError(
                expected="one channel of finite samples, and their rate",
                found=f"an array of shape {samples.shape} at {rate} per second",
                where="audio samples",
                do="decode the recording again and mix its channels",
            )
        reason = why_not_heard(samples, rate)
        if reason is not None:
            return ExpertReading({}, {}, reason)
        frames, note = log_mel(resampled(samples, rate)), None
        if self._narrow is not None and (missing := narrow_band.lacking(frames)).any():
            frames = narrow_band.completed(frames, self._narrow, missing)
            note = COMPLETED.format(bands=narrow_band.named(missing))
        given = {"frames": frames[None], "real": np.ones((1, len(frames)), np.bool_)}
        return replace(self._read(given), note=note)

    def uncompleted(self) -> Expert:
        """The same, reading what came over a narrow line as it is; to measure what completing it brings."""
        bare = copy.copy(self)
        bare._narrow = None
        return bare

    def read_face(self, image: NDArray[np.uint8]) -> ExpertReading:
        """Read one face.

        Args:
            image: grey values of a face and little else, uint8 (H, W).

        Raises:
            InputError: another kind of array, or this is no face expert.
            ModelError: the graph gave numbers that are not finite.
        """
        self._must_read("face")
        if image.ndim != 2 or image.dtype != np.uint8:
            raise InputError(
                expected="grey values as uint8 (H, W)",
                found=f"{image.dtype} {image.shape}",
                where="face",
                do="cut the face out of the picture and turn it grey",
            )
        reason = why_not_seen(image)
        if reason is not None:
            return ExpertReading({}, {}, reason)
        return self._read({"images": scaled_to(image, SIDE)[None]})

    def logits(self, values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
        """Uncalibrated scores (N, C) by head of inputs as the graph takes them."""
        return {head: np.asarray(found, np.float64) for head, found in self._graph.run(values).items()}

    def _read(self, values: Mapping[str, NDArray[Any]]) -> ExpertReading:
        logits = self.logits(values)
        said = {head: self.calibration[head].apply(logits[head])[0] for head in self.calibration}
        accepted = {
            head: bool(self.calibration[head].abstention.accept([row.max()])[0]) for head, row in said.items()
        }
        return ExpertReading(said, accepted)

    def _must_read(self, modality: str) -> None:
        if self.modality != modality:
            raise InputError(
                expected=f"an expert of the {modality}",
                found=f"one of the {self.modality}",
                where=self.name,
                do=f"load the expert that reads the {modality}",
            )


def read_expert_manifest(folder: Path) -> dict[str, Any]:
    """What `model.json` of an expert says.

    Raises:
        ModelError: it is not there, or of something else.
    """
    path = folder / "model.json"
    try:
        stated = read_json(path)
    except DAMAGE as error:
        raise ModelError(f"{path} cannot be read ({error}); make it with `heartsay export`.") from error
    wanted = {"modality": str, "name": str, "labels": list, "sha256": dict}
    fits = isinstance(stated, dict) and all(isinstance(stated.get(k), kind) for k, kind in wanted.items())
    if not fits or stated.get("expert_format") != FORMAT or stated["modality"] not in HEADS:
        raise ModelError(f"{path} is not that of an expert of format {FORMAT}; export the expert anew.")
    return dict(stated)


def read_narrow(folder: Path, hashes: Mapping[str, str]) -> NDArray[np.float32] | None:
    """The map that completes narrow recordings, of an expert's folder; None where it has none.

    Args:
        folder: of the expert.
        hashes: by file, as its manifest states them.

    Raises:
        ModelError: it is missing, changed or damaged.
    """
    if NARROW not in hashes:
        return None
    path = folder / NARROW
    check_hash(path, hashes[NARROW])
    try:
        weights = read_arrays(path)["weights"]
    except DAMAGE as error:
        raise ModelError(f"{path} cannot be read ({error}); export the expert anew.") from error
    fits = weights.shape == (narrow_band.INPUTS, narrow_band.OUTPUTS) and weights.dtype == np.float32
    if not (fits and np.isfinite(weights).all()):
        raise ModelError(f"{path} does not fit this version of Heartsay; export the expert anew.")
    return weights


def is_expert(folder: Path) -> bool:
    """Whether a folder holds an exported expert, as against a model of conversations."""
    try:
        read_expert_manifest(folder)
    except ModelError:
        return False
    return True


def why_not_heard(samples: NDArray[np.floating], rate: int) -> str | None:
    """Why nothing can be said of a sound, in words; None where something can."""
    seconds = len(samples) / rate
    if seconds < SHORTEST:
        return f"{1000 * seconds:.0f} ms of sound; {1000 * SHORTEST:.0f} are needed"
    return why_silent(samples, rate)


def why_silent(samples: NDArray[np.floating], rate: int) -> str | None:
    """In words, that a sound of 25 ms or more is silence; None where it is not."""
    length, step = (max(1, round(n * rate / SAMPLE_RATE)) for n in (FRAME, HOP))
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(samples, np.float64), length)[::step]
    loudest = 10 * np.log10((frames**2).mean(1).max() + 1e-12)
    return f"silence: the loudest part has {loudest:.0f} dB" if loudest < SILENCE else None


def why_not_seen(image: NDArray[np.uint8]) -> str | None:
    """Why nothing can be said of a face, in words; None where something can."""
    if min(image.shape) < SMALLEST_FACE:
        height, width = image.shape
        return f"a face of {width}x{height} pixels; {SMALLEST_FACE}x{SMALLEST_FACE} are needed"
    return "a picture of one grey" if image.std() < FLATTEST_FACE else None
