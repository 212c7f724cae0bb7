"""What a user's own labels mean: the options that say it, of the commands that read labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heartsay.errors import DAMAGE, InputError
from heartsay.formats.label_maps import LABEL_MAPS

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
    str | None,
    typer.Option(
        "--labels",
        metavar="FILE|NAME",
        help='The same in a file: a JSON object, {"livid": "anger"}, or a CSV of two columns, no header. Or'
        f" the labels of a corpus by its name: {', '.join(LABEL_MAPS)}.",
        show_default=False,
    ),
]


def own_labels(model: Bundle, label: list[str] | None, labels: str | None) -> dict[str, str | None]:
    """What both options say together, checked against the model's emotions.

    Raises:
        InputError: an option or the file is not what it should be, or names another emotion.
    """
    from heartsay.formats.emotions import own_names

    stated = dict(_of_options(label or ()))  # which may say otherwise than a file or a corpus
    given = [pair for pair in _of_labels(labels) if pair[0].strip().casefold() not in _plain(stated)]
    return own_names([*given, *stated.items()], model.labels.names, "--label")


def _plain(names: Iterable[str]) -> set[str]:
    return {name.strip().casefold() for name in names}


def _of_labels(labels: str | None) -> list[tuple[str, str]]:
    """Labels and emotions of a corpus or a file; a file of a corpus's name goes before."""
    if labels is not None and labels in LABEL_MAPS and not Path(labels).exists():
        return [(label, emotion or "") for label, emotion in LABEL_MAPS[labels].items()]
    return _of_file(None if labels is None else Path(labels))


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
    do = f'give a JSON object, {{"livid": "anger"}}, a CSV of two columns, or one of {", ".join(LABEL_MAPS)}'
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        raise InputError(expected="a file of labels", found=reason.lower(), where=str(path), do=do) from error
    if text.lstrip().startswith("{"):
        try:
            stated = json.loads(text)
        except DAMAGE as error:
            raise InputError(expected="JSON", found=str(error), where=str(path), do=do) from error
        if any(not (emotion is None or isinstance(emotion, str)) for emotion in stated.values()):
            raise InputError(
                expected="an emotion for each label", found="something else", where=str(path), do=do
            )
        return [(name, emotion or "") for name, emotion in stated.items()]
    try:
        rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(expected="a CSV", found=str(error), where=str(path), do=do) from error
    if not rows or any(len(row) != 2 for row in rows):
        raise InputError(expected="rows of two cells", found="others", where=str(path), do=do)
    return [(name, emotion) for name, emotion in rows]
