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
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from heartsay.errors import DAMAGE, InputError
from heartsay.formats.source import open_path

ID_FIELDS = ("utterance_id", "utterance", "clip", "item", "id")
"""Fields of a task's data that name the item, the first that is there; otherwise the task's own id does.

An utterance of a conversation that is named too is CONVERSATION/UTTERANCE.
"""

COLUMNS = ("id", "explanation")


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
        rows, blank = _rows(path)
        again = [row for row in rows if (row.item, row.annotator) in found]
        if again:
            warnings.append(f"{path}: {len(again)} items were explained before by the same annotator")
        if blank:
            warnings.append(f"{path}: {blank} annotations without an explanation were left out")
        found |= {(row.item, row.annotator): row for row in rows}
    people = sorted({row.annotator for row in found.values()})
    if len(people) < 2:
        raise InputError(
            expected="explanations by two annotators or more",
            found=f"those of {', '.join(people) or 'nobody'}",
            where=", ".join(map(str, paths)),
            do="name the file of another annotator too",
        )
    return Annotations(tuple(found.values()), tuple(warnings))


def single(path: Path) -> dict[str, Annotated]:
    """The one explanation of each item in a file, by id.

    Raises:
        InputError: a file of another form, or an item that has several.
    """
    rows, _ = _rows(path)
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


def _rows(path: Path) -> tuple[list[Annotated], int]:
    with open_path(path) as source:
        text = source.text()
    return _table(path, text) if path.suffix.lower() == ".csv" else _label_studio(path, text)


def _table(path: Path, text: str) -> tuple[list[Annotated], int]:
    table = csv.DictReader(io.StringIO(text))
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
    try:
        rows = [{name: (row.get(given) or "").strip() for name, given in names.items()} for row in table]
    except csv.Error as error:
        raise _not_a_table(path, error) from None
    kept = [row for row in rows if row["explanation"]]
    made = [
        Annotated(
            row["id"], row.get("annotator") or path.stem, row["explanation"], row.get("emotion") or None
        )
        for row in kept
    ]
    return made, len(rows) - len(kept)


def _not_a_table(path: Path, error: csv.Error) -> InputError:
    return InputError(expected="CSV", found=str(error), where=str(path), do="save the table anew as CSV")


def _label_studio(path: Path, text: str) -> tuple[list[Annotated], int]:
    try:
        tasks = json.loads(text)
    except json.JSONDecodeError as error:
        raise _another_form(path, f"{error.msg} at line {error.lineno}") from None
    except DAMAGE as error:  # a number of thousands of digits, brackets nested thousands deep
        raise _another_form(path, str(error)[:120]) from None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise _another_form(path, type(tasks).__name__)
    rows, blank = [], 0
    for number, task in enumerate(tasks, 1):
        annotations = task.get("annotations", task.get("completions"))
        if not isinstance(annotations, list):
            raise _another_form(path, f"task {number} without annotations")
        for annotation in annotations:
            if not isinstance(annotation, Mapping) or annotation.get("was_cancelled"):
                continue
            explanation, emotion = _results(annotation.get("result"))
            if not explanation:
                blank += 1
                continue
            rows.append(Annotated(_item(task), _annotator(annotation, path), explanation, emotion))
    return rows, blank


def _results(results: Any) -> tuple[str, str | None]:
    """The text and the choice of an annotation."""
    texts: list[str] = []
    choices: list[str] = []
    for result in results if isinstance(results, list) else ():
        value = result.get("value") if isinstance(result, Mapping) else None
        if isinstance(value, Mapping):
            texts += _strings(value.get("text")) if result.get("type") == "textarea" else ()
            choices += _strings(value.get("choices"))
    return " ".join(texts), choices[0] if choices else None


def _strings(value: Any) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


def _item(task: Mapping[str, Any]) -> str:
    data = task.get("data")
    named = data if isinstance(data, Mapping) else {}
    own = str(next((named[field] for field in ID_FIELDS if field in named), task.get("id", "")))
    # Utterances of several conversations may be numbered alike.
    of = named.get("conversation") if ID_FIELDS[0] in named else None
    return own if of is None else f"{of}/{own}"


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
