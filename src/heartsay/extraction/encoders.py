"""What describes an utterance: the kinds of numbers that a store can hold, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay import __version__
from heartsay.errors import InputError
from heartsay.evidence.store import Feature, Rows
from heartsay.extraction.faces import FaceEncoder, face_encoder
from heartsay.media import (
    FUNCTIONALS,
    MEL_BANDS,
    VOICE47,
    VOICE47_RATE,
    log_mel,
    voice47,
    voice_functionals,
)
from heartsay.media.acoustics import (
    SMILE_LICENCE,
    SMILE_RATE,
    SMILE_SETS,
    smile_features,
    smile_names,
    smile_version,
)
from heartsay.media.voice_functionals import SAMPLE_RATE

Samples = NDArray[np.float32]

TEXT, FACE = "text:", "face:"
OWN_LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class SoundEncoder:
    """What describes the sound of an utterance.

    Attributes:
        feature: what it gives.
        describe: from samples (N,) at the feature's rate to rows (R, D); NaN where it has no number.
    """

    feature: Feature
    describe: Callable[[Samples], Rows]


@dataclass(frozen=True)
class Chosen:
    """What a store shall hold.

    Attributes:
        sound: what describes sounds.
        texts: the Hugging Face encoder of each text feature: its folder, or the name of a packaged one.
        face: what describes the face of who speaks; None where nothing does.
        features: all of them, in the order in which they were named; the width of a text feature is not
            known before it has read something and is 0.
    """

    sound: tuple[SoundEncoder, ...]
    texts: Mapping[str, str]
    face: FaceEncoder | None
    features: tuple[Feature, ...]


def choose(names: Sequence[str]) -> Chosen:
    """The features of these names, checked before anything is read.

    Args:
        names: some of `FEATURES`; `text:FOLDER`, or `text:NAME` of a packaged text encoder; `face:FOLDER` of
            a run of `heartsay train face`.

    Raises:
        InputError: no such feature, one twice, or a text encoder that is none.
        ModelError: a folder holds no finished run of a face network.
        MissingDependencyError: what a feature needs is not installed.
    """
    sound: list[SoundEncoder] = []
    texts: dict[str, str] = {}
    face: FaceEncoder | None = None
    features: list[Feature] = []
    for name in names:
        if name.startswith(TEXT):
            encoder = name.removeprefix(TEXT)
            feature = _text(encoder)
            texts[feature.name] = encoder
        elif name.startswith(FACE):
            face = face_encoder(Path(name.removeprefix(FACE)))
            feature = face.feature
        elif name in FEATURES:
            sound.append(FEATURES[name]())
            feature = sound[-1].feature
        else:
            raise _refused(KNOWN, repr(name), "name these")
        if any(feature.name == other.name for other in features):
            raise _refused(
                "each feature once", f"{feature.name} twice", "name one of them, or rename its folder"
            )
        features.append(feature)
    if not features:
        raise _refused(KNOWN, "none", "name some")
    return Chosen(tuple(sound), texts, face, tuple(features))


def _voice47() -> SoundEncoder:
    feature = _own("voice47", len(VOICE47), VOICE47_RATE)
    return SoundEncoder(feature, lambda samples: voice47(samples)[None])


def _functionals() -> SoundEncoder:
    feature = _own("functionals", len(FUNCTIONALS), SAMPLE_RATE)
    return SoundEncoder(feature, lambda samples: voice_functionals(samples)[None])


def _log_mel() -> SoundEncoder:
    feature = _own("log-mel", MEL_BANDS, SAMPLE_RATE, frames=True)
    # Half precision is exact to 1/16 dB here.
    return SoundEncoder(feature, lambda samples: log_mel(samples).astype(np.float16))


def _own(name: str, width: int, rate: int, *, frames: bool = False) -> Feature:
    return Feature(name, "voice", f"heartsay {name}", __version__, width, rate, frames, OWN_LICENCE)


def _smile(name: str) -> SoundEncoder:
    encoder, version = f"openSMILE {SMILE_SETS[name]}", smile_version()
    width = len(smile_names(name))
    feature = Feature(name, "voice", encoder, version, width, SMILE_RATE, False, SMILE_LICENCE)
    return SoundEncoder(feature, lambda samples: smile_features(samples, name)[None])


def _text(encoder: str) -> Feature:
    from heartsay.models.packaged_encoders import PACKAGED
    from heartsay.training.text_features import encoder_fingerprint

    if encoder not in PACKAGED and not Path(encoder).is_dir():
        expected = f"{TEXT}FOLDER of a Hugging Face encoder, or {', '.join(TEXT + n for n in PACKAGED)}"
        raise _refused(expected, repr(TEXT + encoder), "name a folder; nothing is fetched")
    version = encoder_fingerprint(encoder)
    if not version.startswith("sha256:"):
        raise _refused("model.safetensors in it", "none", "save the encoder in that form", where=encoder)
    name = encoder if encoder in PACKAGED else Path(encoder).resolve().name
    return Feature(
        f"text-{name}", "text", f"{name}, mean of the last states", version, 0, None, False, "its own"
    )


def _refused(expected: str, found: str, do: str, where: str = "--with") -> InputError:
    return InputError(expected=expected, found=found, where=where, do=do)


FEATURES: dict[str, Callable[[], SoundEncoder]] = {
    "voice47": _voice47,
    "functionals": _functionals,
    "log-mel": _log_mel,
    "egemaps": lambda: _smile("egemaps"),
    "compare": lambda: _smile("compare"),
}
"""What describes sounds, by name."""

KNOWN = f"features out of {', '.join(FEATURES)}, {TEXT}FOLDER, {FACE}FOLDER"
