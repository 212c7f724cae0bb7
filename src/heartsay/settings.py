"""Settings of backbones and objectives, checked against what their constructors take."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from heartsay.errors import InputError

Options = Mapping[str, inspect.Parameter]
"""What a constructor takes by name, with annotations resolved."""


def constructor_options(kind: Any, skip: int) -> dict[str, inspect.Parameter]:
    """What a class's constructor takes after `self` and so many further arguments, which are no settings.

    Raises:
        InputError: an annotation cannot be resolved.
    """
    try:
        types = typing.get_type_hints(kind.__init__)
    except NameError as error:
        raise InputError(
            expected="annotations whose names the module knows when it runs",
            found=str(error),
            where=f"the constructor of {kind.__name__}",
            do="import the name outside TYPE_CHECKING",
        ) from error
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1 + skip :]
    return {p.name: p.replace(annotation=types.get(p.name, Any)) for p in parameters}


def checked_settings(given: Mapping[str, Any], options: Options, where: str) -> dict[str, Any]:
    """The settings as a constructor wants them.

    Args:
        given: as a configuration says them; what is not given keeps its default.
        options: what the constructor takes.
        where: what it constructs, such as "backbone m3net".

    Raises:
        InputError: no setting of that name, none where one is needed, or a value of another type; lists those
            there are.
    """
    shown = [p.name if p.default is p.empty else f"{p.name} ({p.default!r})" for p in options.values()]
    do = f"the settings of {where.partition(' ')[2]} are {', '.join(shown) or 'none'}"
    for name in sorted(set(given) - set(options)):
        kind = where.partition(" ")[0]
        raise InputError(expected=f"settings that the {kind} has", found=repr(name), where=where, do=do)
    for option in options.values():
        if option.name not in given and option.default is option.empty:
            raise InputError(expected=f"the setting {option.name}", found="none", where=where, do=do)
    return {
        name: _checked(value, options[name].annotation, f"{where}, {name}", do)
        for name, value in given.items()
    }


def _checked(value: Any, annotation: Any, where: str, do: str) -> Any:
    """A list becomes a tuple, a whole number a float; no more.

    Strict JSON is what a configuration can say: 0.5 for a float, but neither "0.5" nor true.
    """
    try:
        return TypeAdapter(annotation).validate_json(json.dumps(value), strict=True)
    except (TypeError, ValueError, ValidationError):
        expected = inspect.formatannotation(annotation).replace("typing.", "")
        raise InputError(expected=expected, found=repr(value), where=where, do=do) from None
