"""The face of who speaks in each utterance of a film, beside the voice.

Only cut-outs of that face are handed on, grey and of 48 pixels at most, and nothing of them is written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.errors import MissingDependencyError
from heartsay.media.face_detection import face_detector
from heartsay.media.face_tracks import FaceTracks
from heartsay.media.pictures import Pictures
from heartsay.media.scaling import scaled_to
from heartsay.media.signals import UNTIMED, Face, Signals, SpooledFaces, span_of, voices_of
from heartsay.media.sound import open_recording
from heartsay.media.spans import longest
from heartsay.media.speaking_face import Candidate, choose
from heartsay.progress import Report, silent

KEPT = 5
"""Cut-outs of a face that are read of an utterance, at most: one of each fifth of it."""

SIDE = 48
"""Pixels of a cut-out; the expert reads no more."""

NO_PICTURES = "the recording has no moving pictures"
NOT_THERE = "no picture of the recording falls into it"


def signals_of(
    conversation: Conversation,
    faces: bool = True,
    detector: Path | None = None,
    report: Report = silent,
) -> Signals:
    """The voice and the speaking face of each utterance, out of the conversation's recording by its times.

    Args:
        conversation: with a recording; nothing is given where there is none.
        faces: whether faces are looked for.
        detector: what finds them, as `face_detector` takes it.
        report: progress callback while faces are looked for.

    Raises:
        InputError: the recording is absent or has no sound, or the detector is none.
        MissingDependencyError: PyAV is not installed.
    """
    heard = voices_of(conversation)
    if conversation.recording is None or not faces:
        return heard
    notes = dict.fromkeys(range(len(conversation)), UNTIMED)
    if not open_recording(conversation.recording).video:
        return replace(heard, notes={**heard.notes, "face": dict.fromkeys(notes, NO_PICTURES)})
    try:
        finds = face_detector(detector)
    except MissingDependencyError as error:
        return replace(
            heard, warnings=(*heard.warnings, f"no faces were looked for: {str(error).rstrip('.')}")
        )
    tracks = FaceTracks(finds)
    spans = {t: span for t, u in enumerate(conversation.utterances) if (span := span_of(u)) is not None}
    film = Pictures(Path(conversation.recording))
    found = SpooledFaces(len(conversation))
    for t, candidates in _watched(film, tracks, spans, report):
        if candidates is None:
            notes[t] = NOT_THERE
            continue
        chosen, note = choose(candidates, heard.voices[t], spans[t][0])
        notes[t] = note
        if chosen:
            parts = {part: face for each in reversed(chosen) for part, face in each.faces.items()}
            found.put(t, _same_side(list(parts.values())))
    notes = {t: note for t, note in notes.items() if note}
    warnings = *heard.warnings, *film.warnings
    return Signals(heard.voices, found, warnings, {**heard.notes, "face": notes}, finds.name)


def _watched(
    film: Pictures, tracks: FaceTracks, spans: Mapping[int, tuple[float, float]], report: Report
) -> Iterator[tuple[int, list[Candidate] | None]]:
    """The faces of each utterance once it is over; None where there is no picture of it."""
    ends = {t: min(end, start + longest()) for t, (start, end) in spans.items()}
    waiting = sorted(spans, key=lambda t: spans[t][0], reverse=True)
    last = round(max(ends.values(), default=0.0))
    message = {"message": f"Looking for faces in {film.path.name}", "unit": "s"}
    begun: dict[int, dict[int, Candidate] | None] = {}
    for picture in film.of([(spans[t][0], ends[t]) for t in spans]):
        report({**message, "done": round(picture.seconds), "of": last})
        while waiting and spans[waiting[-1]][0] <= picture.seconds:
            begun[waiting.pop()] = None
        for t in [t for t in begun if ends[t] < picture.seconds]:
            yield t, _listed(begun.pop(t))
        seen = tracks.follow(picture)
        for t in begun:
            candidates = begun[t] = begun[t] or {}
            part = int(KEPT * (picture.seconds - spans[t][0]) / (ends[t] - spans[t][0] + 1e-9))
            for each in seen:
                candidates.setdefault(each.number, Candidate()).add(picture.seconds, part, each)
    for t in [*begun, *reversed(waiting)]:
        yield t, _listed(begun.get(t))


def _listed(candidates: dict[int, Candidate] | None) -> list[Candidate] | None:
    return None if candidates is None else list(candidates.values())


def _same_side(faces: Sequence[Face]) -> list[Face]:
    """Cut-outs of one side, the smallest's and `SIDE` at most; without those of far smaller faces."""
    largest = min(SIDE, max(len(face) for face in faces))
    kept = [face for face in faces if len(face) >= largest / 2]
    side = min(SIDE, *map(len, kept))
    return [scaled_to(face, side) for face in kept]
