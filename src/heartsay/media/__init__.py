"""Recordings to signals: decoding, and one vector of voice features per utterance.

`voice_functionals` describes an utterance's voice by about 150 named numbers that need no more than numpy and
no restricted licence; `audio` reads audio files, with an optional package that is imported on first use.
"""

from heartsay.media.audio import read_audio
from heartsay.media.voice_functionals import FUNCTIONALS, voice_functionals

__all__ = ["FUNCTIONALS", "read_audio", "voice_functionals"]
