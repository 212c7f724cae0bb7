"""What a program hands over in place of a file: text, a list of dictionaries, or a data frame."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from heartsay.errors import InputError

GIVEN = "the given data"

Given = str | Path | IO[Any] | Iterable[Mapping[str, Any]]
"""A path, "-", text of several lines, a stream, or rows; a data frame counts as rows."""


def opened(source: object) -> str | Path | IO[Any]:
    """A path or a stream out of whatever was handed over.

    Text is told from a path by a line break in it. The rows of a data frame (of pandas, polars or Arrow) are
    read as those of a CSV file are, dictionaries as those of a JSON file.

    Raises:
        InputError: it is none of these.
    """
    if isinstance(source, Path):
        return source
    if isinstance(source, str):
        return io.StringIO(source) if "\n" in source else source
    if hasattr(source, "read"):
        return source  # type: ignore[return-value]
    if is_frame(source):
        return io.StringIO(_as_csv(source))
    if isinstance(source, Mapping):
        return io.StringIO(_as_json(source))
    if is_rows(source):
        return io.StringIO(_as_json(list(source)))  # type: ignore[call-overload]
    raise InputError(
        expected="a path, text of several lines, a stream, a list of dictionaries or a data frame",
        found=_kind(source),
        where="what to read",
        do="give one of these, such as [{'speaker': 'Ana', 'text': 'Hello.'}]",
    )


def is_frame(source: object) -> bool:
    """Whether it is a data frame: of pandas or polars, or a table of Arrow."""
    return hasattr(source, "columns") and any(
        hasattr(source, name) for name in ("to_dict", "to_dicts", "to_pylist")
    )


def is_rows(source: object) -> bool:
    """Whether it is a list of dictionaries."""
    return isinstance(source, list | tuple) and bool(source) and all(isinstance(r, Mapping) for r in source)


def is_given(source: object) -> bool:
    """Whether it is a conversation in any of these forms, and not several conversations."""
    return isinstance(source, str | Path | Mapping) or is_frame(source) or is_rows(source)


def _as_csv(frame: Any) -> str:
    if hasattr(frame, "to_pylist"):
        rows = frame.to_pylist()
    else:
        rows = frame.to_dicts() if hasattr(frame, "to_dicts") else frame.to_dict("records")
    text = io.StringIO()
    names = list(frame.column_names) if hasattr(frame, "column_names") else [str(c) for c in frame.columns]
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([["" if _missing(v) else v for v in row.values()] for row in rows])
    return text.getvalue()


def _as_json(value: object) -> str:
    def plain(item: Any) -> Any:
        if hasattr(item, "item"):  # a number of numpy
            return item.item()
        raise InputError(
            expected="text, numbers, lists and dictionaries",
            found=_kind(item),
            where=GIVEN,
            do="convert it first",
        )

    return json.dumps(_without_gaps(value), default=plain, ensure_ascii=False)


def _without_gaps(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _without_gaps(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_gaps(part) for part in value]
    return None if _missing(value) else value


def _missing(value: Any) -> bool:
    """Whether it is what a data frame holds where there is nothing."""
    return (
        value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"
    )


def _kind(source: object) -> str:
    if isinstance(source, list | tuple):
        return "an empty list" if not source else f"a list of {type(source[0]).__name__}"
    return f"{type(source).__name__}"
