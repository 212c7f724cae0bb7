"""Explanations that people wrote: files of annotators, in Label Studio's export format or as tables.

Label Studio's JSON is a list of tasks; each has `data`, of which one field names the item, and `annotations`,
each by one annotator (`completed_by`) with results: `textarea` (the explanation) and `choices` (the emotion).
A table (CSV, with commas, semicolons, tabs or bars) has the columns `id` and `explanation`, and may have
`annotator` and `emotion`. Where a file names no annotator, its own name stands for one. Capitals of emotions
do not count.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from heartsay.errors import DAMAGE, InputError
from heartsay.formats.conversations.csv_lines import DELIMITERS, allow_long_cells
from heartsay.formats.conversations.csv_table import read_header
from heartsay.formats.label_controls import control_of, emotion_control
from heartsay.formats.source import open_path, unreadable

ID_FIELDS = ("utterance_id", "utterance", "clip", "item", "id")
"""Fields of a task's data that name the item, the first that is there; otherwise the task's own id does.

An utterance of a conversation that is named too is CONVERSATION/UTTERANCE.
"""

COLUMNS = ("id", "explanation")
TABLES = (".csv", ".tsv")
"""Ends of the names of tables; every other file is taken for Label Studio's."""

Left = Counter[str]
"""How many annotations were left out, by what each is."""

_BLANK, _NAMELESS, _CANCELLED = "without an explanation", "without an id", "as cancelled"


class Annotated(NamedTuple):
    """What one annotator wrote about one item.

    Attributes:
        item: what is explained.
        annotator: who wrote it.
        explanation: in words, not blank.
        emotion: that they chose, in small letters, or None.
    """

    item: str
    annotator: str
    explanation: str
    emotion: str | None = None


class Annotations(NamedTuple):
    """What several annotators wrote.

    Attributes:
        rows: one for each item and annotator.
        warnings: what was left out and who is told apart by file, in sentences.
    """

    rows: tuple[Annotated, ...]
    warnings: tuple[str, ...]


class OneEach(NamedTuple):
    """One explanation of each item.

    Attributes:
        rows: by item.
        left_out: how many annotations of the file were.
        warnings: what these are, in sentences.
    """

    rows: dict[str, Annotated]
    left_out: int
    warnings: tuple[str, ...]


_Rows = dict[tuple[str, str], Annotated]
"""What one file says, by item and annotator."""


def read(paths: Sequence[Path]) -> Annotations:
    """Read files of annotators.

    Of one who explained an item twice within a file, the last one counts. An annotator's name that stands in
    several files for the same item is one of several people, each with a file of their own: such are people
    of Label Studio servers that number alike. In several files for different items it is one person.

    Raises:
        InputError: a file of another form, or fewer than two annotators in all.
    """
    files: dict[Path, _Rows] = {}
    warnings: list[str] = []
    for path in paths:
        if path.absolute() in files:
            warnings.append(f"{path} is named twice and read once")
            continue
        rows, left = _rows(path)
        own = {(row.item, row.annotator): row for row in rows}
        if repeats := len(rows) - len(own):
            noun = "1 repeat" if repeats == 1 else f"{repeats} repeats"
            warnings.append(f"{path}: {noun} of an item by the same annotator; the last one counts")
        warnings += _told(path, left)
        files[path.absolute()] = own
    found, notes = _told_apart(files)
    people = sorted({row.annotator for row in found})
    if len(people) < 2:
        raise InputError(
            expected="explanations by two annotators or more",
            found=f"those of {', '.join(people) or 'nobody'}",
            where=", ".join(map(str, paths)),
            do="name the file of another annotator too",
        )
    return Annotations(tuple(found), (*warnings, *notes))


def _told_apart(files: Mapping[Path, _Rows]) -> tuple[list[Annotated], list[str]]:
    """The rows of all files, with a name for each person, and who is told apart by file, in sentences."""
    times = Counter(key for own in files.values() for key in own)
    several = dict.fromkeys(who for (_, who), count in times.items() if count > 1)
    names: dict[tuple[Path, str], str] = {}
    notes = []
    for who in several:
        places = [path for path, own in files.items() if any(by == who for _, by in own)]
        people = [f"{who} ({mark})" for mark in _marks(places)]
        names |= {(path, who): person for path, person in zip(places, people, strict=True)}
        notes.append(
            f"{who} explained the same item in several files and is taken for {len(people)} people, "
            f"{' and '.join(people)}; leave a file out if they are one"
        )
    rows = [
        row._replace(annotator=names.get((path, row.annotator), row.annotator))
        for path, own in files.items()
        for row in own.values()
    ]
    return rows, notes


def _marks(paths: Sequence[Path]) -> list[str]:
    """What tells files apart: their names without the end or with it, their folders, or all of the path."""
    forms = (
        [path.stem for path in paths],
        [path.name for path in paths],
        [path.parent.name for path in paths],
    )
    return next((marks for marks in forms if len(set(marks)) == len(marks)), list(map(str, paths)))


def _told(path: Path, left: Left) -> list[str]:
    """What was left out of a file, in sentences."""
    return [
        f"{path}: {'1 annotation' if count == 1 else f'{count} annotations'} {what} left out"
        for what, count in left.items()
    ]


def single(path: Path) -> OneEach:
    """The one explanation of each item in a file.

    Raises:
        InputError: a file of another form, an explanation of no item, or an item that has several.
    """
    rows, left = _rows(path)
    if left[_NAMELESS]:
        raise InputError(
            expected="an id for each explanation",
            found=f"{left[_NAMELESS]} without one",
            where=str(path),
            do="name the items that these explain",
        )
    found: dict[str, Annotated] = {}
    for row in rows:
        if row.item in found:
            raise InputError(
                expected="one explanation for each item",
                found="several",
                where=f"{path}, item {row.item}",
                do="keep one, such as what `heartsay explain agree --out` writes to agreed.csv",
            )
        found[row.item] = row
    return OneEach(found, left.total(), tuple(_told(path, left)))


def _rows(path: Path) -> tuple[list[Annotated], Left]:
    """What a file says that can be counted, and what was left out."""
    text = _text(path)
    rows, left = _table(path, text) if path.suffix.lower() in TABLES else _label_studio(path, text)
    left[_BLANK] += sum(not row.explanation for row in rows)
    left[_NAMELESS] += sum(bool(row.explanation) and not row.item for row in rows)
    return [row for row in rows if row.explanation and row.item], +left


def _text(path: Path) -> str:
    """The words of a file, which is not empty."""
    try:
        text = ""  # of an empty file, for which readers of talk have another sentence
        if not path.is_file() or path.stat().st_size:
            with open_path(path) as source:
                text = source.text()
    except OSError as error:
        raise unreadable(str(path), error) from error
    if not text.strip():
        raise InputError(
            expected="explanations, in Label Studio's JSON export or a CSV file",
            found="an empty file",
            where=str(path),
            do="check that it was written completely",
        )
    return text


def _table(path: Path, text: str) -> tuple[list[Annotated], Left]:
    allow_long_cells()
    delimiter, _, _ = read_header(text.partition("\n")[0])
    table = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    try:
        names = {(name or "").strip().lower(): name for name in table.fieldnames or ()}
    except csv.Error as error:
        raise _not_a_table(path, error) from None
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise InputError(
            expected="the columns id and explanation, and annotator and emotion if there are any",
            found=f"none for {' and '.join(missing)} among {', '.join(names) or 'no columns'}",
            where=str(path),
            do="name the columns so in the first line",
        )
    made = []
    try:
        for given in table:
            if any(cell.strip() for cell in given.get(None) or ()):
                raise InputError(
                    expected=f"{len(table.fieldnames or ())} cells as in the first line",
                    found="more",
                    where=f"{path}, line {table.line_num}",
                    do=f"put quotation marks around cells that contain {DELIMITERS[delimiter]}",
                )
            row = {name: (given.get(key) or "").strip() for name, key in names.items()}
            if not any(row.values()):  # as spreadsheets write below the last one
                continue
            who = row.get("annotator") or path.stem
            made.append(Annotated(row["id"], who, row["explanation"], _emotion(row.get("emotion"))))
    except csv.Error as error:
        raise _not_a_table(path, error) from None
    return made, Counter()


def _emotion(label: str | None) -> str | None:
    """An emotion as it is compared: projects write it with capitals and without."""
    return (label or "").strip().casefold() or None


def _not_a_table(path: Path, error: csv.Error) -> InputError:
    return InputError(expected="CSV", found=str(error), where=str(path), do="save the table anew as CSV")


def _label_studio(path: Path, text: str) -> tuple[list[Annotated], Left]:
    try:
        tasks = json.loads(text)
    except json.JSONDecodeError as error:
        raise _another_form(path, f"{error.msg} at line {error.lineno}") from None
    except DAMAGE as error:  # a number of thousands of digits, brackets nested thousands deep
        raise _another_form(path, str(error)[:120]) from None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise _another_form(path, type(tasks).__name__)
    every: list[tuple[Mapping[str, Any], list[Any]]] = []
    for number, task in enumerate(tasks, 1):
        annotations = task.get("annotations", task.get("completions"))
        if not isinstance(annotations, list):
            raise _another_form(path, f"task {number} without annotations")
        every.append((task, annotations))
    found = [(task, one) for task, all_ in every for one in all_ if isinstance(one, Mapping)]
    given = [(task, one) for task, one in found if not one.get("was_cancelled")]
    control, _ = emotion_control(choice for _, one in given for choice in _choices(one))
    rows = []
    for task, one in given:
        emotion = _emotion(next((label for by, label in _choices(one) if by == control), None))
        rows.append(Annotated(_item(task), _annotator(one, path), _explanation(one), emotion))
    return rows, Counter({_CANCELLED: len(found) - len(given)})


def _results(annotation: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The results of an annotation, each with its value."""
    results = annotation.get("result")
    for result in results if isinstance(results, list) else ():
        value = result.get("value") if isinstance(result, Mapping) else None
        if isinstance(value, Mapping):
            yield result, value


def _choices(annotation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The control and the label of each choice of an annotation."""
    for result, value in _results(annotation):
        yield from ((control_of(result), label) for label in _strings(value.get("choices")))


def _explanation(annotation: Mapping[str, Any]) -> str:
    """What an annotation says in words."""
    areas = (value for result, value in _results(annotation) if result.get("type") == "textarea")
    return " ".join(text for value in areas for text in _strings(value.get("text")))


def _strings(value: Any) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


def _item(task: Mapping[str, Any]) -> str:
    data = task.get("data")
    named = data if isinstance(data, Mapping) else {}
    given = next((named[field] for field in ID_FIELDS if field in named), task.get("id"))
    own = "" if given is None else str(given).strip()
    # Utterances of several conversations may be numbered alike.
    of = named.get("conversation") if ID_FIELDS[0] in named else None
    return own if of is None or not own else f"{of}/{own}"


def _annotator(annotation: Mapping[str, Any], path: Path) -> str:
    who = annotation.get("completed_by")
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("id")
    return path.stem if who is None else str(who)


def _another_form(path: Path, found: str) -> InputError:
    return InputError(
        expected="Label Studio's JSON export, a list of tasks with annotations, or a CSV file",
        found=found,
        where=str(path),
        do="export the project as JSON (not JSON-MIN)",
    )
