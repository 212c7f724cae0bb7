"""What runs on a worker: one model, which takes one partition after the other from its plan to its file."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay.analysis import Analysis
from heartsay.batch import Settings, analyze_items
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError, InputError
from heartsay.formats import ReadFailure
from heartsay.formats.analyses.parquet_table import Kept, write_parquet
from heartsay.limits import change
from heartsay.pipeline import load_model
from heartsay.ray.places import Place, put_file, write_bytes
from heartsay.ray.plan import Part, part_at
from heartsay.ray.reading import How, Item, Piece, UnlikeError, pieces_of
from heartsay.ray.tries import ALLOWED, Tries, loading

if TYPE_CHECKING:
    from heartsay.runtime import Bundle

PARTITIONS, NOTES, TRIES, GATHERED = "partitions", "notes", "tries", "gathered"

SAMPLE = 5
"""Warnings of a partition that are listed; all are counted."""


@dataclass(frozen=True)
class Job:
    """What every worker is told; can be sent to another machine.

    Attributes:
        out: folder of the outputs.
        model: its name or folder, there as here.
        fingerprint: of the model.
        settings: of the analysis.
        how: inputs are read.
        gathered: the files of the tables' rows.
        kept: the columns that are handed on, as an Arrow schema, or None.
    """

    out: Place
    model: str | None
    fingerprint: str
    settings: Settings
    how: How
    gathered: tuple[Place, ...] = ()
    kept: Any = None


@dataclass
class Done:
    """What a partition came to, as its note says it; what is `set_aside` is among the failures too."""

    number: int
    conversations: int = 0
    utterances: int = 0
    left_open: int = 0
    warned: int = 0
    warnings: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    bytes: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    megabytes: float = 0.0

    def count(self, result: tuple[Conversation, Analysis] | ReadFailure) -> None:
        """Take in one more result."""
        if isinstance(result, ReadFailure):
            text = (result.path, str(result.error))
            self.failures.append(tuple(part.encode("utf-8", "backslashreplace").decode() for part in text))  # type: ignore[arg-type]
            return
        analysis = result[1]
        self.conversations += 1
        self.utterances += len(analysis.utterances)
        self.left_open += sum(u.emotion.abstain for u in analysis.utterances)
        if analysis.warnings:
            self.warned += 1
            if len(self.warnings) < SAMPLE:
                self.warnings.append(f"{analysis.conversation}: {analysis.warnings[0]}")


class Worker:
    """One model, in a process of its own.

    Args:
        job: what to do, as far as that is known before tables are gathered.
    """

    def __init__(self, job: Job) -> None:
        self._problem: str | None = None
        name = job.model or "default"
        try:
            model = loading(job.out / TRIES, _own_name(), partial(_load, job))
        except HeartsayError as error:
            self._problem = f"a worker cannot load the model: {error}"
            return
        if model is None:
            self._problem = (
                f"a worker on {socket.gethostname()} died {ALLOWED} times while it loaded the model {name};"
                " it may have too little memory or another kind of processor: try `heartsay analyze` there"
                " without --engine, start fewer workers, and add --resume once that is mended."
            )
        elif model.fingerprint != job.fingerprint:
            self._problem = (
                f"the model {name} of a worker is another than this machine's; lay the same files on every"
                " machine."
            )
        else:
            self._model = model

    def make(self, offset: int, length: int, job: Job) -> dict[str, Any]:
        """Make the partition of a line of the plan; gives its note, or a problem."""
        if self._problem is not None:
            return {"problem": self._problem}
        number = -1
        try:
            part = part_at(job.out, offset, length)
            number = part.number
            return vars(make_partition(part, job, self._model))
        except UnlikeError as error:
            return {"problem": str(error)}
        except HeartsayError as error:
            return {"number": number, "failed": str(error)}
        except Exception as error:  # of this partition, and of no other
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            return {"number": number, "failed": f"{said}; report this with the inputs."}


def _load(job: Job) -> Bundle:
    change(**job.settings.limits)
    return load_model(job.model)


def _own_name() -> str:
    """Of the worker that this is, which it keeps when Ray starts it again."""
    import ray

    actor = ray.get_runtime_context().get_actor_id() if ray.is_initialized() else None
    return actor or "alone"


def make_partition(part: Part, job: Job, model: Bundle) -> Done:
    """Read and analyse what a partition is made of, and write it and its note.

    Raises:
        HeartsayError: it cannot be written, or was begun too often.
    """
    begun, processor = time.monotonic(), time.process_time()
    done = Done(part.number)
    tries = Tries(job.out / TRIES, part.number)
    values: dict[tuple[str, str], Sequence[Any]] = {}
    pieces = pieces_of(part, job.how, job.gathered, values)
    items = _carefully(pieces, tries, done) if tries.before else (i for _, read in pieces for i in read())

    def analyses() -> Iterator[Analysis]:
        # By itself, whatever dies with a conversation names it; the numbers are the same.
        streams = ([item] for item in items) if tries.before else [items]
        for stream in streams:
            for result in analyze_items(stream, model, job.settings):
                done.count(result)
                if not isinstance(result, ReadFailure):
                    yield result[1]

    kept = None if job.kept is None else Kept(job.kept, values)
    place = job.out / PARTITIONS / f"part-{part.number:06d}.parquet"
    local = place.local
    if local is not None:
        local.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(analyses(), local, kept)
        done.bytes = local.stat().st_size
    else:
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch, "part.parquet")
            write_parquet(analyses(), made, kept)
            done.bytes = made.stat().st_size
            put_file(made, place)
    done.seconds = round(time.monotonic() - begun, 3)
    done.processor_seconds = round(time.process_time() - processor, 3)
    done.megabytes = _megabytes()
    write_bytes(job.out / NOTES / f"{part.number:06d}.json", json.dumps(vars(done)).encode())
    tries.forget()
    return done


def _carefully(pieces: Iterator[Piece], tries: Tries, done: Done) -> Iterator[Item]:
    """What pieces hold, one after the other; what has killed its workers is set aside by name."""
    for name, read in pieces:
        if not tries.allowed("read", name):
            yield _set_aside(name, "reading it", done)
            continue
        items = list(read())  # whole, so that what kills a worker later is not laid to the reading
        tries.survived("read", name)
        for item in items:
            if isinstance(item, ReadFailure):
                yield item
            elif tries.allowed("analyse", item.id):
                yield item
                tries.survived("analyse", item.id)  # the next one is asked for
            else:
                yield _set_aside(item.id, "analysing it", done)


def _set_aside(name: str, doing: str, done: Done) -> ReadFailure:
    done.set_aside.append(name)
    error = InputError(
        expected="a conversation that a worker survives",
        found=f"one at which two workers died, {doing}",
        where=name,
        do="look at it by itself: it may need more memory than a worker has",
    )
    return ReadFailure(name, error)


def _megabytes() -> float:
    """The most memory that this process has held so far."""
    try:
        import resource
    except ImportError:  # not on this system
        return 0.0
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10, 1)
