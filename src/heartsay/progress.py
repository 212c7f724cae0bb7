"""How work that takes long says how far it is: rows handed to whoever draws them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar

Row = dict[str, Any]

Report = Callable[[Row], None]
"""Called with rows of some of these keys: `message`, what is done now; `done` and `of`, or `epoch`, `step`
and `steps`, how far that is; `unit`, what is counted. With `epoch` but no `step` it has metrics."""

Item = TypeVar("Item")


def silent(_: Row) -> None:
    """Report to nobody."""


def track(items: Collection[Item], message: str, report: Report, unit: str = "") -> Iterator[Item]:
    """Hand out items one after the other, and report how many of them are done."""
    row: Row = {"message": message, "unit": unit, "of": len(items)}
    for done, item in enumerate(items):
        report({**row, "done": done})
        yield item
    report({**row, "done": len(items)})
