"""Words out of speech, by Whisper (Radford et al. 2022, arXiv:2212.04356) as faster-whisper runs it.

Without choice by chance: one beam, temperature 0, nothing carried over from what was recognised before, so
that a piece gives the same words whenever it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Word
from heartsay.errors import InputError, MissingDependencyError, ModelError, first_line
from heartsay.recordings.notes import fingerprint
from heartsay.recordings.packaged import whisper_folder
from heartsay.recordings.voice_activity import Stretch

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

PIECE = 28.0
"""Seconds that are recognised together at most; the model reads 30."""

REST = 3.0
"""Seconds of silence after which a new piece begins."""

BEAMS = 1

PACKAGED = "tiny.en"

NEAR = 0.5
"""Seconds around a turn within which a word counts as within it."""

_SCRIPTS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED = re.compile(f"[{_SCRIPTS}]")
_BETWEEN_UNSPACED = re.compile(f"(?<=[{_SCRIPTS}，。、？！]) (?=[{_SCRIPTS}])")
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese are written without blanks between words."""


class Recogniser:
    """A loaded model.

    Attributes:
        name: how a report calls it.
        identity: what tells it from every other, also of the same name.
    """

    def __init__(self, model: WhisperModel, name: str, identity: str) -> None:
        self.name, self.identity = name, identity
        self._model = model

    @classmethod
    def load(cls, model: str | None = None, threads: int = 0) -> Recogniser:
        """Load a model; nothing is downloaded.

        Args:
            model: folder of a model in CTranslate2's format, or a name of one that is in Hugging Face's cache
                already; the packaged tiny.en where None.
            threads: of the processor; all where 0.

        Raises:
            MissingDependencyError: faster-whisper or the packaged model is not installed.
            InputError: there is no such model here.
            ModelError: the packaged model is another one, or a model cannot be loaded.
        """
        folder = whisper_folder() if model is None else Path(model)
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise MissingDependencyError("recognising words", "media") from error
        source = str(folder) if folder.is_dir() else str(model)
        try:
            loaded = WhisperModel(
                source, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        except Exception as error:  # the library and the hub's raise many kinds
            if folder.is_dir():
                raise ModelError(f"{folder} cannot be loaded ({first_line(error)}).") from error
            raise InputError(
                expected="the folder of a speech model in CTranslate2's format, or the name of one that was"
                " downloaded before",
                found=repr(model),
                where="--speech-model",
                do="download it yourself and name its folder, or leave the option out for the packaged one",
            ) from error
        return cls(loaded, PACKAGED if model is None else Path(model).name, model_identity(model))

    def words(self, samples: NDArray[np.float32], start: float) -> list[Word]:
        """What is said in a piece, in order.

        Args:
            samples: one channel at 16 kHz, (N,), of 30 seconds at most.
            start: when it begins in the recording, in seconds; added to the times.
        """
        language = None if self._model.model.is_multilingual else "en"
        settings: dict[str, Any] = {"beam_size": BEAMS, "temperature": 0.0, "word_timestamps": True}
        segments, _ = self._model.transcribe(
            samples, language=language, condition_on_previous_text=False, **settings
        )
        found: list[Word] = []
        for segment in segments:
            first = len(found)
            for w in segment.words or ():
                text, probability = w.word.strip(), float(w.probability)
                if not text:
                    continue
                begins = w.word[0].isspace() or _UNSPACED.match(text)
                if len(found) > first and not begins:  # the model cuts "o'clock" in two
                    last = found.pop()
                    text, probability = last.text + text, min(last.probability, probability)
                    found.append(Word(text, last.start, start + float(w.end), probability))
                else:
                    found.append(Word(text, start + float(w.start), start + float(w.end), probability))
        return found


def model_identity(model: str | None) -> str:
    """What tells a model from every other: a fingerprint of its weights, or its name where it is not here.

    Args:
        model: as for `Recogniser.load`.
    """
    if model is None:
        return PACKAGED
    weights = _folder_of(model) / "model.bin"
    return fingerprint(weights) if weights.is_file() else model


def _folder_of(model: str) -> Path:
    """The folder of a model, also of one that is named as in Hugging Face's cache."""
    if Path(model).is_dir():
        return Path(model)
    try:
        from faster_whisper.utils import download_model

        return Path(download_model(model, local_files_only=True))
    except Exception:  # not installed, no such name, or not in the cache: the libraries have many errors
        return Path(model)


def text_of(words: Sequence[Word]) -> str:
    """Words as one text, without blanks between those of scripts that have none."""
    return _BETWEEN_UNSPACED.sub("", " ".join(word.text for word in words))


def outside(words: Sequence[Word], speech: Sequence[Stretch]) -> int:
    """How many words lie in none of the stretches, with half a second around them."""
    middles = np.array([(word.start + word.end) / 2 for word in words])
    spans = sorted((s.start - NEAR, s.end + NEAR) for s in speech)
    # How far whatever has begun by then reaches; nothing before the first.
    reach = np.maximum.accumulate([-np.inf, *(end for _, end in spans)])
    begun = np.searchsorted([start for start, _ in spans], middles, side="right")
    return int((reach[begun] < middles).sum())


def pieces(speech: Sequence[Stretch]) -> list[Stretch]:
    """Stretches of speech put together as far as they are recognised together, in order."""
    found: list[Stretch] = []
    for stretch in speech:
        if found and stretch.end - found[-1].start <= PIECE and stretch.start - found[-1].end <= REST:
            found[-1] = Stretch(found[-1].start, stretch.end)
        else:
            found.append(stretch)
    return found


def by_stretch(words: Sequence[Word], speech: Sequence[Stretch]) -> list[tuple[Word, ...]]:
    """The words of each stretch: those whose middle is nearer to it than to any other.

    Args:
        words: in order.
        speech: in order, one at least.
    """
    middles = [(before.end + after.start) / 2 for before, after in pairwise(speech)]
    borders = np.maximum.accumulate(np.array(middles))  # turns of several speakers may overlap
    places = np.searchsorted(borders, [(word.start + word.end) / 2 for word in words])
    found: list[list[Word]] = [[] for _ in speech]
    for word, place in zip(words, places.tolist(), strict=True):
        found[place].append(word)
    return [tuple(row) for row in found]


def sentences(
    words: Sequence[Word], stretch: Stretch, longest: float
) -> Iterator[tuple[Stretch, tuple[Word, ...]]]:
    """A stretch cut after sentences so that no part is longer than so many seconds, where that goes."""
    ends = [k + 1 for k, word in enumerate(words) if word.text.endswith((".", "?", "!", "…"))]
    start, first = stretch.start, 0
    for here, following in pairwise([*ends, len(words)] if ends and ends[-1] < len(words) else ends):
        if words[following - 1].end - start > longest:
            border = (words[here - 1].end + words[here].start) / 2
            if not start < border < stretch.end:  # words outside the stretch, which is theirs all the same
                continue
            yield Stretch(start, border), tuple(words[first:here])
            start, first = border, here
    yield Stretch(start, stretch.end), tuple(words[first:])
