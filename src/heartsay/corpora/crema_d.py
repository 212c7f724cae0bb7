"""CREMA-D: actors say twelve sentences in six emotions, and crowds rated what they heard and saw.

Cao et al., "CREMA-D: Crowd-Sourced Emotional Multimodal Actors Dataset", IEEE Transactions on Affective
Computing 5(4), 2014, doi:10.1109/TAFFC.2014.2336244. Licence: Open Database License 1.0, its contents
Database Contents License 1.0. Home: https://github.com/CheyneyComputerScience/CREMA-D.

Files: `tabulatedVotes.csv` (vote counts; rows 1xxxxx are ratings from the voice alone, 2xxxxx from the face
alone, 3xxxxx from both), `VideoDemographics.csv`, and the recordings
`audio/<actor>_<sentence>_<emotion>_<level>.ogg` (or .wav), mono, 16 kHz. As published: 7,442 clips of 91
actors, 48 men and 43 women.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import read_arrays, write_arrays
from heartsay.corpora.refusal import refuse
from heartsay.corpora.registry import data_root
from heartsay.corpora.tables import read_table
from heartsay.errors import DAMAGE
from heartsay.labels import CREMA_D
from heartsay.media import FUNCTIONALS, MEL_BANDS, log_mel, read_audio, voice_functionals
from heartsay.progress import Report, silent, track

FOLDER = "crema-d"
TABLE, DEMOGRAPHICS = "tabulatedVotes.csv", "VideoDemographics.csv"
SAVE_EVERY = 1_000
"""Clips between saved states of a cache."""

TO_HAVE = (
    "download it from https://github.com/CheyneyComputerScience/CREMA-D (licence: ODbL 1.0, contents DbCL "
    "1.0)"
)
"""What to do where a file is not there or not as published."""

EMOTIONS = CREMA_D.names
"""What raters chose from, under this project's names, in the order of the vote columns."""

NEARLY_SILENT = "1076_MTI_SAD_XX"
"""A clip without audible speech in the published release too; left out."""

CHANNELS = {"1": "voice", "2": "face", "3": "both"}
"""What raters were given, by the first digit of a row's number."""

_VOTES = dict(zip("ADFHNS", EMOTIONS, strict=True))
_ACTED = dict(zip(("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"), EMOTIONS, strict=True))


@dataclass(frozen=True, slots=True)
class Ratings:
    """What people saw or heard in a clip through one channel.

    Attributes:
        votes: how many chose each of `EMOTIONS`.
        intensity: how strong they rated it on average, 0 to 100.
    """

    votes: tuple[int, ...]
    intensity: float


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and what people heard in it.

    Attributes:
        id: such as `1001_DFA_ANG_XX`.
        actor: who speaks, such as `1001`.
        gender: `male` or `female`.
        acted: the emotion that the actor was asked for, one of `EMOTIONS`.
        votes: how many raters heard each of `EMOTIONS`, from the voice alone.
        intensity: how strong they rated it on average, 0 to 100.
        path: the audio file.
    """

    id: str
    actor: str
    gender: str
    acted: str
    votes: tuple[int, ...]
    intensity: float
    path: Path

    @property
    def heard(self) -> str | None:
        """The emotion that more raters heard than any other; None where two are level."""
        return most_chosen(self.votes)

    def share(self, emotions: Sequence[str]) -> float:
        """Share of the votes that are for any of these emotions."""
        votes = sum(n for emotion, n in zip(EMOTIONS, self.votes, strict=True) if emotion in emotions)
        return votes / max(1, sum(self.votes))


def read_clips(root: Path | None = None) -> list[Clip]:
    """Every clip with its ratings from the voice, sorted by id, without the nearly silent one.

    Args:
        root: folder that holds the corpora; by default the one that HEARTSAY_DATA names.

    Raises:
        InputError: a file or a column is missing, a clip has no recording, or its actor is unknown.
    """
    genders = read_genders(root)
    folder = _folder(root)
    recordings = {path.stem: path for path in sorted((folder / "audio").glob("*.[ow][ga][gv]"))}
    clips = []
    for name, ratings in read_ratings(root).items():
        if name == NEARLY_SILENT or "voice" not in ratings:
            continue
        if name not in recordings:
            refuse(folder / "audio", f"a recording of {name}", "none", TO_HAVE)
        actor, acted = _parts(name, folder / TABLE)
        if actor not in genders:
            refuse(folder / DEMOGRAPHICS, f"demographics of actor {actor}", "none", TO_HAVE)
        heard = ratings["voice"]
        clips.append(Clip(name, actor, genders[actor], acted, heard.votes, heard.intensity, recordings[name]))
    return sorted(clips, key=lambda clip: clip.id)


def read_ratings(root: Path | None = None) -> dict[str, dict[str, Ratings]]:
    """The ratings of every clip by channel (`CHANNELS`), in the order of the table.

    Raises:
        InputError: the table or a column is missing, a name or a number is none, or a clip was rated twice
            through one channel.
    """
    table = _folder(root) / TABLE
    found: dict[str, dict[str, Ratings]] = {}
    for row in _rows(table, ("", *_VOTES, "fileName", "meanEmoResp")):
        name, channel = row["fileName"], CHANNELS.get(row[""][:1])
        if channel is None:
            refuse(table, "rows numbered 1xxxxx, 2xxxxx or 3xxxxx", repr(row[""]), TO_HAVE)
        _parts(name, table)
        ratings = found.setdefault(name, {})
        if channel in ratings:
            refuse(table, f"one row of {name} for {channel}", "two", TO_HAVE)
        try:
            votes = tuple(int(row[column]) for column in _VOTES)
            ratings[channel] = Ratings(votes, float(row["meanEmoResp"]))
        except ValueError as error:
            refuse(table, f"numbers of votes for {name}", str(error), TO_HAVE)
    return found


def read_genders(root: Path | None = None) -> dict[str, str]:
    """`male` or `female` by actor.

    Raises:
        InputError: the file or a column is missing.
    """
    people = _rows(_folder(root) / DEMOGRAPHICS, ("ActorID", "Sex"))
    return {row["ActorID"]: row["Sex"].lower() for row in people}


def most_chosen(votes: Sequence[int]) -> str | None:
    """Which of `EMOTIONS` more raters chose than any other; None where two are level."""
    most = max(votes)
    return EMOTIONS[votes.index(most)] if votes.count(most) == 1 else None


def actor_and_acted(name: str) -> tuple[str, str]:
    """Who speaks in a clip of this name, and the emotion that was asked for.

    Raises:
        ValueError: it is no name of a clip.
    """
    parts = name.split("_")
    if len(parts) != 4 or parts[2] not in _ACTED:
        raise ValueError(f"a clip is named actor_sentence_emotion_level, not {name!r}")
    return parts[0], _ACTED[parts[2]]


def voice_features(
    clips: Sequence[Clip], cache: Path, report: Report = silent
) -> Mapping[str, NDArray[np.float32]]:
    """A description of each clip's voice, by id, (F,) each; `cache` as in `voice_frames`.

    Raises:
        InputError: a recording cannot be decoded, or the cache holds other numbers than `FUNCTIONALS`.
        MissingDependencyError: PyAV is not installed and a clip is not in the cache.
    """
    found = _described(clips, cache, FUNCTIONALS, lambda *sound: voice_functionals(*sound)[None], report)
    return {id_: rows[0] for id_, rows in found.items()}


def voice_frames(
    clips: Sequence[Clip], cache: Path, report: Report = silent
) -> Mapping[str, NDArray[np.float16]]:
    """Log-mel frames of each clip in dB, by id, (T, 64) each.

    What is in the cache, an npz file, is not computed again; it knows recordings by the hash of their file
    and grows as the work goes on, so that an interrupted run loses little.

    Args:
        clips: what to describe.
        cache: the npz file; its folder is made.
        report: progress callback.

    Raises:
        InputError: a recording cannot be decoded, or the cache holds something else than such frames.
        MissingDependencyError: PyAV is not installed and a clip is not in the cache.
    """
    names = [f"mel {band} of {MEL_BANDS}" for band in range(MEL_BANDS)]
    # Half precision is exact to 1/16 dB here, and a quarter of a gigabyte is enough.
    return _described(clips, cache, names, lambda *sound: log_mel(*sound).astype(np.float16), report)


def _described(
    clips: Sequence[Clip],
    cache: Path,
    names: Sequence[str],
    describe: Callable[[NDArray[np.float32], int], NDArray[Any]],
    report: Report,
) -> dict[str, NDArray[Any]]:
    """What `describe` gives of each clip, rows of as many numbers as there are names, computed or cached."""
    known = _cached(cache, names)
    recording = {clip.id: hashlib.sha256(clip.path.read_bytes()).hexdigest() for clip in clips}
    missing = [clip for clip in clips if recording[clip.id] not in known]
    clips_left = track(missing, "Describing the voices of CREMA-D", report, "clips")
    cache.parent.mkdir(parents=True, exist_ok=True)
    for done, clip in enumerate(clips_left, start=1):
        known[recording[clip.id]] = describe(*read_audio(clip.path))
        if done % SAVE_EVERY == 0 or done == len(missing):
            every = list(known.values())
            arrays = {"recording": np.array(list(known)), "features": np.concatenate(every)}
            arrays |= {"rows": np.array([len(rows) for rows in every]), "names": np.array(names)}
            write_arrays(cache, arrays, compress=False)
    return {clip.id: known[recording[clip.id]] for clip in clips}


def _cached(cache: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    if not cache.is_file():
        return {}
    try:
        stored = read_arrays(cache)
        if "rows" not in stored:  # made by an earlier version, which knew one row per clip alone
            return {}
        known, ends = tuple(stored["names"].tolist()), np.cumsum(stored["rows"])[:-1]
        found = dict(zip(stored["recording"].tolist(), np.split(stored["features"], ends), strict=True))
    except DAMAGE as error:
        refuse(cache, "an archive of voice features", str(error), "delete the file; it will be made again")
    if known != tuple(names):
        expected = f"voice features by the names of this version, {len(names)} numbers"
        do = "delete the file; it will be made again"
        refuse(cache, expected, f"{len(known)} numbers by other names", do)
    return found


def _folder(root: Path | None) -> Path:
    return (root if root is not None else data_root()) / FOLDER


def _parts(name: str, table: Path) -> tuple[str, str]:
    try:
        return actor_and_acted(name)
    except ValueError:
        refuse(table, "a clip named actor_sentence_emotion_level", repr(name), TO_HAVE)


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    if not path.is_file():
        refuse(path, f"{path.name} of CREMA-D", "no such file", TO_HAVE)
    return read_table(path, columns, TO_HAVE)
