"""An expert by commands alone: trained, exported, measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.runs import faces
from typer.testing import CliRunner

from heartsay.cli.app import app


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ferplus"
    folder.mkdir()
    for split, seed in (("train", 0), ("valid", 1), ("test", 2)):
        part = faces(48, seed, split)
        np.savez(folder / f"{split}.npz", image=part.image, votes=part.votes, name=part.name)
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path))
    monkeypatch.setattr("heartsay.corpora.ferplus.LIKENESS", 0.999)  # noise is alike enough otherwise
    (tmp_path / "own.yaml").write_text("base: face\nepochs: 2\nbatch_size: 16\nbfloat16: false\n")
    return tmp_path


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_face_expert_from_training_to_its_scores(corpus: Path) -> None:
    folder = corpus / "run"
    trained = json.loads(run("train", str(corpus / "own.yaml"), "--out", str(folder), "--json"))
    assert [row["epoch"] for row in trained["epochs"]] == [1, 2]
    exported = json.loads(run("export", str(folder), "--json"))
    measured = json.loads(
        run("evaluate", "--model", exported["written"], "--corpus", "ferplus", "--split", "test", "--json")
    )
    assert (measured["model"], measured["n"]) == ("own", 48)
    assert {"accuracy", "uar", "ece", "majority_class"} <= set(measured)
    result = CliRunner().invoke(app, ["evaluate", "--model", exported["written"], "--corpus", "meld"])
    assert result.exit_code != 0
    assert "give --corpus ferplus" in f"{result.output} {result.exception}"
