"""Calibrators as mappings that JSON can hold, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, ClassVar, Self, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Saved:
    """A calibrator whose fields are numbers, names, other calibrators, None, or tuples of these.

    A field whose default is None may be absent from what was saved, and is absent where it is None.
    """

    method: ClassVar[str] = ""
    """What a saved mapping has under `method`; nothing for one that is made of others."""

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that JSON can hold and `from_dict` reads back exactly."""
        found: dict[str, Any] = {"method": self.method} if self.method else {}
        values = {field: getattr(self, field.name) for field in fields(self)}
        found |= {f.name: _plain(x) for f, x in values.items() if not (x is None and f.default is None)}
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` gave.

        Raises:
            ValueError: not a mapping, another method, a key missing, or values that do not fit.
        """
        if not isinstance(data, Mapping):
            raise ValueError(f"expected a saved {cls.__name__}, a mapping, found {type(data).__name__}")
        if cls.method and data.get("method") != cls.method:
            raise ValueError(
                f"expected a calibrator saved by method {cls.method!r}, found {data.get('method')!r}"
            )
        kinds = get_type_hints(cls)
        require(data, [f.name for f in fields(cls) if f.default is not None], f"a saved {cls.__name__}")
        return cls(**{f.name: _restored(data.get(f.name), kinds[f.name], f.name) for f in fields(cls)})


def require(data: Mapping[str, Any], names: Iterable[str], what: str) -> None:
    """Raise a ValueError that lists the names which a saved mapping lacks."""
    if missing := [name for name in names if name not in data]:
        raise ValueError(f"{what} needs {', '.join(names)}; missing: {', '.join(missing)}")


def _plain(value: Any) -> Any:
    if isinstance(value, Saved):
        return value.to_dict()
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _restored(value: Any, kind: Any, name: str) -> Any:
    """A value of a saved mapping as the field of that type has it."""
    if get_origin(kind) is UnionType:  # of something and None
        if value is None:
            return None
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name} of a saved calibrator must be a list, not {value!r}")
        return tuple(_restored(part, get_args(kind)[0], name) for part in value)
    if is_dataclass(kind):
        return kind.from_dict(value)  # type: ignore[union-attr]
    if kind is str:
        if not isinstance(value, str):
            raise ValueError(f"{name} of a saved calibrator must be a name, not {value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} of a saved calibrator must be a finite number, not {value!r}")
    return kind(value)
