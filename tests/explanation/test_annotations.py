from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heartsay.errors import InputError
from heartsay.explanation.annotations import Annotated, read, single


def task(number: int, *annotations: dict[str, Any], **data: str) -> dict[str, Any]:
    return {"id": number, "data": {"text": "You sold it?", **data}, "annotations": list(annotations)}


def annotation(who: Any, text: str | list[str], emotion: str | None = None, **more: Any) -> dict[str, Any]:
    results: list[dict[str, Any]] = [
        {"from_name": "why", "to_name": "text", "type": "textarea", "value": {"text": text}}
    ]
    if emotion is not None:
        results.append({"from_name": "emotion", "type": "choices", "value": {"choices": [emotion]}})
    return {"completed_by": who, "result": results, **more}


def test_label_studio_of_several_annotators_is_read(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    tasks = [
        task(
            7,
            annotation(1, ["He sold ", "the van."], "anger"),
            annotation({"id": 2, "email": "ben@example.org"}, "She lost it."),
            annotation(3, "skipped", was_cancelled=True),
            annotation(4, "   "),
            utterance_id="dia1_utt2",
        ),
        task(8, annotation(1, "It rains.")),
    ]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    found = read([path])
    assert found.rows == (
        Annotated("dia1_utt2", "1", "He sold the van.", "anger"),
        Annotated("dia1_utt2", "ben@example.org", "She lost it."),
        Annotated("8", "1", "It rains."),
    )
    assert set(found.warnings) == {
        f"{path}: 1 annotation without an explanation left out",
        f"{path}: 1 annotation as cancelled left out",
    }


def test_two_tables_are_two_annotators(tmp_path: Path) -> None:
    for name, text in (("anna", "He sold it."), ("ben", "He left.")):
        (tmp_path / f"{name}.csv").write_text(
            f"ID,Explanation,emotion\n1,{text},anger\n2,,\n", encoding="utf-8"
        )
    found = read([tmp_path / "anna.csv", tmp_path / "ben.csv"])
    assert [(row.annotator, row.explanation, row.emotion) for row in found.rows] == [
        ("anna", "He sold it.", "anger"),
        ("ben", "He left.", "anger"),
    ]
    assert len(found.warnings) == 2


def test_of_what_one_annotator_wrote_twice_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("id,annotator,explanation\n1,anna,One.\n1,ben,Two.\n", encoding="utf-8")
    again = tmp_path / "again.csv"
    again.write_text("id,annotator,explanation\n1,anna,Three.\n", encoding="utf-8")
    found = read([path, again])
    assert {row.annotator: row.explanation for row in found.rows} == {"anna": "Three.", "ben": "Two."}
    assert "explained before" in found.warnings[0]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "item,text\n1,b\n", "id and explanation"),
        ("a.json", "{", "JSON export"),
        ("a.json", '{"a": 1}', "found dict"),
        ("a.json", '[{"id": 1, "why": "x"}]', "task 1 without annotations"),
    ],
)
def test_another_form_is_refused_with_what_is_wanted(
    tmp_path: Path, name: str, content: str, says: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read([path])


def test_one_annotator_alone_agrees_with_nobody(tmp_path: Path) -> None:
    path = tmp_path / "anna.csv"
    path.write_text("id,explanation\n1,He left.\n", encoding="utf-8")
    with pytest.raises(InputError, match="two annotators or more, found those of anna"):
        read([path])
    assert {item: row.explanation for item, row in single(path).items()} == {"1": "He left."}


def test_a_single_set_has_one_explanation_an_item(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("id,explanation\n1,He left.\n1,He stayed.\n", encoding="utf-8")
    with pytest.raises(InputError, match="item 1"):
        single(path)


def test_utterances_of_several_conversations_that_are_numbered_alike_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    tasks = [
        task(k, annotation(1, f"He sold it {k}."), utterance_id="2", conversation=f"call-{k}")
        for k in range(2)
    ]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    assert set(single(path)) == {"call-0/2", "call-1/2"}


def test_repeats_and_explanations_of_no_item_are_told(tmp_path: Path) -> None:
    path = tmp_path / "ann.csv"
    path.write_text(
        "id,explanation,annotator\n1,One.,ann\n1,Two.,ann\n1,Three.,ben\n,Four.,ann\n ,Five.,ben\n", "utf-8"
    )
    found = read([path])
    assert {(row.item, row.explanation) for row in found.rows} == {("1", "Two."), ("1", "Three.")}
    assert set(found.warnings) == {
        f"{path}: 1 repeat of an item by the same annotator; the last one counts",
        f"{path}: 2 annotations without an id left out",
    }
    with pytest.raises(InputError, match="an id for each explanation, found 2 without one"):
        single(path)


def test_the_emotion_is_what_the_control_for_emotions_says(tmp_path: Path) -> None:
    one = annotation(1, "It rains.", "joy")
    one["result"].insert(0, {"from_name": "sarcasm", "type": "choices", "value": {"choices": ["anger"]}})
    path = tmp_path / "project.json"
    path.write_text(json.dumps([task(1, one, annotation(2, "It pours."))]), encoding="utf-8")
    assert [row.emotion for row in read([path]).rows] == ["joy", None]


def test_a_table_that_would_lose_words_is_refused_and_a_long_cell_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ann.csv"
    path.write_text("id,explanation\n1,He fell, and broke it.\n", "utf-8")
    with pytest.raises(InputError, match="line 2: expected 2 cells"):
        read([path])
    path.write_text('id,explanation\n1,"He fell.\n2,It broke.\n', "utf-8")
    with pytest.raises(InputError, match="expected CSV"):
        read([path])
    long = "a " * 70_000
    path.write_text(f"id,explanation\n1,{long}\n", "utf-8")
    assert single(path)["1"].explanation == long.strip()


@pytest.mark.parametrize("text", ["[" + "9" * 5000 + "]", "[" * 100_000, "[1e999]"])
def test_damaged_exports_are_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "project.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match="Label Studio's JSON export"):
        read([path])
