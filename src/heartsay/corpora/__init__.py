"""Corpora: who made each one, under which terms, how many of what it holds, and how to read it.

One file per corpus states its licence, citation and expected counts and yields conversations with gold
labels; `checks` compares a copy on disk with those counts; `leaks` keeps development and test utterances
out of training, across corpora; `conflict` makes benchmarks of clips whose voice and face disagree. No corpus
text is part of this package: the files are read from the folder that the environment variable HEARTSAY_DATA
names.
"""

from heartsay.corpora.benchmarks import benchmarks
from heartsay.corpora.checks import check
from heartsay.corpora.conflict import crema_d_conflict
from heartsay.corpora.ecf import ECF
from heartsay.corpora.emorynlp import EMORYNLP
from heartsay.corpora.leaks import drop_held_out, ecf_to_meld, training_part
from heartsay.corpora.mecad import MECAD
from heartsay.corpora.meld import MELD
from heartsay.corpora.reccon import RECCON
from heartsay.corpora.registry import get, load, names, relabelled
from heartsay.corpora.semeval import SEMEVAL

__all__ = [
    "ECF",
    "EMORYNLP",
    "MECAD",
    "MELD",
    "RECCON",
    "SEMEVAL",
    "benchmarks",
    "check",
    "crema_d_conflict",
    "drop_held_out",
    "ecf_to_meld",
    "get",
    "load",
    "names",
    "relabelled",
    "training_part",
]
