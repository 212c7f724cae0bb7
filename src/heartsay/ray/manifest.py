"""What a folder holds: the notes of finished partitions while a run goes, and the manifest at its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from heartsay import __version__
from heartsay.errors import HeartsayError
from heartsay.ray.places import Place, listed, read_bytes, write_bytes
from heartsay.ray.plan import Plan
from heartsay.ray.worker import NOTES, PARTITIONS, Done

NAME, MEASURED = "manifest.json", "measured.json"

_MEASURED = ("seconds", "processor_seconds", "megabytes")
"""What differs from run to run, and is no part of the manifest."""


def finished(out: Place, of: int) -> dict[int, Done]:
    """The partitions of a folder that are whole, by number.

    One whose note is not there, or whose file has another size than its note says, is not.

    Raises:
        HeartsayError: the folder cannot be read, or holds what no run of this version wrote.
    """
    sizes = listed(out / PARTITIONS)
    noted = [name for name in listed(out / NOTES) if name.endswith(".json") and name[:-5].isdigit()]
    try:
        # A run that came to its end has its notes in the manifest.
        content = read_bytes(out / NAME)
        rows = [] if content is None else json.loads(content)["partitions"]
        with ThreadPoolExecutor(8) as pool:
            contents = pool.map(lambda name: read_bytes(out / NOTES / name), noted)
            rows += [json.loads(content) for content in contents if content is not None]
        found = [Done(**row) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise HeartsayError(
            f"{out} holds notes that this version did not write; name another folder with --out."
        ) from error
    whole = {done.number: done for done in found if sizes.get(partition(done.number)) == done.bytes}
    return {number: whole[number] for number in sorted(whole) if number < of}


def partition(number: int) -> str:
    """The name of a partition's file."""
    return f"part-{number:06d}.parquet"


def write(out: Place, plan: Plan, done: Mapping[int, Done], failed: Mapping[int, str]) -> None:
    """Write the manifest, and beside it what partitions took.

    Raises:
        HeartsayError: it cannot be written.
    """
    import ray

    partitions: list[dict[str, Any]] = [
        {name: value for name, value in vars(each).items() if name not in _MEASURED} for each in done.values()
    ]
    content = {
        "manifest": 1,
        "heartsay": __version__,
        "ray": ray.__version__,
        "settings": plan.settings,
        "complete": len(done) == len(plan.lines),
        "missing": [number for number in range(len(plan.lines)) if number not in done],
        "failed": {str(number): reason for number, reason in sorted(failed.items())},
        "conversations": sum(each.conversations for each in done.values()),
        "utterances": sum(each.utterances for each in done.values()),
        "failures": sum(len(each.failures) for each in done.values()),
        "set_aside": [name for each in done.values() for name in each.set_aside],
        "partitions": partitions,
    }
    measured = json.loads(read_bytes(out / MEASURED) or b"{}")
    measured |= {
        str(number): {name: getattr(each, name) for name in _MEASURED}
        for number, each in done.items()
        if each.seconds  # else an earlier run has measured it
    }
    write_bytes(out / MEASURED, json.dumps(measured).encode())
    write_bytes(out / NAME, json.dumps(content, indent=1, ensure_ascii=False).encode())
