"""Label Studio's JSON: tasks of whole dialogues, or one utterance each, with the labels people gave.

An export is a list of tasks, `{"data": {...}, "annotations": [{"result": [...]}]}`. A task of a dialogue has
a list of utterances in its data. A task of one utterance, as this project writes them, has in its data the
`text`, `speaker`, `conversation`, `utterance_id` and `position`; those of a conversation are put together.
Labels are choices of people's annotations; where several people labelled an utterance, they are votes.
Predictions are a model's and are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import Row, UniqueIds, build_conversation
from heartsay.formats.conversations.json_talk import find_talks
from heartsay.formats.conversations.json_values import JsonForm, list_keys, read_name, read_row
from heartsay.formats.fields import find_fields
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
        talks = [] if is_single else find_talks(data)
        if talks:
            yield _dialogue(task, talks[0].items, known, where, source)
        elif "text" in find_fields(tuple(data)):
            # The place in the conversation is no time, which a field of that name is elsewhere.
            fields = {key: value for key, value in data.items() if key != "position"}
            row = read_row(fields, index, f"{where}.data", source, "utterance_id")
            name = read_name(data.get("conversation"), f"{where}.data.conversation")
            position = data.get("position")
            place = float(position) if isinstance(position, int | float) else float(index)
            single.setdefault(name, []).append((place, _labelled(row, _choices(task))))
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
        )


def _dialogue(
    task: dict[str, Any], items: list[Any], known: UniqueIds, where: str, source: Source
) -> Conversation:
    labels = _by_paragraph(task)
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
    )


def _labelled(row: Row, given: list[str]) -> Row:
    """A row with the label of one person, or with the votes of several."""
    if len(given) > 1:
        return row._replace(votes=Counter(given), emotion=None)
    return row._replace(emotion=given[0]) if given else row


def _results(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for annotation in task.get("annotations") or task.get("completions") or ():
        if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
            for result in annotation.get("result") or ():
                if isinstance(result, dict) and isinstance(result.get("value"), dict):
                    yield result["value"]


def _named(value: dict[str, Any]) -> list[str]:
    labels: list[Any] = next((value[key] for key in _LABELS if isinstance(value.get(key), list)), [])
    return [label for label in labels if isinstance(label, str)]


def _choices(task: dict[str, Any]) -> list[str]:
    """The label that each person chose for a task of one utterance."""
    return [label for value in _results(task) for label in _named(value)[:1]]


def _by_paragraph(task: dict[str, Any]) -> dict[int, list[str]]:
    """Labels of the utterances of a dialogue, by their places; a label of the whole dialogue is none."""
    found: dict[int, list[str]] = {}
    for value in _results(task):
        try:
            first, last = int(value["start"]), int(value["end"])
        except (KeyError, TypeError, ValueError):
            continue
        if 0 <= last - first < 10_000:
            for place in range(first, last + 1):
                found.setdefault(place, []).extend(_named(value)[:1])
    return found


FORM = JsonForm(_fits, read)
