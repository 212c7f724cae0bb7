"""How a reader of a corpus refuses what it was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from heartsay.errors import DAMAGE, InputError

AS_PUBLISHED = "use the file as its makers published it"


def refuse(where: Path | str, expected: str, found: str, do: str = AS_PUBLISHED) -> NoReturn:
    """Raise the InputError of something that is not what it claims to be."""
    raise InputError(expected=expected, found=found, where=str(where), do=do) from None


def parsed(text: str, where: Path | str) -> Any:
    """The value of a JSON text.

    Raises:
        InputError: it is no JSON; the line is named.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        refuse(where, "JSON", f"{error.msg} at line {error.lineno}")
    except DAMAGE as error:  # a number of thousands of digits, brackets nested thousands deep
        refuse(where, "JSON", str(error)[:120])
