"""Recordings to signals: decoding, log-mel frames, and one vector of voice features per utterance.

`voice_functionals` describes an utterance's voice by about 150 named numbers, `log_mel` by the frames that
the voice network reads; neither needs more than numpy or a restricted licence. `conditions` makes sound
worse, to measure what that does to a model; `audio` reads audio files, with an optional package that is
imported on first use, and `sound` cuts them into the utterances of a conversation.
"""

from heartsay.media.audio import read_audio, read_spans
from heartsay.media.conditions import CONDITIONS
from heartsay.media.log_mel import MEL_BANDS, log_mel, resampled
from heartsay.media.sound import Face, GetSignals, Signals, Sound, sounds_of
from heartsay.media.voice_functionals import FUNCTIONALS, voice_functionals

__all__ = [
    "CONDITIONS",
    "FUNCTIONALS",
    "MEL_BANDS",
    "Face",
    "GetSignals",
    "Signals",
    "Sound",
    "log_mel",
    "read_audio",
    "read_spans",
    "resampled",
    "sounds_of",
    "voice_functionals",
]
