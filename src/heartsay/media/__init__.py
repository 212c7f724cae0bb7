"""Recordings to signals: decoding, and one vector of voice features per utterance.

`voice_functionals` describes an utterance's voice by about 150 named numbers that need no more than numpy and
no restricted licence; `egemaps` gives openSMILE's eGeMAPS where it is installed; `audio` reads audio files.
Decoders are optional packages, imported when they are first used.
"""

from heartsay.media.audio import read_audio
from heartsay.media.voice_functionals import FUNCTIONALS, SAMPLE_RATE, voice_functionals

__all__ = ["FUNCTIONALS", "SAMPLE_RATE", "read_audio", "voice_functionals"]
