from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from heartsay.cli import explain
from heartsay.cli.app import app

HEAD = "id,explanation\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    def equal(one: Sequence[str], other: Sequence[str]) -> list[float]:
        return [float(a == b) for a, b in zip(one, other, strict=True)]

    monkeypatch.setattr(explain, "_likeness", lambda folder: ("equality", equal))
    (tmp_path / "anna.csv").write_text(f"{HEAD}1,He left.\n2,He sold it.\n", encoding="utf-8")
    (tmp_path / "ben.csv").write_text(f"{HEAD}1,He left.\n2,It rains.\n", encoding="utf-8")
    return [str(tmp_path / "anna.csv"), str(tmp_path / "ben.csv")]


def test_agreement_is_printed_and_written(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "agreement"
    done = CliRunner().invoke(app, ["explain", "agree", *files, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "2 items by 2 annotators: anna, ben" in done.output
    assert "Likeness: 0.500 on average (equality)" in done.output
    assert (out / "agreed.csv").read_text("utf-8") == "id,explanation,emotion,likeness\n1,He left.,,1.0000\n"
    assert "2,0.0000" in (out / "discuss.csv").read_text("utf-8")
    assert json.loads((out / "agreement.json").read_text("utf-8"))["likeness_by"] == "equality"


def test_json_is_one_object(files: list[str]) -> None:
    done = CliRunner().invoke(app, ["explain", "agree", *files, "--json"])
    facts = json.loads(done.stdout)
    assert facts["agreed"] == 0.5
    assert facts["items"][1]["discuss"].startswith("the explanations are 0.00 alike")


def test_one_of_each_is_said_as_one_and_why_items_are_to_be_discussed(
    files: list[str], tmp_path: Path
) -> None:
    head = "id,explanation,emotion\n"
    Path(files[0]).write_text(f"{head}1,[laughs] He left.,Sadness\n2,He sold it.,joy\n", encoding="utf-8")
    Path(files[1]).write_text(f"{head}1,[laughs] He left.,anger\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["explain", "agree", *files])
    assert done.exit_code == 0, done.output
    assert "1 item by 2 annotators: anna, ben" in done.output
    assert "1 item was explained by one person only and is not compared." in done.output
    assert "Fleiss' kappa of the emotions: -1.000, over 1 item with 2 choices each" in done.output
    assert "no emotion leads: sadness, anger" in done.output
    assert done.output.count("[laughs] He") == 2


def test_emotions_are_compared_without_regard_to_capitals(files: list[str]) -> None:
    for path, emotions in zip(files, (("Sadness", "joy"), ("sadness", "JOY")), strict=True):
        rows = "".join(f"{k},He left.,{emotion}\n" for k, emotion in enumerate(emotions))
        Path(path).write_text(f"id,explanation,emotion\n{rows}", encoding="utf-8")
    facts = json.loads(CliRunner().invoke(app, ["explain", "agree", *files, "--json"]).stdout)
    assert (facts["kappa"], facts["kappa_items"], facts["agreed"]) == (1.0, 2, 1.0)
    assert [item["emotion"] for item in facts["items"]] == ["sadness", "joy"]


def test_what_is_not_scored_is_said(tmp_path: Path) -> None:
    written, wanted = tmp_path / "written.csv", tmp_path / "wanted.csv"
    wanted.write_text(f"{HEAD}1,It rains.\n2,\n3,He left.\n", encoding="utf-8")
    written.write_text(f"{HEAD}1,It rains.\n2,Well.\n3,He left.\n", encoding="utf-8")
    notes = [
        f"{wanted}: 1 annotation without an explanation left out",
        f"{written}: 1 explanation is of no reference and not scored, that of 2",
    ]
    done = CliRunner().invoke(app, ["explain", "score", str(written), str(wanted)])
    assert done.exit_code == 0, done.output
    assert all(f"Note: {note}." in done.output for note in notes)
    done = CliRunner().invoke(app, ["explain", "score", str(written), str(wanted), "--json"])
    facts = json.loads(done.stdout)
    assert (facts["items"], facts["warnings"]) == (2, notes)
    written.write_text(f"{HEAD}1,It rains.\n2,Well.\n3,He left.\n4,Oh.\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["explain", "score", str(written), str(wanted)])
    assert "2 explanations are of no reference and not scored, 2 among these." in done.output
    assert "2 items; not computed is not 0." in done.output


def test_scores_stand_beside_floors_and_their_implementations(tmp_path: Path) -> None:
    written, wanted = tmp_path / "written.csv", tmp_path / "wanted.csv"
    why = ("The reason he's sad is that it rains.", "The reason she's glad is that he left.")
    wanted.write_text(f"{HEAD}1,{why[0]}\n2,{why[1]}\n", encoding="utf-8")
    written.write_text(f"{HEAD}2,{why[1]}\n1,{why[0]}\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["explain", "score", str(written), str(wanted), "--json"])
    facts = json.loads(done.stdout)
    cider = {s["part"]: s["value"] for s in facts["scores"] if s["metric"] == "CIDEr"}
    floor = {s["part"]: s["value"] for s in facts["floors"]["opening alone"] if s["metric"] == "CIDEr"}
    assert cider["whole"] > floor["whole"] > 0 == floor["reason alone"]
    meteor = next(s for s in facts["scores"] if s["metric"] == "METEOR")
    assert (meteor["value"], meteor["why"]) == (None, "not asked for")


def test_items_left_out_are_refused(tmp_path: Path) -> None:
    from heartsay.errors import InputError

    written, wanted = tmp_path / "written.csv", tmp_path / "wanted.csv"
    wanted.write_text(f"{HEAD}1,It rains.\n2,He left.\n", encoding="utf-8")
    written.write_text(f"{HEAD}1,It rains.\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["explain", "score", str(written), str(wanted)])
    assert isinstance(done.exception, InputError)
    assert "none for 1 of them, 2 among these" in str(done.exception)
