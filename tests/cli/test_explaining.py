"""A tiny language model is tuned on a Label Studio export, writes, and is scored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.dummies.language_model import language_model_in
from typer.testing import CliRunner, Result

from heartsay.cli.app import app
from heartsay.errors import InputError
from heartsay.training.run_folder import RunFolder


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["explain", *map(str, arguments)])


def task(
    conversation: str, position: int, speaker: str, text: str, why: str | None, emotion: str = "joy"
) -> dict[str, Any]:
    results = [
        {"type": "choices", "from_name": "emotion", "value": {"choices": [emotion]}},
        {"type": "textarea", "from_name": "why", "value": {"text": [why]}},
    ]
    data = {"conversation": conversation, "position": position, "utterance_id": str(position + 1)}
    return {
        "data": {**data, "speaker": speaker, "text": text},
        "annotations": [{"completed_by": 1, "result": results}] if why else [],
    }


@pytest.fixture
def export(tmp_path: Path) -> Path:
    tasks = []
    for k in range(4):
        tasks.append(task(f"call-{k}", 0, "Ben", "We won the pitch!", None))
        tasks.append(task(f"call-{k}", 1, "Mara", "We won the pitch!", "She won the pitch."))
    path = tmp_path / "project.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def test_from_an_export_to_scores(export: Path, tmp_path: Path) -> None:
    model = language_model_in(tmp_path / "language")
    run, written = tmp_path / "run", tmp_path / "written.csv"
    done = call("train", export, "--model", model, "--epochs", 1, "--out", run)
    assert done.exit_code == 0, done.output
    assert "Best epoch 1: loss" in done.output
    assert not list(run.glob("model*.safetensors"))  # the language model is not copied
    done = call("generate", run, export, "--out", written, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["explanations"] == 4
    lines = written.read_text("utf-8").splitlines()
    assert lines[0] == "id,explanation,emotion,note"
    assert lines[1].startswith("call-0/2,")
    wanted = tmp_path / "wanted.csv"
    wanted.write_text(
        "id,explanation\n" + "".join(f"call-{k}/2,She won.\n" for k in range(4)), encoding="utf-8"
    )
    if all(line.split(",")[1] for line in lines[1:]):
        assert call("score", written, wanted).exit_code == 0


def test_what_is_left_out_of_an_export_is_counted_and_neutral_is_no_feeling(
    export: Path, tmp_path: Path
) -> None:
    tasks = json.loads(export.read_text("utf-8"))
    tasks.append(task("call-8", 0, "Ben", "We won the pitch!", "Ben is neutral.", "Neutral"))
    tasks.append(task("call-9", 0, "Ben", "We won the pitch!", " "))
    export.write_text(json.dumps(tasks), encoding="utf-8")
    given = ("train", export, "--model", language_model_in(tmp_path / "language"), "--epochs", 1)
    done = call(*given, "--out", tmp_path / "run", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["train"] + facts["dev"]) == 4
    assert facts["warnings"][:2] == [
        f"{export}: 1 annotation without an explanation left out",
        "1 explanation is of no emotion that is stated and was left out, that of call-8/1",
    ]
    assert RunFolder(tmp_path / "run").data()["left_out"] == 2


def test_trained_again_with_another_seed_the_folder_is_refused(export: Path, tmp_path: Path) -> None:
    model = language_model_in(tmp_path / "language")
    given = ("train", export, "--model", model, "--epochs", 1, "--out", tmp_path / "run", "--float32")
    assert call(*given).exit_code == 0
    assert call(*given).exit_code == 0  # finished: left as it is
    done = call(*given, "--seed", 2)
    assert isinstance(done.exception, InputError)
    assert "another configuration or seed" in str(done.exception)


def test_talk_without_emotions_is_refused_and_says_what_reads_them(tmp_path: Path) -> None:
    talk = tmp_path / "talk.csv"
    talk.write_text("speaker,text\nBen,We won!\n", encoding="utf-8")
    done = call("generate", language_model_in(tmp_path / "language"), talk)
    assert "an emotion other than neutral" in str(done.exception)


def test_a_language_model_that_is_not_there_is_named(export: Path, tmp_path: Path) -> None:
    done = call("train", export, "--model", tmp_path / "none", "--out", tmp_path / "run")
    assert "no such folder or file" in str(done.exception)
