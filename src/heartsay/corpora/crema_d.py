"""CREMA-D: actors say twelve sentences in six emotions, and crowds rated what they heard and saw.

Cao et al., "CREMA-D: Crowd-Sourced Emotional Multimodal Actors Dataset", IEEE Transactions on Affective
Computing 5(4), 2014, doi:10.1109/TAFFC.2014.2336244. Licence: Open Database License 1.0, its contents
Database Contents License 1.0. Home: https://github.com/CheyneyComputerScience/CREMA-D.

Files: `tabulatedVotes.csv` (vote counts; the rows 1xxxxx are ratings from the voice alone),
`VideoDemographics.csv`, and the recordings `audio/<actor>_<sentence>_<emotion>_<level>.ogg` (or .wav), mono,
16 kHz. As published: 7,442 clips of 91 actors, 48 men and 43 women.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.atomic import write_arrays
from heartsay.corpora.refusal import refuse
from heartsay.corpora.registry import data_root
from heartsay.labels import CREMA_D
from heartsay.media import FUNCTIONALS, read_audio, voice_functionals
from heartsay.progress import Report, silent, track

FOLDER = "crema-d"
TO_HAVE = (
    "download it from https://github.com/CheyneyComputerScience/CREMA-D (licence: ODbL 1.0, contents DbCL "
    "1.0)"
)
"""What to do where a file is not there or not as published."""

EMOTIONS = CREMA_D.names
"""What raters chose from, under this project's names, in the order of the vote columns."""

NEARLY_SILENT = "1076_MTI_SAD_XX"
"""A clip without audible speech in the published release too; left out."""

_VOTES = dict(zip("ADFHNS", EMOTIONS, strict=True))
_ACTED = dict(zip(("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"), EMOTIONS, strict=True))


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
        most = max(self.votes)
        return EMOTIONS[self.votes.index(most)] if self.votes.count(most) == 1 else None

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
    folder = (root if root is not None else data_root()) / FOLDER
    people = _rows(folder / "VideoDemographics.csv", ("ActorID", "Sex"))
    genders = {row["ActorID"]: row["Sex"].lower() for row in people}
    recordings = {path.stem: path for path in sorted((folder / "audio").glob("*.[ow][ga][gv]"))}
    table = folder / "tabulatedVotes.csv"
    clips = []
    for row in _rows(table, ("", *_VOTES, "fileName", "meanEmoResp")):
        name = row["fileName"]
        if not row[""].startswith("1") or name == NEARLY_SILENT:
            continue
        if name not in recordings:
            refuse(folder / "audio", f"a recording of {name}", "none", TO_HAVE)
        clips.append(_clip(name, row, genders, recordings[name], table))
    return sorted(clips, key=lambda clip: clip.id)


def voice_features(
    clips: Sequence[Clip], cache: Path, report: Report = silent
) -> Mapping[str, NDArray[np.float32]]:
    """A description of each clip's voice, by id, (F,) each.

    What is in the cache, an npz file, is not computed again; it knows recordings by the hash of their file
    and grows as the work goes on, so that an interrupted run loses little.

    Args:
        clips: what to describe.
        cache: the npz file; its folder is made.
        report: progress callback.

    Raises:
        InputError: a recording cannot be decoded, or the cache holds other numbers than `FUNCTIONALS`.
        MissingDependencyError: soundfile is not installed and a clip is not in the cache.
    """
    known = _cached(cache)
    recording = {clip.id: hashlib.sha256(clip.path.read_bytes()).hexdigest() for clip in clips}
    missing = [clip for clip in clips if recording[clip.id] not in known]
    clips_left = track(missing, "Describing the voices of CREMA-D", report, "clips")
    cache.parent.mkdir(parents=True, exist_ok=True)
    for done, clip in enumerate(clips_left, start=1):
        known[recording[clip.id]] = voice_functionals(*read_audio(clip.path))
        if done % 500 == 0 or done == len(missing):
            arrays = {"recording": np.array(list(known)), "features": np.stack(list(known.values()))}
            write_arrays(cache, arrays | {"names": np.array(FUNCTIONALS)}, compress=False)
    return {clip.id: known[recording[clip.id]] for clip in clips}


def _cached(cache: Path) -> dict[str, NDArray[np.float32]]:
    if not cache.is_file():
        return {}
    with np.load(cache, allow_pickle=False) as stored:
        if "recording" not in stored:  # made by an earlier version, which knew clips by name alone
            return {}
        if tuple(stored["names"]) != FUNCTIONALS:
            expected = f"voice features by the names of this version, {len(FUNCTIONALS)} numbers"
            found = f"{len(stored['names'])} numbers by other names"
            refuse(cache, expected, found, "delete the file; it will be made again")
        return dict(zip(stored["recording"].tolist(), stored["features"], strict=True))


def _clip(name: str, row: Mapping[str, str], genders: Mapping[str, str], path: Path, table: Path) -> Clip:
    parts = name.split("_")
    if len(parts) != 4 or parts[2] not in _ACTED:
        refuse(table, "a clip named actor_sentence_emotion_level", repr(name), TO_HAVE)
    if parts[0] not in genders:
        refuse(table.with_name("VideoDemographics.csv"), f"demographics of actor {parts[0]}", "none", TO_HAVE)
    try:
        votes = tuple(int(row[column]) for column in _VOTES)
        intensity = float(row["meanEmoResp"])
    except ValueError as error:
        refuse(table, f"numbers of votes for {name}", str(error), TO_HAVE)
    return Clip(name, parts[0], genders[parts[0]], _ACTED[parts[2]], votes, intensity, path)


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    if not path.is_file():
        refuse(path, f"{path.name} of CREMA-D", "no such file", TO_HAVE)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        absent = [repr(name) for name in columns if name not in (reader.fieldnames or ())]
        if absent:
            refuse(path, "CREMA-D's columns", f"none named {', '.join(absent)}", TO_HAVE)
        return list(reader)
