"""The rows of tables gathered by conversation, on all workers; what an earlier run gathered is used again."""

from __future__ import annotations

import json
from collections.abc import Sequence

from heartsay.errors import HeartsayError
from heartsay.progress import Report
from heartsay.ray.places import Place, listed, read_bytes, write_bytes
from heartsay.ray.plan import Plan
from heartsay.ray.tables import Table, Unit, gather

FEW = 50_000
"""Rows that are gathered by the one who asked: more would be felt in its memory."""


def gathered(plan: Plan, folder: Place, workers: int, report: Report) -> tuple[Place, ...]:
    """The Arrow files of a plan's tables, in the order of the rows; made where they are not there.

    Raises:
        HeartsayError: a table cannot be read, or the folder not be written.
    """
    import ray

    assert plan.table is not None  # it has tables
    table = plan.table
    there = listed(folder)
    pieces: dict[int, int] = {}
    for unit in table.units:
        note = read_bytes(folder / _note(unit)) if _note(unit) in there else None
        if note is not None:
            pieces[unit.number] = json.loads(note)
    left = [unit for unit in table.units if unit.number not in pieces]
    # Who has gathered ends with it: Arrow keeps the memory, and a worker may follow in the same process.
    gather_one = ray.remote(num_cpus=1, max_calls=1)(_gather)
    running: dict[object, Unit] = {}
    report({"message": "Gathering the rows of conversations"})
    if len(left) == 1 and table.rows <= FEW:  # sooner done than a process is started
        unit = left.pop()
        pieces[unit.number] = _or_raise(_gather(unit, table, folder))
    while left or running:
        while left and len(running) < workers:  # no more at once than are held in memory
            unit = left.pop(0)
            running[gather_one.remote(unit, table, folder)] = unit
        for reference in ray.wait(list(running), num_returns=1)[0]:
            unit = running.pop(reference)
            try:
                found = ray.get(reference)
            except ray.exceptions.RayError as error:
                raise HeartsayError(
                    f"{unit.path}: the worker that gathered its rows died:"
                    f" {' '.join(str(error).split())[-200:]}. Add --resume to go on."
                ) from error
            pieces[unit.number] = _or_raise(found)
            counts = {"done": len(pieces), "of": len(table.units), "unit": "pieces of tables"}
            report({"message": "Gathering the rows of conversations", **counts})
    return pieces_of_units(table.units, pieces, folder)


def pieces_of_units(units: Sequence[Unit], pieces: dict[int, int], folder: Place) -> tuple[Place, ...]:
    """The files of units in their order, by how many each has."""
    return tuple(
        folder / f"{unit.number:06d}-{piece:03d}.arrow"
        for unit in units
        for piece in range(pieces[unit.number])
    )


def _gather(unit: Unit, table: Table, folder: Place) -> int | str:
    """On a worker: how many files were made, or what is wrong."""
    try:
        made = gather(unit, table, folder)
        write_bytes(folder / _note(unit), json.dumps(made).encode())
    except HeartsayError as error:
        return str(error)
    return made


def _or_raise(found: int | str) -> int:
    if isinstance(found, str):
        raise HeartsayError(found)
    return found


def _note(unit: Unit) -> str:
    return f"{unit.number:06d}.json"
