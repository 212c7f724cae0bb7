"""Labelled clips for a decoder: a conflict benchmark's table with files and splits, decoded when asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from heartsay.corpora.conflict import ConflictItem
from heartsay.corpora.conflict.labels_table import NEEDED, read_labels_table
from heartsay.corpora.refusal import refuse
from heartsay.corpora.tables import read_table
from heartsay.evidence.corpus import SPLITS
from heartsay.evidence.evidence import IntArray
from heartsay.labels import LabelSpace
from heartsay.media.sound import Sound
from heartsay.media.stills import stills
from heartsay.models.hosts.questions import Clip

COLUMNS = (*NEEDED, "file", "split")
DO = "write a header with id, label, voice, face, file and split, and a row per clip"


class Decoded(NamedTuple):
    """A clip as a decoder is given it, and what its sound and its pictures say of damage."""

    id: str
    clip: Clip
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Clips:
    """Clips by split.

    Attributes:
        name: of their table.
        labels: that answers are one of.
        items: labels of each clip, by split; every one has a label as a whole.
        files: of each clip, by its id.
        unlabelled: how many clips were left out, since nobody said what they show as a whole.
    """

    name: str
    labels: LabelSpace
    items: dict[str, tuple[ConflictItem, ...]]
    files: dict[str, Path]
    unlabelled: int

    def gold(self, split: str) -> IntArray:
        """Class of each clip of a split, (N,)."""
        return self._classes([item.label for item in self.items[split]])

    def sides(self, split: str) -> tuple[IntArray, IntArray]:
        """Classes of voice and face of each clip of a split, (N,) each; -1 where nobody said."""
        voice, face = ([getattr(i, side) for i in self.items[split]] for side in ("voice", "face"))
        return self._classes(voice), self._classes(face)

    def _classes(self, names: Sequence[str | None]) -> IntArray:
        number: dict[str | None, int] = {name: k for k, name in enumerate(self.labels.names)}
        return np.array([number.get(name, -1) for name in names], np.int64)

    def speakers(self, split: str) -> list[str]:
        """Who is in each clip of a split."""
        return [item.speaker for item in self.items[split]]

    def decode(self, split: str, numbers: IntArray, pictures: int, rate: int | None) -> Iterator[Decoded]:
        """Some clips of a split, decoded one by one.

        Args:
            split: train, dev or test.
            numbers: of the clips in it.
            pictures: how many are shown of each.
            rate: samples per second of the sound; no sound is decoded if not given.

        Raises:
            InputError: a file is no film with pictures, or has no sound and sound is wanted.
            MissingDependencyError: PyAV is not installed.
        """
        for k in numbers.tolist():
            id_ = self.items[split][k].id
            samples, said = np.zeros(0, np.float32), []
            if rate is not None:
                sound = Sound(self.files[id_], rate)
                samples = np.concatenate([block.mean(0) for block in sound.blocks()])
                said = sound.warnings
            seen = stills(self.files[id_], pictures)
            yield Decoded(id_, Clip(samples, seen.pictures), tuple(dict.fromkeys([*said, *seen.warnings])))


def read_clips(path: Path) -> Clips:
    """Read a table of labelled clips.

    Args:
        path: a CSV file as of `corpora.conflict.labels_table`, with the columns `file`, from the table's own
            folder, and `split`: train, dev or test.

    Raises:
        InputError: as `read_labels_table`, another split, a speaker in two of them, a file that is not there,
            or a split without a labelled clip.
    """
    rows = {row["id"]: row for row in read_table(path, COLUMNS, DO)}
    benchmark = read_labels_table(path)
    items: dict[str, list[ConflictItem]] = {split: [] for split in SPLITS}
    place: dict[str, set[str]] = defaultdict(set)
    files: dict[str, Path] = {}
    for item in benchmark.items:
        split, file = rows[item.id]["split"], path.parent / rows[item.id]["file"]
        if split not in items:
            refuse(path, f"a split of {', '.join(SPLITS)}", f"{split!r} for {item.id}", "write one of these")
        if not file.is_file():
            refuse(path, f"the file of {item.id}", f"no {file}", "write paths from the table's own folder")
        place[item.speaker].add(split)
        if item.label is not None:
            items[split].append(item)
            files[item.id] = file
    twice = sorted(speaker for speaker, splits in place.items() if len(splits) > 1)
    if twice:
        few = ", ".join(twice[:3])
        refuse(path, "each speaker in one split", f"{len(twice)} in several ({few})", "split by speaker")
    counts = Counter({split: len(found) for split, found in items.items()})
    empty = [split for split in SPLITS if not counts[split]]
    if empty:
        refuse(path, "labelled clips in every split", f"none in {', '.join(empty)}", "add some")
    split_items = {split: tuple(found) for split, found in items.items()}
    unlabelled = len(benchmark.items) - sum(counts.values())
    return Clips(path.stem, benchmark.labels, split_items, files, unlabelled)
