"""What one run of the study does: write a sentence for every clip of the development and the test part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from heartsay.atomic import write_text
from heartsay.corpora import ecem
from heartsay.corpora.ecem import Ecem, Explained
from heartsay.experiments.mecec.writers import Writers, Written
from heartsay.experiments.study import Place, Run

PARTS = ("dev", "test")
"""The parts that are written for."""


def sentences_file(run: Run, place: Place, part: str) -> Path:
    """Where a run keeps what it wrote: in its folder, which is never committed."""
    return run.folder(place.work) / f"{part}.jsonl"


def do(run: Run, place: Place) -> None:
    """Write the sentences of a run."""
    data = corpus()
    writer = _writers().writer(run.method)
    for part in PARTS:
        save(run, place, part, [writer(row) for row in rows_of(data, part)])


def rows_of(data: Ecem, part: str) -> Sequence[Explained]:
    """The clips of a part."""
    return {"dev": data.dev, "test": data.test}[part]


def save(run: Run, place: Place, part: str, written: Sequence[Written]) -> None:
    """Keep what was written, a line a clip."""
    path = sentences_file(run, place, part)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, (json.dumps(row._asdict(), ensure_ascii=False) + "\n" for row in written))


def load(run: Run, place: Place, part: str) -> Iterator[Written]:
    """What a run wrote."""
    for line in sentences_file(run, place, part).read_text("utf-8").splitlines():
        row = json.loads(line)
        yield Written(row["clip"], row["text"], tuple(row["cites"]))


@cache
def corpus() -> Ecem:
    """ECEM in parts, read once a process."""
    return ecem.split()


@cache
def _writers() -> Writers:
    return Writers(corpus())
