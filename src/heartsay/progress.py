"""How work that takes long says how far it is: rows handed to whoever draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, TypeVar

Row = dict[str, Any]

Report = Callable[[Row], None]
"""Called with rows of some of these keys: `message`, what is done now; `done` and `of`, or `epoch`, `step`
and `steps`, how far that is; `unit`, what is counted; `left`, seconds that the rest takes, if the pace so far
does not tell. With `epoch` but no `step` it has metrics."""

Item = TypeVar("Item")


def silent(_: Row) -> None:
    """Report to nobody."""


def track(
    items: Iterable[Item], message: str, report: Report, unit: str = "", of: int | None = None
) -> Iterator[Item]:
    """Hand out items one after the other, and report how many are done; `of` is for items without length."""
    row: Row = {"message": message, "unit": unit, "of": len(items) if isinstance(items, Sized) else of}
    report({**row, "done": 0})
    for done, item in enumerate(items, 1):
        yield item
        report({**row, "done": done})
