"""Reading a calibrator back from the mapping it was saved as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fields(data: Mapping[str, Any], method: str, *names: str) -> list[Any]:
    """Return the named values of a saved calibrator.

    Args:
        data: what `to_dict` gave, perhaps by way of JSON.
        method: the name that must stand under `method`.
        names: keys wanted, in order.

    Raises:
        ValueError: another method, or a key missing.
    """
    if data.get("method") != method:
        raise ValueError(f"expected a calibrator saved by method {method!r}, found {data.get('method')!r}")
    missing = [name for name in names if name not in data]
    if missing:
        raise ValueError(
            f"a saved {method} calibrator needs {', '.join(names)}; missing: {', '.join(missing)}"
        )
    return [data[name] for name in names]
