"""Reading a calibrator back from the mapping it was saved as."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def fields(data: Mapping[str, Any], method: str, *names: str) -> list[Any]:
    """Return the named values of a saved calibrator.

    Args:
        data: what `to_dict` gave, perhaps by way of JSON.
        method: the name that must stand under `method`.
        names: keys wanted, in order.

    Raises:
        ValueError: not a mapping, another method, or a key missing.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"expected a saved {method} calibrator, a mapping, found {type(data).__name__}")
    if data.get("method") != method:
        raise ValueError(f"expected a calibrator saved by method {method!r}, found {data.get('method')!r}")
    missing = [name for name in names if name not in data]
    if missing:
        raise ValueError(
            f"a saved {method} calibrator needs {', '.join(names)}; missing: {', '.join(missing)}"
        )
    return [data[name] for name in names]


def number(value: object, name: str) -> float:
    """Return a saved number, finite.

    Raises:
        ValueError: something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} of a saved calibrator must be a finite number, not {value!r}")
    return float(value)


def numbers(values: object, name: str) -> tuple[float, ...]:
    """Return a saved list of numbers.

    Raises:
        ValueError: not a list, or something else in it.
    """
    if not isinstance(values, list | tuple):
        raise ValueError(f"{name} of a saved calibrator must be a list of numbers, not {values!r}")
    return tuple(number(value, name) for value in values)
