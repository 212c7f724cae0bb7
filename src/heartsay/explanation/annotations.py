"""Explanations that people wrote: files of annotators, in Label Studio's export format or as CSV.

Label Studio's JSON is a list of tasks; each has `data`, of which one field names the item, and `annotations`,
each by one annotator (`completed_by`) with results: `textarea` (the explanation) and `choices` (the emotion).
A CSV file has the columns `id` and `explanation`, and may have `annotator` and `emotion`. Where a file names
no annotator, its own name stands for one.
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
from heartsay.formats.conversations.csv_lines import allow_long_cells
from heartsay.formats.label_controls import control_of, emotion_control
from heartsay.formats.source import open_path

ID_FIELDS = ("utterance_id", "utterance", "clip", "item", "id")
"""Fields of a task's data that name the item, the first that is there; otherwise the task's own id does.

An utterance of a conversation that is named too is CONVERSATION/UTTERANCE.
"""

COLUMNS = ("id", "explanation")


Left = Counter[str]
"""How many annotations were left out, by what each is."""

_BLANK, _NAMELESS, _CANCELLED = "without an explanation", "without an id", "as cancelled"


class Annotated(NamedTuple):
    """What one annotator wrote about one item.

    Attributes:
        item: what is explained.
        annotator: who wrote it.
        explanation: in words, not blank.
        emotion: that they chose, or None.
    """

    item: str
    annotator: str
    explanation: str
    emotion: str | None = None


class Annotations(NamedTuple):
    """What several annotators wrote.

    Attributes:
        rows: one for each item and annotator.
        warnings: what was left out, in sentences.
    """

    rows: tuple[Annotated, ...]
    warnings: tuple[str, ...]


def read(paths: Sequence[Path]) -> Annotations:
    """Read files of annotators; of one who explained an item twice, the last one counts.

    Raises:
        InputError: a file of another form, or fewer than two annotators in all.
    """
    found: dict[tuple[str, str], Annotated] = {}
    warnings: list[str] = []
    for path in paths:
        rows, left = _rows(path)
        own = {(row.item, row.annotator): row for row in rows}
        if again := len(own.keys() & found.keys()):
            warnings.append(f"{path}: {_items(again)} explained before by the same annotator")
        if repeats := len(rows) - len(own):
            noun = "1 repeat" if repeats == 1 else f"{repeats} repeats"
            warnings.append(f"{path}: {noun} of an item by the same annotator; the last one counts")
        for what, count in left.items():
            noun = "1 annotation" if count == 1 else f"{count} annotations"
            warnings.append(f"{path}: {noun} {what} left out")
        found |= own
    people = sorted({row.annotator for row in found.values()})
    if len(people) < 2:
        raise InputError(
            expected="explanations by two annotators or more",
            found=f"those of {', '.join(people) or 'nobody'}",
            where=", ".join(map(str, paths)),
            do="name the file of another annotator too",
        )
    return Annotations(tuple(found.values()), tuple(warnings))


def _items(count: int) -> str:
    return "1 item was" if count == 1 else f"{count} items were"


def single(path: Path) -> dict[str, Annotated]:
    """The one explanation of each item in a file, by id.

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
    return found


def _rows(path: Path) -> tuple[list[Annotated], Left]:
    """What a file says that can be counted, and what was left out."""
    with open_path(path) as source:
        text = source.text()
    rows, left = _table(path, text) if path.suffix.lower() == ".csv" else _label_studio(path, text)
    left[_BLANK] += sum(not row.explanation for row in rows)
    left[_NAMELESS] += sum(bool(row.explanation) and not row.item for row in rows)
    return [row for row in rows if row.explanation and row.item], +left


def _table(path: Path, text: str) -> tuple[list[Annotated], Left]:
    allow_long_cells()
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
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
                    do="put quotation marks around cells that contain a comma",
                )
            row = {name: (given.get(key) or "").strip() for name, key in names.items()}
            who, emotion = row.get("annotator") or path.stem, row.get("emotion") or None
            made.append(Annotated(row["id"], who, row["explanation"], emotion))
    except csv.Error as error:
        raise _not_a_table(path, error) from None
    return made, Counter()


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
        emotion = next((label for by, label in _choices(one) if by == control), None)
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
