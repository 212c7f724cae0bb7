"""Label Studio's JSON: tasks of whole dialogues, or one utterance each, with the labels people gave.

An export is a list of tasks, `{"data": {...}, "annotations": [{"result": [...]}]}`. A task of a dialogue has
a list of utterances in its data. A task of one utterance, as this project writes them, has in its data the
`text`, `speaker`, `conversation`, `utterance_id` and `position`; those of a conversation are put together.
Labels are choices of people's annotations, made with the control for emotions; where several people labelled
an utterance, they are votes. Predictions are a model's and are left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation
from heartsay.formats.conversations.json_talk import about_unread, all_talks
from heartsay.formats.conversations.json_values import JsonForm, list_keys, read_name, read_row
from heartsay.formats.fields import find_fields
from heartsay.formats.label_controls import control_of, emotion_control
from heartsay.formats.source import Source

_LABELS = ("choices", "labels", "paragraphlabels", "hypertextlabels")


def _fits(document: Any) -> bool:
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and isinstance(first.get("data"), dict)


def read(document: list[Any], source: Source) -> Iterator[Conversation]:
    """The conversations of an export, those of single utterances in the order of their first tasks.

    Raises:
        InputError: a task without text, or a value of the wrong kind.
    """
    known = UniqueIds()
    control, notes = _control(document, source.name)
    single: dict[str, list[tuple[float, Row]]] = {}
    for index, task in enumerate(document):
        where = f"{source.name}[{index}]"
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            raise InputError(
                expected="a task of Label Studio with 'data'",
                found="one without",
                where=where,
                do="export the project as JSON",
            )
        is_single = isinstance(data.get("text"), str) and "utterance_id" in data
        groups = [] if is_single else all_talks(data)
        if groups:
            (talk, *others), *more = groups
            unread = [*others, *(other for group in more for other in group)]
            warnings = [*notes, *about_unread([talk], unread, where)]
            yield _dialogue(task, talk.items, _by_paragraph(task, control), known, where, source, warnings)
            notes = []
        elif "text" in find_fields(tuple(data)):
            # The place in the conversation is no time, which a field of that name is elsewhere.
            fields = {key: value for key, value in data.items() if key != "position"}
            row = read_row(fields, index, f"{where}.data", source, "utterance_id")
            name = read_name(data.get("conversation"), f"{where}.data.conversation")
            place = _place(data.get("position"), index)
            single.setdefault(name, []).append((place, _labelled(row, _choices(task, control))))
        else:
            raise InputError(
                expected="a task with a dialogue or with a text",
                found=f"data with {list_keys(data)}",
                where=where,
                do="name the list of utterances 'dialogue', or what was said 'text'",
            )
    for number, (name, rows) in enumerate(single.items(), 1):
        ordered = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
        where = f"{source.name}, conversation {name!r}" if name else source.name
        yield build_conversation(
            ordered,
            source,
            identifier=known.add(name or str(number), where),
            where=where,
            locate=lambda at: f"{source.name}[{at}]",
            warnings=notes,
        )
        notes = []


def _place(position: Any, index: int) -> float:
    """Where a task's utterance stands in its conversation; as in the export where that is no number."""
    try:
        place = float(position) if isinstance(position, int | float) else math.nan
    except OverflowError:
        place = math.nan
    return float(index) if math.isnan(place) else place


def _dialogue(
    task: dict[str, Any],
    items: list[Any],
    labels: Mapping[int, list[str]],
    known: UniqueIds,
    where: str,
    source: Source,
    warnings: list[str],
) -> Conversation:
    rows = [
        _labelled(read_row(item, number, f"{where}, utterance {number + 1}", source), labels.get(number, []))
        for number, item in enumerate(items)
    ]
    return build_conversation(
        rows,
        source,
        identifier=known.add(read_name(task.get("id"), where) or where, where),
        where=where,
        locate=lambda at: f"{where}, utterance {at + 1}",
        warnings=warnings,
    )


def _labelled(row: Row, given: list[str]) -> Row:
    """A row with the label of one person, or with the votes of several."""
    if len(given) > 1:
        return row._replace(votes=Counter(given), emotion=None)
    return row._replace(emotion=given[0]) if given else row


def _annotations(task: Any) -> list[dict[str, Any]]:
    """What people said of a task, cancelled annotations among it."""
    given = (task.get("annotations") or task.get("completions")) if isinstance(task, dict) else None
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _results(annotation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    """The control, the value and the labels of each choice of an annotation; none of a cancelled one."""
    given = None if annotation.get("was_cancelled") else annotation.get("result")
    for result in given if isinstance(given, list) else ():
        value = result.get("value") if isinstance(result, dict) else None
        if isinstance(value, dict) and (labels := _named(value)):
            yield control_of(result), value, labels


def _named(value: dict[str, Any]) -> list[str]:
    labels: list[Any] = next((value[key] for key in _LABELS if isinstance(value.get(key), list)), [])
    return [label for label in labels if isinstance(label, str)]


def _control(document: list[Any], name: str) -> tuple[str, list[str]]:
    """The control that emotions are chosen with, and what to say of what is left out of labels."""
    annotations = [one for task in document for one in _annotations(task)]
    made = [result for one in annotations for result in _results(one)]
    control, others = emotion_control((by, labels[0]) for by, _, labels in made)
    notes = []
    if others:
        listed = ", ".join(repr(other[:40]) for other in others[:8])
        notes.append(f"choices of other controls than {control[:40]!r} left out: {listed} ({name})")
    if several := sum(by == control and len(labels) > 1 for by, _, labels in made):
        noun = "choice is" if several == 1 else "choices are"
        notes.append(f"{several} {noun} of several labels, of which the first counts ({name})")
    if cancelled := sum(bool(one.get("was_cancelled")) for one in annotations):
        noun = "annotation" if cancelled == 1 else "annotations"
        notes.append(f"{cancelled} cancelled {noun} left out ({name})")
    return control, notes


def _choices(task: dict[str, Any], control: str) -> list[str]:
    """The label that each person chose for a task of one utterance."""
    given = (
        [labels[0] for by, _, labels in _results(annotation) if by == control]
        for annotation in _annotations(task)
    )
    return [labels[0] for labels in given if labels]


def _by_paragraph(task: dict[str, Any], control: str) -> dict[int, list[str]]:
    """Labels of the utterances of a dialogue by their places, one a person; a label of the whole is none."""
    found: dict[int, list[str]] = {}
    for annotation in _annotations(task):
        own: dict[int, str] = {}
        for by, value, labels in _results(annotation):
            try:
                first, last = int(value["start"]), int(value["end"])
            except (KeyError, TypeError, ValueError, OverflowError):
                continue
            if by == control and 0 <= last - first < 10_000:
                for place in range(first, last + 1):
                    own.setdefault(place, labels[0])
        for place, label in own.items():
            found.setdefault(place, []).append(label)
    return found


FORM = JsonForm(_fits, read)
