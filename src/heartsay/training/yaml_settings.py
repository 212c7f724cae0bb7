"""Settings read from a YAML file; what is wrong with them is said by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from heartsay.errors import InputError
from heartsay.limits import limit, raising

Settings = TypeVar("Settings", bound=BaseModel)

EXAMPLES = "write `name: value`, or `base: default` and what shall differ"


def read_settings(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds, not checked further.

    Raises:
        InputError: no readable file, not YAML, or no mapping.
    """
    import yaml

    def refused(found: str, bound: str | None = None) -> InputError:
        do = EXAMPLES if bound is None else f"{EXAMPLES}, {raising(bound)}"
        return InputError(expected="YAML", found=found, where=str(path), do=do)

    largest, deepest, most = map(limit, ("settings_bytes", "settings_depth", "settings_references"))
    try:
        with path.open("rb") as file:
            given = file.read(largest + 1)
        if len(given) > largest:
            raise refused(f"more than {largest:,} bytes", "settings_bytes")
        text = given.decode("utf-8")
        depths = accumulate((c in "[{") - (c in "]}") for c in text)
        if max(depths, default=0) > deepest:  # the parser's time grows with the square of it
            raise refused(f"brackets in brackets, more than {deepest} deep", "settings_depth")
        aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader))
        if aliases > most:  # a few share settings, many that refer to each other never end
            raise refused(f"{aliases} references to other parts, more than {most}", "settings_references")
        values: Any = yaml.safe_load(text)
    except OSError as error:
        found = error.strerror or "no readable file"
        raise InputError(expected="a YAML file", found=found, where=str(path), do="check the path") from None
    except RecursionError:
        raise refused("parts within parts, hundreds deep") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise refused(str(error).split("\n")[0][:200]) from None
    if not isinstance(values, dict):
        found = type(values).__name__
        raise InputError(expected="settings as `name: value`", found=found, where=str(path), do=EXAMPLES)
    return values


def checked(model: type[Settings], values: dict[str, Any], path: Path) -> Settings:
    """Settings of one kind.

    Args:
        model: the kind.
        values: from `read_settings`.
        path: where they are from.

    Raises:
        InputError: an unknown setting or a value out of range; names the setting and those that there are.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"]) or "settings"
        raise InputError(
            expected=first["msg"],
            found=repr(first.get("input")),
            where=f"{path}, {setting}",
            do=f"the settings are {', '.join(_siblings(model, first['loc']))}",
        ) from None


def _siblings(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """Names of the settings at the level of `place`."""
    kind: type[Any] = model
    for part in place[:-1]:
        field = kind.model_fields.get(str(part)) if issubclass(kind, BaseModel) else None
        kinds = [] if field is None else [field.annotation, *get_args(field.annotation)]
        kind = next((k for k in kinds if isinstance(k, type) and _has_settings(k)), kind)
    if issubclass(kind, BaseModel):
        return list(kind.model_fields)
    return [field.name for field in dataclasses.fields(kind)]


def _has_settings(kind: type[Any]) -> bool:
    return issubclass(kind, BaseModel) or dataclasses.is_dataclass(kind)
