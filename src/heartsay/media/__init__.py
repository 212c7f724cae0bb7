"""Recordings to signals: decoding, log-mel frames, and one vector of voice features per utterance.

`voice_functionals` describes an utterance's voice by about 120 named numbers, `voice47` by those 47 that
published features of MELD have, `log_mel` by the frames that the voice network reads; none needs more than
numpy or a restricted licence, as openSMILE in `acoustics` does. `conditions` makes sound worse, to measure
what that does to a model. `sound` streams the samples of a recording, or of stretches of it, out of any
common container, with an optional package that is imported on first use; `pictures` does so for the pictures
of a film. `signals` has what was recorded of each utterance of a conversation, `faces` looks for the face of
who speaks.
"""

from heartsay.media.audio import read_audio
from heartsay.media.conditions import CONDITIONS
from heartsay.media.containers import is_recording
from heartsay.media.faces import signals_of
from heartsay.media.log_mel import MEL_BANDS, log_mel, resampled
from heartsay.media.scaling import scaled_to
from heartsay.media.signals import Face, GetSignals, Signals, Voice, voices_of
from heartsay.media.sound import Recording, Sound, open_recording
from heartsay.media.voice47 import VOICE47, VOICE47_RATE, voice47
from heartsay.media.voice_functionals import FUNCTIONALS, voice_functionals

__all__ = [
    "CONDITIONS",
    "FUNCTIONALS",
    "MEL_BANDS",
    "VOICE47",
    "VOICE47_RATE",
    "Face",
    "GetSignals",
    "Recording",
    "Signals",
    "Sound",
    "Voice",
    "is_recording",
    "log_mel",
    "open_recording",
    "read_audio",
    "resampled",
    "scaled_to",
    "signals_of",
    "voice47",
    "voice_functionals",
    "voices_of",
]
