"""Settings of backbones and objectives, checked against what their constructors take."""

from __future__ import annotations

import inspect
import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from heartsay.errors import InputError


def checked_setting(value: Any, annotation: Any, where: str, do: str) -> Any:
    """The value as a constructor wants it: a list becomes a tuple, a whole number a float; no more.

    Strict JSON is what a configuration can say: 0.5 for a float, but neither "0.5" nor true.

    Args:
        value: as a configuration says it.
        annotation: the type that the constructor names, resolved.
        where: of the error, if there is one.
        do: of the error.

    Raises:
        InputError: the value is of another type.
    """
    try:
        return TypeAdapter(annotation).validate_json(json.dumps(value), strict=True)
    except (TypeError, ValueError, ValidationError):
        expected = inspect.formatannotation(annotation).replace("typing.", "")
        raise InputError(expected=expected, found=repr(value), where=where, do=do) from None
