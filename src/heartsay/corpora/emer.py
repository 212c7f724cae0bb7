"""EMER: clips of MER2023 with a description in words of what they show and from which clues one can tell.

Lian et al., "Explainable Multimodal Emotion Reasoning", arXiv 2306.15401. The descriptions are at
https://github.com/zeroQiaoba/AffectGPT (`EMER/`), the clips themselves are MER2023's, under its agreement. As
published: version 1 has 100 clips that are not neutral, version 2 has 332.

Files: of version 1 `gt-eng.csv` and `gt-chi.csv` with the columns names, emotions, subtitles and reasons; of
version 2 `final-EMER-reason.csv` with names, chinese and english. Its own score lets a language model judge
from 0 to 10 how far an answer's clues and labels overlap with these. It drifts with the judge's version, so
it is not computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from heartsay.corpora.mer2023 import LABELS
from heartsay.corpora.refusal import refuse
from heartsay.corpora.tables import read_table

Language = Literal["english", "chinese"]

VERSION_1 = {"english": "gt-eng.csv", "chinese": "gt-chi.csv"}
VERSION_2 = "final-EMER-reason.csv"

EXPECTED = {1: 100, 2: 332}
"""Clips of each version."""

DO = "give the folder or the table as its makers hand it out"


@dataclass(frozen=True, slots=True)
class DescribedClip:
    """One clip.

    Attributes:
        name: of its video in MER2023.
        description: what it shows, and from which clues one can tell.
        emotion: its label in MER2023, out of `mer2023.LABELS`; None in version 2, which repeats none.
        words: what is said, corrected by hand; None in version 2.
    """

    name: str
    description: str
    emotion: str | None = None
    words: str | None = None


def read_emer(path: Path, language: Language = "english") -> list[DescribedClip]:
    """The clips of a version in the order of its table.

    Args:
        path: a table, or a folder that holds one; version 2 where it holds both.
        language: of the descriptions.

    Raises:
        InputError: no such table, a column or a description is missing, a clip twice, or a label that is
            none.
    """
    if path.is_dir():
        wanted = (VERSION_2, VERSION_1[language])
        found = [table for name in wanted for table in sorted(path.rglob(name))]
        if not found:
            refuse(path, " or ".join(wanted), "neither", DO)
        path = found[0]
    second = path.name == VERSION_2
    needed = ("names", language) if second else ("names", "emotions", "subtitles", "reasons")
    clips: dict[str, DescribedClip] = {}
    for row in read_table(path, needed, DO):
        name, description = row["names"], row[language if second else "reasons"].strip()
        if name in clips:
            refuse(f"{path}, clip {name}", "each clip once", "it twice", "remove one of the two rows")
        if not description:
            refuse(f"{path}, clip {name}", "a description", "none", DO)
        if second:
            clips[name] = DescribedClip(name, description)
            continue
        emotion = row["emotions"].strip()
        if emotion not in LABELS.names:
            refuse(f"{path}, clip {name}", f"an emotion out of {', '.join(LABELS)}", repr(emotion), DO)
        clips[name] = DescribedClip(name, description, emotion, row["subtitles"].strip() or None)
    return list(clips.values())
