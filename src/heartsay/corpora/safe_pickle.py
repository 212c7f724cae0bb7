"""Pickles without the danger: arrays, containers, text and numbers, and nothing that could run.

A pickle is a program that may call whatever it names. This reader hands it a short list of names, each bound
to a function of this file that builds data and nothing else; any other name is refused before anything is
called. Array contents are never given to numpy's own unpickling: type, shape and bytes are checked against
each other and the array is built here. Files of Python 2 are read as latin-1, as their loaders do.
"""

from __future__ import annotations

import io
import math
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np

from heartsay.corpora.refusal import refuse
from heartsay.errors import InputError
from heartsay.limits import limit, raising

SPARE = 1 << 20
"""What may be made of a file beyond twice its own size by the names that it may call: real ones make less."""

_TYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|O[48]?|[SU]\d{1,6})")
_ATOMS = frozenset({str, bytes, int, float, bool, type(None), np.ndarray})
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_TUPLES = frozenset({"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET"})
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")
_BUILTINS = ("builtins", "__builtin__")


def load_pickle(path: Path) -> Any:
    """Read a pickle of arrays, dicts, lists, tuples, sets, text, bytes, numbers and None.

    Subclasses of dict come out as dict, numpy scalars as Python's, arrays as they are, possibly read-only.

    Args:
        path: the file; how large it may be is said by the limits `pickle_bytes`, `pickle_depth` (feature
            files have three levels) and `pickle_parts` of a tuple, which as a key is looked at as often.

    Raises:
        InputError: no such file, not a pickle, too large, damaged, or one that names anything else (the
            message gives its name). Nothing of it is executed.
    """
    data = _content(path)
    _check_program(data, path)
    try:
        return _settled(_Unpickler(data, path).load(), {}, 0)
    except InputError:
        raise
    except Exception as error:  # a damaged pickle can end in almost any of them
        first = (str(error).splitlines() or [""])[0]
        _refuse(path, f"{type(error).__name__} while reading it ({first[:80]})")


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > (most := limit("pickle_bytes")):
            _refuse(path, f"{size} bytes, more than {most}", "pickle_bytes")
        data = path.read_bytes()
    except OSError as error:
        _refuse(path, error.strerror or "no readable file")
    if not data:
        _refuse(path, "an empty file")
    return data


def _check_program(data: bytes, path: Path) -> None:
    """Walk over the whole program without running it: it must be well-formed, and ask for nothing huge.

    A few bytes may tell the unpickler to reserve room for billions of remembered objects; a memo that is
    larger than the file has bytes is no memo of a real pickle. Tuples of twice the same tuple double with
    every few bytes what looking at one as a key takes. Stated sizes of strings are checked against the bytes
    that are there in the same walk.
    """
    import pickletools

    walk, widest = _Widths(), limit("pickle_parts")
    try:
        for code, argument, _ in pickletools.genops(data):
            if code.name in _PUTS and isinstance(argument, int) and argument > len(data):
                _refuse(path, f"a memo of {argument} objects in {len(data)} bytes")
            if walk.step(code, argument) > widest:
                found = f"a tuple that holds more than {widest:,} parts, counted wherever they stand"
                _refuse(path, found, "pickle_parts")
    except InputError:
        raise
    except Exception as error:  # genops raises ValueError for most damage, others for the rest
        start = data[:12].decode("ascii", "replace")
        _refuse(path, f"what is no pickle, or half of one, starting with {start!r} ({str(error)[:80]})")


class _Widths:
    """The stack of the unpickler, with the number of parts of each tuple in its place; else 1."""

    def __init__(self) -> None:
        self.stack: list[int | None] = []  # None for a mark
        self.memo: dict[int, int] = {}

    def step(self, code: Any, argument: Any) -> int:
        """Follow one operation; the parts of what is then on top."""
        from pickletools import markobject, stackslice

        name = code.name
        if name in _PUTS or name == "MEMOIZE":
            self.memo[len(self.memo) if name == "MEMOIZE" else int(argument)] = self._top()
            return self._top()
        if name in _GETS:
            self.stack.append(self.memo.get(int(argument), 1))
            return self._top()
        before, taken = list(code.stack_before), []
        if markobject in before:
            while self.stack and (part := self.stack.pop()) is not None:
                taken.append(part)
            before = before[: before.index(markobject)]
        taken += [self.stack.pop() or 1 for kind in before if kind is not stackslice and self.stack]
        made = 1 + sum(taken) if name in _TUPLES else 1
        self.stack += [None if kind is markobject else made for kind in code.stack_after]
        return self._top()

    def _top(self) -> int:
        return (self.stack[-1] or 1) if self.stack else 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, path: Path) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self.path = path
        # Made for this one file: a pickle may hang attributes on what it is given.
        self.known = _names(_Budget(2 * len(data) + SPARE))

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.known[module, name]
        except KeyError:
            _refuse(self.path, f"the name {module}.{name}, which is neither")

    def persistent_load(self, pid: Any) -> NoReturn:
        _refuse(self.path, "a reference to an object outside the file")


class _Budget:
    """How much more may be made by calling the names that a pickle may call."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, size: int) -> None:
        """Take from it.

        Raises:
            ValueError: nothing is left.
        """
        self.left -= size
        if self.left < 0:
            raise ValueError("much more than the file itself holds")


class _Type:
    """Stands for a numpy dtype until its byte order is known."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        if not _TYPE.fullmatch(code):
            raise ValueError(f"an array of the type {code[:20]!r}")
        self.code, self.order = code.lstrip("<>|="), code[0] if code[0] in "<>|=" else "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
            raise ValueError("an array of records")
        self.order = state[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.code) if self.code[0] != "O" else np.dtype(object)


class _Array:
    """Stands for an array until all that it holds has come.

    Attributes:
        value: the array; of objects, their list, until `_settled` is there.
        shape: of an array of objects.
    """

    __slots__ = ("budget", "order", "shape", "value")

    def __init__(self, budget: _Budget) -> None:
        self.budget = budget
        self.value: np.ndarray[Any, Any] | list[Any] | None = None
        self.shape: tuple[int, ...] = ()
        self.order: Literal["C", "F"] = "C"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.shape, type_, fortran, content = state[-4:]
        self.order = "F" if fortran else "C"
        if isinstance(type_, _Type) and type_.dtype.kind == "O":
            if not isinstance(content, list) or len(content) != math.prod(_checked(self.shape)):
                raise ValueError(f"an array of the shape {self.shape} with other content")
            self.value = content
        else:
            self.value = _array(content, type_, self.shape, self.order, self.budget)


def _checked(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError("an array without a shape")
    return shape


def _array(content: Any, type_: Any, shape: Any, order: str, budget: _Budget) -> np.ndarray[Any, Any]:
    """An array from its parts; the content must have exactly the size that type and shape ask for."""
    if not isinstance(type_, _Type) or type_.dtype.kind == "O":
        raise ValueError("an array without a type")
    if not isinstance(content, (str, bytes, bytearray)):
        raise ValueError("an array whose content is no bytes")
    count, dtype = math.prod(_checked(shape)), type_.dtype
    if len(content) != count * dtype.itemsize:
        raise ValueError(f"an array of the shape {shape} with {len(content)} bytes")
    if not isinstance(content, bytes):
        budget.spend(len(content))
    data = content.encode("latin1") if isinstance(content, str) else bytes(content)
    flat = np.frombuffer(data, dtype) if data else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C")


def _names(budget: _Budget) -> Mapping[tuple[str, str], object]:
    """What a pickle may name, each as a function that builds data, or as a mark that stands for a class."""
    array, list_ = object(), object()

    def reconstruct(kind: object, shape: object, code: object) -> _Array:
        if kind is not array:
            raise ValueError("an array of a class of its own")
        return _Array(budget)

    def type_of(code: str, align: object = False, copy: object = True) -> _Type:
        return _Type(code)

    def scalar(type_: Any, content: Any = None) -> Any:
        if isinstance(type_, _Type) and type_.code[0] == "O":
            return content
        return _array(content, type_, (), "C", budget).item()

    def from_buffer(content: Any, type_: Any, shape: tuple[int, ...], order: str) -> np.ndarray[Any, Any]:
        return _array(content, type_, shape, order, budget)

    def encode(text: str, encoding: str) -> bytes:
        budget.spend(len(text))
        return text.encode({"latin1": "latin1", "latin-1": "latin1"}[encoding])

    def mapping(*parts: Any) -> dict[Any, Any]:
        given = [part for part in parts if part is not list_]
        budget.spend(sum(map(len, given)))
        return dict(*given)

    def collected(kind: Callable[..., Any]) -> Callable[..., Any]:
        def collect(items: list[Any] | None = None) -> Any:
            if items is not None and not isinstance(items, list):
                raise ValueError("a set of no list")
            budget.spend(len(items or ()))
            return kind(items or ())

        return collect

    known: dict[tuple[str, str], object] = {
        ("numpy", "ndarray"): array,
        ("numpy", "dtype"): type_of,
        ("_codecs", "encode"): encode,
        ("collections", "OrderedDict"): mapping,
        ("collections", "defaultdict"): mapping,
    }
    for module in _MULTIARRAY:
        known |= {(module, "_reconstruct"): reconstruct, (module, "scalar"): scalar}
    for module in _NUMERIC:
        known[module, "_frombuffer"] = from_buffer
    for module in _BUILTINS:
        known |= {
            (module, "list"): list_,
            (module, "set"): collected(set),
            (module, "frozenset"): collected(frozenset),
            (module, "bytes"): collected(bytes),
        }
    return known


def _settled(value: Any, done: dict[int, Any], depth: int) -> Any:
    """The same data with every array in place of what stood for it; refuses what is not data."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth > (most := limit("pickle_depth")):
        raise ValueError(f"containers more than {most} deep, the limit pickle_depth")
    if id(value) in done:
        return done[id(value)]
    if kind is _Array:
        if value.value is None:
            raise ValueError("an array without content")
        if isinstance(value.value, list):
            objects = np.empty(len(value.value), object)
            done[id(value)] = objects.reshape(value.shape, order=value.order)
            for k, item in enumerate(value.value):
                objects[k] = _settled(item, done, depth + 1)
        else:
            done[id(value)] = value.value
    elif kind is list:
        done[id(value)] = value
        value[:] = [_settled(item, done, depth + 1) for item in value]
    elif kind is dict:
        done[id(value)] = value
        for key, item in list(value.items()):
            if type(key) not in (str, bytes, int, float, tuple):
                raise ValueError("a key that is neither text nor number")
            value[key] = _settled(item, done, depth + 1)
    elif kind is tuple:
        done[id(value)] = tuple(_settled(item, done, depth + 1) for item in value)
    elif kind in (set, frozenset):
        done[id(value)] = kind(_settled(item, done, depth + 1) for item in value)
    elif kind is bytearray:
        done[id(value)] = bytes(value)
    else:
        raise ValueError("a function where data should be")
    return done[id(value)]


def _refuse(path: Path, found: str, bound: str | None = None) -> NoReturn:
    do = "get the file anew from those who made it; nothing in it was run"
    if bound is not None:
        do = f"get the file anew from those who made it, {raising(bound)}; nothing in it was run"
    refuse(path, "a pickle of arrays and plain containers", found, do)
