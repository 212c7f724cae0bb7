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
            f"ID,Explanation,emotion\n1,{text},anger\n2,,\n,,\n", encoding="utf-8"
        )
    found = read([tmp_path / "anna.csv", tmp_path / "ben.csv"])
    assert [(row.annotator, row.explanation, row.emotion) for row in found.rows] == [
        ("anna", "He sold it.", "anger"),
        ("ben", "He left.", "anger"),
    ]
    assert len(found.warnings) == 2


def test_annotators_of_servers_that_number_alike_are_told_apart_by_file(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.json" for name in ("anna", "ben", "cleo")]
    for path, items in zip(paths, ((1, 2), (1, 2), (3,)), strict=True):
        tasks = [task(k, annotation(1, f"He left {path.stem}."), annotation(path.stem, "He.")) for k in items]
        path.write_text(json.dumps(tasks), encoding="utf-8")
    found = read(paths)
    told = {row.explanation: row.annotator for row in found.rows if row.explanation != "He."}
    assert told == {f"He left {name}.": f"1 ({name})" for name in ("anna", "ben", "cleo")}
    assert len(found.rows) == 10
    assert {row.annotator for row in found.rows if row.explanation == "He."} == {"anna", "ben", "cleo"}
    assert found.warnings == (
        "1 explained the same item in several files and is taken for 3 people, 1 (anna) and 1 (ben) and "
        "1 (cleo); leave a file out if they are one",
    )


@pytest.mark.parametrize(
    ("names", "people"),
    [
        (("one/x.csv", "two/x.csv"), ["x (one)", "x (two)"]),
        (("x.csv", "x.tsv"), ["x (x.csv)", "x (x.tsv)"]),
        (("a/b/x.csv", "c/b/x.csv"), ["x ({}/a/b/x.csv)", "x ({}/c/b/x.csv)"]),
    ],
)
def test_files_of_one_name_are_told_apart_by_what_differs(
    tmp_path: Path, names: tuple[str, ...], people: list[str]
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("id\texplanation\n1\tHe left.\n", encoding="utf-8")
    found = read([tmp_path / name for name in names])
    assert [row.annotator for row in found.rows] == [who.format(tmp_path) for who in people]


def test_an_annotator_of_several_files_with_other_items_is_one_person(tmp_path: Path) -> None:
    for name, rows in (("first", "1,anna,One.\n1,ben,Two.\n"), ("second", "2,anna,Three.\n")):
        (tmp_path / f"{name}.csv").write_text(f"id,annotator,explanation\n{rows}", encoding="utf-8")
    paths = [tmp_path / "first.csv", tmp_path / "second.csv"]
    found = read([*paths, paths[0]])
    assert [row.annotator for row in found.rows] == ["anna", "ben", "anna"]
    assert found.warnings == (f"{paths[0]} is named twice and read once",)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "item,text\n1,b\n", "id and explanation"),
        ("a.csv", "", "expected explanations, .* found an empty file"),
        ("a.csv", " \n\n", "expected explanations, .* found an empty file"),
        ("a.json", "", "expected explanations, .* found an empty file"),
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
    assert {item: row.explanation for item, row in single(path).rows.items()} == {"1": "He left."}
    assert single(path).warnings == ()


def test_a_single_set_has_one_explanation_an_item(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("id,explanation\n1,He left.\n1,He stayed.\n", encoding="utf-8")
    with pytest.raises(InputError, match="item 1"):
        single(path)


def test_what_a_single_set_leaves_out_is_told(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    tasks = [
        task(1, annotation(1, "It rains."), annotation(1, "Skipped.", was_cancelled=True)),
        task(2, annotation(1, " ")),
        task(3, annotation(1, "")),
    ]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    found = single(path)
    assert (list(found.rows), found.left_out) == (["1"], 3)
    assert set(found.warnings) == {
        f"{path}: 1 annotation as cancelled left out",
        f"{path}: 2 annotations without an explanation left out",
    }


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t"), ("a.tsv", ",")])
def test_tables_are_separated_by_commas_semicolons_or_tabs(tmp_path: Path, name: str, mark: str) -> None:
    path = tmp_path / name
    rows = [["Explanation", "id", "emotion"], ['"He fell; it, too, broke."', "1", "anger"]]
    path.write_text("".join(f"{mark} ".join(row) + "\n" for row in rows), encoding="utf-8")
    assert single(path).rows == {"1": Annotated("1", "a", "He fell; it, too, broke.", "anger")}


def test_cells_too_many_are_refused_by_what_stands_between_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;explanation\n1;He fell; it broke.\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2: .* cells that contain a semicolon"):
        single(path)


def test_utterances_of_several_conversations_that_are_numbered_alike_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    tasks = [
        task(k, annotation(1, f"He sold it {k}."), utterance_id="2", conversation=f"call-{k}")
        for k in range(2)
    ]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    assert set(single(path).rows) == {"call-0/2", "call-1/2"}


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
    one = annotation(1, "It rains.", " Joy")
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
    assert single(path).rows["1"].explanation == long.strip()


@pytest.mark.parametrize("text", ["[" + "9" * 5000 + "]", "[" * 100_000, "[1e999]"])
def test_damaged_exports_are_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "project.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match="Label Studio's JSON export"):
        read([path])
