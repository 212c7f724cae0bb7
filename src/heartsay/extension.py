"""Objects of a user's own, named `module:Name`: formats, backbones, objectives, corpora."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module, invalidate_caches
from types import ModuleType
from typing import Any, TypeVar

from heartsay.errors import InputError

T = TypeVar("T")


def is_reference(text: str) -> bool:
    """Whether a text is of the form `module:Name` or `package.module:Name`."""
    module, colon, name = text.partition(":")
    return bool(colon) and name.isidentifier() and all(part.isidentifier() for part in module.split("."))


def unknown_name(name: str, known: Iterable[str], what: str) -> InputError:
    """The error for a name that is none of those known; `what` is the noun with its article: "a format"."""
    return InputError(
        expected=f"{what} out of {', '.join(known)}, or one of your own as module:NAME",
        found=repr(name[:60]),
        where=f"the name of {what}",
        do="choose one of these",
    )


def load(reference: str, kind: type[T], what: str) -> T:
    """The instance of `kind` that `module:Name` refers to; the module may lie in the current folder.

    Args:
        reference: `module:Name` or `package.module:Name`.
        kind: what it must be an instance of.
        what: the noun for it in messages, with its article: "a format".

    Raises:
        InputError: no such module, one that fails when it is imported, no such name, or another kind.
    """
    found: T = _find(
        reference, what, lambda value: isinstance(value, kind), f"an instance of {kind.__name__}"
    )
    return found


def load_class(reference: str, kind: type[T], what: str) -> type[T]:
    """The subclass of `kind` that `module:Name` refers to; otherwise as `load`.

    Raises:
        InputError: as `load`.
    """

    def fits(value: Any) -> bool:
        return isinstance(value, type) and issubclass(value, kind)

    found: type[T] = _find(reference, what, fits, f"a subclass of {kind.__name__}")
    return found


def _find(reference: str, what: str, fits: Callable[[Any], bool], expected: str) -> Any:
    module_name, _, name = reference.partition(":")
    if not is_reference(reference):
        raise InputError(
            expected="module:Name, such as mymodule:NAME",
            found=repr(reference[:80]),
            where=f"the reference to {what}",
            do="name the module and, after a colon, the object in it",
        )
    module = _import(module_name, reference)
    try:
        found = getattr(module, name, None)
    except Exception as error:  # a module can answer for its names itself
        raise _failed(module_name, reference, error) from error
    if found is None:
        others = [key for key, value in vars(module).items() if fits(value) and not key.startswith("_")]
        raise InputError(
            expected=f"{what} called {name} in {module.__file__ or module_name}",
            found=", ".join(others) if others else f"no name of the kind of {what}",
            where=repr(reference),
            do="correct the name after the colon",
        )
    if not fits(found):
        of = (
            f"the class {found.__name__}"
            if isinstance(found, type)
            else f"an object of type {type(found).__name__}"
        )
        raise InputError(
            expected=f"{what}, {expected}", found=of, where=repr(reference), do="name an object of that kind"
        )
    return found


def _import(name: str, reference: str) -> ModuleType:
    """Import a module, first from the current folder, which then stays on the path behind all others."""
    folder = os.getcwd()  # noqa: PTH109 - sys.path holds strings
    sys.path.insert(0, folder)
    invalidate_caches()
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:  # whatever a stranger's module does when it is imported
        lacking = error.name if isinstance(error, ModuleNotFoundError) else None
        if lacking and f"{name}.".startswith(f"{lacking}."):
            raise InputError(
                expected=f"a module {name} in {folder} or among what is installed",
                found=f"no module {lacking}",
                where=repr(reference),
                do="run the command in the module's folder, or correct the name before the colon",
            ) from error
        raise _failed(name, reference, error) from error
    finally:
        if folder in sys.path:  # the module may have taken it away
            sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)


def _failed(name: str, reference: str, error: BaseException) -> InputError:
    return InputError(
        expected=f"a module {name} that can be imported",
        found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
        where=repr(reference),
        do="correct the module",
    )
