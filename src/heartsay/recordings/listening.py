"""From a recording to a conversation: who says what when, from a transcript or from the sound alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import UNKNOWN_SPEAKER, Conversation, Utterance, Word
from heartsay.errors import InputError, MissingDependencyError
from heartsay.media import Recording, Sound, open_recording
from heartsay.progress import Report, silent
from heartsay.recordings.channels import Levels, by_channel, channel_of, is_call
from heartsay.recordings.encoder import SpeakerEncoder
from heartsay.recordings.encoder import is_there as encoder_is_there
from heartsay.recordings.fit import doubts
from heartsay.recordings.notes import Notes, Whole, fingerprint
from heartsay.recordings.rttm import SpeakerTurn, read_rttm
from heartsay.recordings.speakers import Turn, Windows, turns
from heartsay.recordings.speech import (
    Recogniser,
    by_stretch,
    model_identity,
    outside,
    pieces,
    sentences,
    text_of,
)
from heartsay.recordings.voice_activity import SPEECH, STEP, Stretch, speech_probabilities, stretches

LONGEST = 12.0
"""Seconds after which an utterance is cut at the end of a sentence."""


CHANNELS = ("Left", "Right")
OWN_CHANNELS = "each channel has a speaker of its own: speakers are the channels"


@dataclass(frozen=True)
class Listening:
    """How recordings are listened to.

    Attributes:
        words: whether words are recognised where no transcript has them.
        speech_model: what recognises them: a folder or a name; the packaged model where None.
        speakers: how many there are, if known.
        notes: folder where what was recognised is kept, so that a run that was killed can go on.
    """

    words: bool = True
    speech_model: str | None = None
    speakers: int | None = None
    notes: Path | None = None


@dataclass(frozen=True)
class Heard:
    """What one pass over a recording gives.

    Attributes:
        recording: what it says of itself.
        seconds: that were decoded.
        probabilities: that somebody speaks, for every `STEP`, (K,).
        sides: of two channels, by how many dB the first is louder, (K,); None for any other number.
        warnings: about the sound.
    """

    recording: Recording
    seconds: float
    probabilities: NDArray[np.float32]
    sides: NDArray[np.float32] | None
    warnings: tuple[str, ...]


def hear(
    path: Path,
    transcript: Conversation | None = None,
    turns_file: Path | None = None,
    how: Listening | None = None,
    report: Report = silent,
) -> Conversation:
    """Listen to a recording.

    Args:
        path: the recording.
        transcript: its words and, if it says so, its speakers and times; recognised where None.
        turns_file: RTTM of who speaks when, if there is one.
        how: the rest.
        report: progress callback.

    Returns:
        A conversation whose id is the stem of the file and whose `recording` is its path.

    Raises:
        InputError: it cannot be decoded, or nobody speaks in it and there is no transcript.
        MissingDependencyError: the extra `media` is not installed.
        ModelError: a packaged model is not the one that is known.
    """
    how = how or Listening()
    kept = how.notes if path.is_file() else None
    notes = Whole(kept, _depends_on(path, transcript, turns_file, how) if kept else {})
    conversation = notes.load()
    if conversation is None:
        conversation = _heard(path, transcript, turns_file, how, report)
        notes.keep(conversation)
    return replace(conversation, id=path.stem, source=str(path), recording=path)


def _depends_on(
    path: Path, transcript: Conversation | None, turns_file: Path | None, how: Listening
) -> dict[str, Any]:
    return {
        "recording": fingerprint(path),
        "transcript": None if transcript is None else repr(transcript),
        "turns": None if turns_file is None else fingerprint(turns_file),
        "how": [how.words, how.speakers, model_identity(how.speech_model)],
    }


def _heard(
    path: Path, transcript: Conversation | None, turns_file: Path | None, how: Listening, report: Report
) -> Conversation:
    heard = _listen(path, report)
    if transcript is not None:
        conversation = _with_transcript(heard, transcript, turns_file, how, report)
    else:
        conversation = _without_transcript(heard, turns_file, how, report)
    return replace(conversation, warnings=(*heard.warnings, *conversation.warnings))


def _listen(path: Path, report: Report) -> Heard:
    recording = open_recording(path)
    stereo = recording.channels == 2
    sound, levels = Sound(path, apart=stereo), Levels()
    blocks = _told(sound, recording, f"Finding speech in {path.name}", report)
    mixed = levels.watch(blocks) if stereo else (block.mean(0) for block in blocks)
    probabilities = np.concatenate([np.zeros(0, np.float32), *speech_probabilities(mixed)])
    sides = levels.sides() if stereo else None
    return Heard(recording, sound.seconds, probabilities, sides, tuple(sound.warnings))


def _told(sound: Sound, recording: Recording, message: str, report: Report) -> Iterator[NDArray[np.float32]]:
    of = None if recording.seconds is None else round(recording.seconds)
    for block in sound.blocks():
        report({"message": message, "done": round(sound.seconds), "of": of, "unit": "s"})
        yield block


def _with_transcript(
    heard: Heard, transcript: Conversation, turns_file: Path | None, how: Listening, report: Report
) -> Conversation:
    warnings = [*transcript.warnings, *doubts(transcript, heard.probabilities, heard.seconds)]
    utterances = list(transcript.utterances)
    timed = [k for k, u in enumerate(utterances) if u.start is not None and u.end is not None]
    if {u.speaker for u in utterances} != {UNKNOWN_SPEAKER}:
        if turns_file is not None:
            warnings.append(f"{turns_file.name} is not used: the transcript itself names who speaks")
    elif how.speakers != 1 and timed:
        spans = [_span(utterances[k]) for k in timed]
        found = _speakers(heard, spans, turns_file, how, warnings, report)
        for k, (speaker, confidence) in zip(timed, found, strict=True):
            utterances[k] = replace(utterances[k], speaker=speaker, speaker_confidence=confidence)
    return replace(transcript, utterances=tuple(utterances), warnings=tuple(warnings))


def _speakers(
    heard: Heard,
    spans: Sequence[Stretch],
    turns_file: Path | None,
    how: Listening,
    warnings: list[str],
    report: Report,
) -> list[tuple[str, float | None]]:
    """Who says each utterance of a transcript that names nobody, and how sure that is."""
    if turns_file is not None:
        names = _by_turns(spans, read_rttm(turns_file, heard.recording.path.stem))
        warnings.append(f"the transcript names no speakers: they are those of {turns_file.name}")
        if unnamed := names.count(UNKNOWN_SPEAKER):
            warnings.append(f"{unnamed:,} of {len(names):,} utterances lie in no turn of {turns_file.name}")
        return [(name, None) for name in names]
    if heard.sides is not None and is_call(heard.sides, heard.probabilities >= SPEECH):
        warnings.append(OWN_CHANNELS)
        return [(CHANNELS[channel_of(heard.sides, span, STEP)], None) for span in spans]
    if not encoder_is_there():
        return [(UNKNOWN_SPEAKER, None)] * len(spans)
    warnings.append("the transcript names no speakers: they were told apart by their voices")
    told = _voices(heard, spans, how, report, cut=False)
    return [(f"Speaker {turn.speaker + 1}", turn.confidence) for turn in told]


def _by_turns(spans: Sequence[Stretch], given: Sequence[SpeakerTurn]) -> list[str]:
    """Whose turns overlap most with each utterance."""
    names = []
    for span in spans:
        shares = [(min(span.end, t.end) - max(span.start, t.start), t.speaker) for t in given]
        most = max(shares)
        names.append(most[1] if most[0] > 0 else UNKNOWN_SPEAKER)
    return names


def _span(utterance: Utterance) -> Stretch:
    assert utterance.start is not None
    assert utterance.end is not None
    return Stretch(utterance.start, max(utterance.start, utterance.end))


def _without_transcript(
    heard: Heard, turns_file: Path | None, how: Listening, report: Report
) -> Conversation:
    speech = stretches(heard.probabilities, heard.seconds)
    if not speech:
        raise InputError(
            expected="a recording in which somebody speaks",
            found=f"{heard.seconds:.1f} s without speech",
            where=str(heard.recording.path),
            do="check the recording, or give its transcript",
        )
    warnings: list[str] = []
    words, model = _words(heard, speech, how, warnings, report)
    spoken, names = _turns(heard, speech, turns_file, how, warnings, report)
    utterances: list[Utterance] = []
    by_turn = [()] * len(spoken) if words is None else by_stretch(words, [t.stretch for t in spoken])
    if words and turns_file is not None and (astray := outside(words, [t.stretch for t in spoken])):
        warnings.append(
            f"{astray:,} of {len(words):,} words lie in no turn of {turns_file.name} and stand in the nearest"
        )
    for turn, said in zip(spoken, by_turn, strict=True):
        parts = sentences(said, turn.stretch, LONGEST) if said else [(turn.stretch, ())]
        for stretch, part in parts:
            utterances.append(
                Utterance(
                    id=str(len(utterances) + 1),
                    speaker=names[turn.speaker],
                    text=text_of(part) or None,
                    start=round(stretch.start, 3),
                    end=round(stretch.end, 3),
                    words=None if words is None else part,
                    speaker_confidence=turn.confidence,
                )
            )
    if model is not None:
        told = f"words were recognised by a machine ({model}); some are wrong"
        warnings.insert(0, f"{told}, and emotions are less sure where it was less sure of the words")
    return Conversation(heard.recording.path.stem, tuple(utterances), warnings=tuple(warnings))


def _words(
    heard: Heard, speech: Sequence[Stretch], how: Listening, warnings: list[str], report: Report
) -> tuple[list[Word] | None, str | None]:
    """All words in order and the name of the model, or neither where nothing recognises them."""
    if not how.words:
        warnings.append("words were not recognised, as asked for: the analysis is without them")
        return None, None
    try:
        recogniser = _recogniser(how.speech_model)
    except MissingDependencyError as error:
        warnings.append(f"the analysis is without words: {str(error).rstrip('.')}")
        return None, None
    path, together = heard.recording.path, pieces(speech)
    depends_on = {"recording": fingerprint(path), "model": recogniser.identity, "pieces": together}
    notes = Notes(how.notes, depends_on)
    missing = [k for k in range(len(together)) if notes.words(k) is None]
    total = sum(piece.end - piece.start for piece in together)
    done = total - sum(together[k].end - together[k].start for k in missing)
    for j, samples in Sound(path).spans([together[k] for k in missing]) if missing else ():
        piece = together[missing[j]]
        notes.add(missing[j], tuple(recogniser.words(samples, piece.start)))
        done += piece.end - piece.start
        row = {"message": f"Recognising words in {path.name}", "unit": "s"}
        report({**row, "done": round(done), "of": round(total)})
    return [word for k in range(len(together)) for word in notes.words(k) or ()], recogniser.name


@cache
def _recogniser(model: str | None) -> Recogniser:
    return Recogniser.load(model)


def _turns(
    heard: Heard,
    speech: Sequence[Stretch],
    turns_file: Path | None,
    how: Listening,
    warnings: list[str],
    report: Report,
) -> tuple[list[Turn], list[str]]:
    """Who speaks when, and what they are called."""
    if turns_file is not None:
        given = read_rttm(turns_file, heard.recording.path.stem)
        inside = [turn for turn in given if turn.start < heard.seconds]
        if len(inside) < len(given):
            warnings.append(f"{len(given) - len(inside)} turns of {turns_file.name} start after the end")
        if inside:
            names = list(dict.fromkeys(turn.speaker for turn in inside))
            return [
                Turn(k, Stretch(t.start, min(t.end, heard.seconds)), names.index(t.speaker), None)
                for k, t in enumerate(inside)
            ], names
    if how.speakers == 1:
        return [Turn(k, stretch, 0, None) for k, stretch in enumerate(speech)], ["Speaker 1"]
    if heard.sides is not None and is_call(heard.sides, heard.probabilities >= SPEECH):
        warnings.append(OWN_CHANNELS)
        found = by_channel(heard.sides, speech, STEP)
        return [Turn(k, s, channel, None) for k, (s, channel) in enumerate(found)], list(CHANNELS)
    if not encoder_is_there():
        warnings.append("speakers were not told apart: this installation lacks the speaker encoder")
        return [Turn(k, stretch, 0, None) for k, stretch in enumerate(speech)], [UNKNOWN_SPEAKER]
    spoken = _voices(heard, speech, how, report)
    count = 1 + max(turn.speaker for turn in spoken)
    warnings.append(
        f"{count} speaker{'s were' if count > 1 else ' was'} told apart by voice, which can be wrong;"
        " --speakers says how many there are, and an RTTM file beside the recording who speaks when"
    )
    return spoken, [f"Speaker {k + 1}" for k in range(count)]


def _voices(
    heard: Heard, spans: Sequence[Stretch], how: Listening, report: Report, *, cut: bool = True
) -> list[Turn]:
    windows = Windows(_encoder())
    path = heard.recording.path
    gathered: dict[int, NDArray[np.float32]] = {}
    following = 0
    for k, samples in Sound(path).spans(spans):
        gathered[k] = samples
        while following in gathered:  # in the order of the spans, so that the same windows get the same place
            windows.add(following, spans[following], gathered.pop(following))
            following += 1
        message = f"Telling voices apart in {path.name}"
        report({"message": message, "done": round(spans[k].end), "of": round(heard.seconds), "unit": "s"})
    return turns(windows, spans, how.speakers, cut=cut)


@cache
def _encoder() -> SpeakerEncoder:
    return SpeakerEncoder.load()


def let_go() -> None:
    """Forget the models that listen, which are otherwise kept for the next recording."""
    _recogniser.cache_clear()
    _encoder.cache_clear()
