"""Clips of a corpus to a store of features: what describes them, a run that survives being killed, a check.

`encoders` has the kinds of numbers by name; `clip` reads one file; `run` goes through all of them in parts,
each of which is kept as soon as it is done, so that a run that was stopped and goes on leaves the same bytes
as one that was not; `checks` compares a store with what it was made of.
"""

from heartsay.extraction.checks import Difference, check_store
from heartsay.extraction.encoders import FEATURES, Chosen, choose
from heartsay.extraction.run import extract

__all__ = ["FEATURES", "Chosen", "Difference", "check_store", "choose", "extract"]
