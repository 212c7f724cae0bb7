"""What one run of the study does: write a sentence for every clip of the development and the test part."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path

from heartsay.atomic import write_text
from heartsay.corpora import ecem
from heartsay.corpora.ecem import Ecem, Explained
from heartsay.experiments.mecec import faces, language
from heartsay.experiments.mecec.plan import ARMS, PARTS, TUNED, runs
from heartsay.experiments.mecec.writers import Writers, Written
from heartsay.experiments.study import Place, Run


def sentences_file(run: Run, place: Place, part: str) -> Path:
    """Where a run keeps what it wrote: in its folder, which is never committed."""
    return run.folder(place.work) / f"{part}.jsonl"


def do(run: Run, place: Place, read: Collection[str] = PARTS) -> None:
    """Write the sentences of a run for the parts that are read."""
    data, arm = corpus(), ARMS[run.method]
    needed = {other.method: other for other in needs(run)}
    if arm.kind == "face network":
        faces.train(language.training_folder(run, place), run.seed)
    for part in (part for part in arm.parts if part in read):
        rows = rows_of(data, part)
        if arm.kind == "language model":
            written = language.write(run, needed, place, data, rows)
        elif arm.kind == "rewriter":
            written = language.rewrite(_writers(), rows, list(load(needed[TUNED], place, part)))
        else:
            written = list(map(_writers().writer(run.method), rows))
        save(run, place, part, written)


def needs(run: Run) -> list[Run]:
    """The runs whose sentences or weights a run looks at."""
    return [r for r in runs() if r.method in ARMS[run.method].needs and r.seed == run.seed]


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
        yield Written(row["clip"], row["text"], tuple(row["cites"]), row.get("note", ""))


@cache
def corpus() -> Ecem:
    """ECEM in parts, read once a process."""
    return ecem.split()


@cache
def _writers() -> Writers:
    return Writers(corpus())
