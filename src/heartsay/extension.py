"""Objects of a user's own, named `module:Name`: formats, backbones, objectives, corpora."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
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
    found = _find(reference, what, lambda value: isinstance(value, kind))
    if not isinstance(found, kind):
        raise _wrong_kind(reference, found, f"an instance of {kind.__name__}", what)
    return found


def load_class(reference: str, kind: type[T], what: str) -> type[T]:
    """The subclass of `kind` that `module:Name` refers to; otherwise as `load`.

    Raises:
        InputError: as `load`.
    """
    found = _find(reference, what, lambda value: isinstance(value, type) and issubclass(value, kind))
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise _wrong_kind(reference, found, f"a subclass of {kind.__name__}", what)
    return found


def _find(reference: str, what: str, fits: Any) -> Any:
    module_name, _, name = reference.partition(":")
    if not is_reference(reference):
        raise InputError(
            expected="module:Name, such as mymodule:NAME",
            found=repr(reference[:80]),
            where=f"the reference to {what}",
            do="name the module and, after a colon, the object in it",
        )
    module = _import(module_name, reference)
    if hasattr(module, name):
        return getattr(module, name)
    others = [key for key, value in vars(module).items() if fits(value) and not key.startswith("_")]
    raise InputError(
        expected=f"{what} called {name} in {module.__file__ or module_name}",
        found=", ".join(others) if others else f"no name of the kind of {what}",
        where=repr(reference),
        do="correct the name after the colon",
    )


def _import(name: str, reference: str) -> ModuleType:
    """Import a module, first from the current folder, which then stays on the path behind all others."""
    folder = os.getcwd()  # noqa: PTH109 - sys.path holds strings
    sys.path.insert(0, folder)
    invalidate_caches()
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise InputError(
                expected=f"a module {name} in {folder} or among what is installed",
                found=f"no module {error.name}",
                where=repr(reference),
                do="run the command in the module's folder, or correct the name before the colon",
            ) from error
        raise _broken(name, reference, error) from error
    except Exception as error:  # whatever a stranger's module does when it is imported
        raise _broken(name, reference, error) from error
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)


def _broken(name: str, reference: str, error: Exception) -> InputError:
    return InputError(
        expected=f"a module {name} that can be imported",
        found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
        where=repr(reference),
        do="correct the module",
    )


def _wrong_kind(reference: str, found: Any, expected: str, what: str) -> InputError:
    kind = (
        f"the class {found.__name__}"
        if isinstance(found, type)
        else f"an object of type {type(found).__name__}"
    )
    return InputError(
        expected=f"{what}, {expected}", found=kind, where=repr(reference), do="name an object of that kind"
    )
