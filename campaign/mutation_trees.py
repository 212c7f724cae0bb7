"""Edits of what a file holds, not of its bytes: a value within JSON, a pickle, an archive or tensors."""

from __future__ import annotations

import copy
import io
import json
import pickle
import random
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

Random = random.Random
Edit = Callable[[bytes, Random], bytes]

ODD: tuple[Any, ...] = (
    *(None, True, [], {}, "", "\0", "x" * 3000, "\ud800", "../../x", "a/b", "=cmd()", "\u200b"),
    *(-1, 0, 1, 2**31, 2**63, 10**400, 0.5, -0.5, 1e308, -1e308, float("nan"), float("inf")),
    *([None], [[]], {"": None}, [1, 2, 3], [[0.1, "x"], None], {"a": {"a": {}}}, ["x"] * 300),
)
"""What stands where something else was expected."""


def edited_tree(tree: Any, draw: Random, odd: tuple[Any, ...] = ODD) -> Any:
    """The same with one to three values of it odd, gone, twice, or in each other's place."""
    holder = [tree]
    for _ in range(draw.randint(1, 3)):
        places = list(_places(holder))
        where, key = draw.choice(places)
        kind = draw.randrange(6)
        other_where, other_key = draw.choice(places)
        if kind < 3:
            where[key] = copy.deepcopy(draw.choice(odd))
        elif kind == 3:
            where[key] = copy.deepcopy(other_where[other_key])
        elif kind == 4 and where is not holder:
            del where[key]
        elif isinstance(where, list) and where is not holder:
            where.insert(key, copy.deepcopy(where[key]))
        elif isinstance(where, dict):
            where[draw.choice(("", "x", "\ud800", "id", f"{key}x"))] = copy.deepcopy(where[key])
    return holder[0]


def _places(node: Any, depth: int = 0) -> Any:
    """Where values stand: containers that can be changed, and the key in each; a few thousand at most."""
    if depth > 6 or not isinstance(node, list | dict):
        return
    keys = list(range(min(len(node), 40))) if isinstance(node, list) else list(node)[:40]
    for key in keys:
        yield node, key
        yield from _places(node[key], depth + 1)


def edit_json(data: bytes, draw: Random) -> bytes:
    """One JSON value, or one a line."""
    text = data.decode()
    try:
        return json.dumps(edited_tree(json.loads(text), draw)).encode()
    except ValueError:
        lines = text.splitlines()
        place = draw.randrange(len(lines))
        lines[place] = json.dumps(edited_tree(json.loads(lines[place]), draw))
        return "\n".join([*lines, ""]).encode()


def edit_pickle(data: bytes, draw: Random) -> bytes:
    """A pickle of our own seeds; what was mutated is never unpickled here."""
    arrays = (
        np.zeros(0),
        np.float64(2),
        np.ones((2, 2, 2)),
        np.array([np.nan]),
        np.array(["x"]),
        np.array(3),
    )
    objects = (np.array([{}, None], object), b"x", (1, (2,)), {3}, 10**50)
    return pickle.dumps(edited_tree(pickle.loads(data), draw, (*ODD, *arrays, *objects)), protocol=4)


def edit_archive(data: bytes, draw: Random, edit: Edit) -> bytes:
    """A zip whose members are whole again after one of them was edited."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = draw.choice(list(members))
    kind = draw.randrange(8)
    if kind == 0:
        del members[name]
    elif kind == 1:
        members[draw.choice(("../x", "x" * 300, name.upper()))] = members[name]
    elif kind == 2 and name.endswith(".npy"):
        members[name] = _npy(draw)
    else:
        members[name] = edit(members[name], draw)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return made.getvalue()


def _npy(draw: Random) -> bytes:
    """An array of a kind and shape that nobody expects."""
    kinds: tuple[Any, ...] = (
        np.zeros(0),
        np.float32(1),
        np.full((3, 2), np.nan),
        np.array(["x", ""]),
        np.ones((2, 2, 2), "?"),
    )
    kinds = (*kinds, np.arange(7), -np.arange(7), np.array([2**62]), np.zeros((0, 5), "S3"), np.array("s"))
    file = io.BytesIO()
    np.save(file, draw.choice(kinds))
    return file.getvalue()


def edit_tensors(data: bytes, draw: Random) -> bytes:
    """Tensors whose header is whole JSON of its stated length."""
    length = int.from_bytes(data[:8], "little")
    header = edit_json(data[8 : 8 + length], draw)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def edit_of(data: bytes, edit: Edit) -> Edit | None:
    """How what the bytes hold is edited; None where they are only bytes.

    Args:
        data: a whole example.
        edit: of bytes, for the members of an archive.
    """
    if data[:2] == b"PK":
        return lambda given, draw: edit_archive(given, draw, edit)
    if data[:1] == b"\x80":
        return edit_pickle
    if data[:1] in (b"{", b"["):
        try:
            json.loads(data.split(b"\n{", 1)[0] if data.startswith(b"{") and b"}\n{" in data else data)
        except ValueError:
            return None
        return edit_json
    if data[8:9] == b"{" and int.from_bytes(data[:8], "little") + 8 <= len(data):
        return edit_tensors
    return None
