"""What is fed: each target takes the path of a file, and gives a result or refuses it as it may.

The name of the file tells which reader takes it, as it does where people bring files.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from campaign import folders
from heartsay.errors import HeartsayError

REFUSALS = (HeartsayError,)
"""What may be raised; anything else is a failure."""


def conversations(path: Path) -> None:
    """Read as any file is, and write what was read."""
    from heartsay import formats

    for conversation in formats.read_all(path):
        formats.write(conversation, "json").encode()
        formats.document_path(conversation.id, "json").encode()


def pickles(path: Path) -> None:
    """Read a file of features."""
    from heartsay.corpora.safe_pickle import load_pickle

    load_pickle(path)


def features(path: Path) -> None:
    """Read a feature file of the field as conversations."""
    from heartsay.corpora import iemocap_features, meld_features, roberta_features
    from heartsay.corpora.safe_pickle import load_pickle

    readers: dict[str, Callable[[Any, Path], object]] = {
        "meld.pkl": meld_features.read,
        "iemocap.pkl": iemocap_features.read,
        "meld-roberta.pkl": roberta_features.read_meld,
        "iemocap-roberta.pkl": roberta_features.read_iemocap,
    }
    readers[path.name](load_pickle(path), path)


def settings(path: Path) -> None:
    """Read a file of settings, and take them for those of a run."""
    from heartsay.experiments.configurations import load
    from heartsay.training.yaml_settings import read_settings

    read_settings(path)
    load(str(path))


def recordings(path: Path) -> None:
    """Decode a recording to its end, its pictures too."""
    from heartsay.media.pictures import Pictures
    from heartsay.media.sound import Sound
    from heartsay.media.stills import stills

    for _ in Sound(path, apart=True).blocks():
        pass
    for _ in Pictures(path).of([(0.0, 1.0), (0.5, 30.0)]):
        pass
    if path.suffix in (".mov", ".mkv", ".mp4"):
        stills(path, 2)


def corpora(path: Path) -> None:
    """Read a file of a corpus as published."""
    from heartsay.corpora import ecem, ecgf, emer, get, meld_voices
    from heartsay.corpora.conflict.ch_sims import read_ch_sims
    from heartsay.corpora.conflict.labels_table import read_labels_table

    readers: dict[str, Callable[[Path], object]] = {
        "ecem": ecem.read,
        "ecgf": ecgf.read,
        "gt-eng": emer.read_emer,
        "final-EMER-reason": emer.read_emer,
        "label": read_ch_sims,
        "conflicts": read_labels_table,
        "voices": lambda file: meld_voices.read_voices(file, "train"),
        **folders.CORPORA,
    }
    if path.stem in readers:
        readers[path.stem](path)
    else:
        get(path.stem).read(path, "train")


def annotators(path: Path) -> None:
    """Read what people and tools hand over beside talk."""
    from heartsay.cli.labels import own_labels
    from heartsay.explanation.annotations import single
    from heartsay.formats.conversations import semeval
    from heartsay.labels import EMOTIONS
    from heartsay.recordings.rttm import read_rttm

    if path.suffix == ".rttm":
        read_rttm(path, "talk")
    elif path.stem == "labels":
        model: Any = SimpleNamespace(labels=EMOTIONS)
        own_labels(model, None, str(path))
    elif path.stem == "pairs":
        semeval.read(path, needed="pairs")
    else:
        single(path)


TARGETS: dict[str, Callable[[Path], None]] = {
    "conversations": conversations,
    "pickles": pickles,
    "features": features,
    "settings": settings,
    "recordings": recordings,
    "corpora": corpora,
    "annotators": annotators,
    "models": folders.models,
    "adaptations": folders.adaptations,
    "runs": folders.runs,
    "stores": folders.stores,
    "results": folders.results,
}

SHARES: dict[str, float] = {
    **{"conversations": 30, "pickles": 11, "features": 4, "settings": 8, "recordings": 10, "corpora": 13},
    **{"annotators": 9, "models": 4, "adaptations": 2, "runs": 4, "stores": 3, "results": 2},
}
"""Percent of the inputs: more where more forms are read, fewer where one takes long."""
