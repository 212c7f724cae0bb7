"""What a user's own labels mean: the options that say it, of the commands that read labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heartsay.errors import InputError

if TYPE_CHECKING:
    from heartsay.runtime import Bundle

OwnLabel = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        metavar="NAME=EMOTION",
        help="What a label of your own means, such as livid=anger; nothing behind = for none. Repeatable.",
        show_default=False,
    ),
]
OwnLabels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help='The same in a file: a JSON object, {"livid": "anger"}, or a CSV of two columns, no header.',
        show_default=False,
    ),
]


def own_labels(model: Bundle, label: list[str] | None, labels: Path | None) -> dict[str, str | None]:
    """What both options say together, checked against the model's emotions.

    Raises:
        InputError: an option or the file is not what it should be, or names another emotion.
    """
    from heartsay.formats.emotions import own_names

    return own_names([*_of_file(labels), *_of_options(label or ())], model.labels.names, "--label")


def _of_options(given: Sequence[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in given:
        name, mark, emotion = text.rpartition("=")
        if not mark or not name.strip():
            raise InputError(
                expected="a label and what it means, such as livid=anger",
                found=repr(text[:60]),
                where="--label",
                do="write NAME=EMOTION",
            )
        pairs.append((name, emotion))
    return pairs


def _of_file(path: Path | None) -> list[tuple[str, str]]:
    """Labels and emotions of a JSON object or a CSV of two columns."""
    if path is None:
        return []
    do = 'give a JSON object, {"livid": "anger"}, or a CSV of two columns'
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        raise InputError(expected="a file of labels", found=reason.lower(), where=str(path), do=do) from error
    if text.lstrip().startswith("{"):
        try:
            stated = json.loads(text)
        except ValueError as error:
            raise InputError(expected="JSON", found=str(error), where=str(path), do=do) from error
        if any(not (emotion is None or isinstance(emotion, str)) for emotion in stated.values()):
            raise InputError(
                expected="an emotion for each label", found="something else", where=str(path), do=do
            )
        return [(name, emotion or "") for name, emotion in stated.items()]
    rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    if not rows or any(len(row) != 2 for row in rows):
        raise InputError(expected="rows of two cells", found="others", where=str(path), do=do)
    return [(name, emotion) for name, emotion in rows]
