"""Both experts, their cards and the probability of conflict by one command, from tiny corpora on disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpora.conftest import write_meld
from tests.dummies.clips import write_crema_d, write_ferplus
from tests.dummies.model import SENTENCES, model_folder
from tests.dummies.runs import face_training, voice_training
from typer.testing import CliRunner

from heartsay.card import Card
from heartsay.cli.app import app
from heartsay.corpora import crema_d
from heartsay.corpora.crema_d_folds import actor_splits
from heartsay.errors import InputError
from heartsay.experiments.experts import reproduce
from heartsay.experiments.experts.card import flat
from heartsay.experiments.experts.conflicts import Judged, scores
from heartsay.runtime import load_modality_experts
from heartsay.runtime.shipped import shipped_models

FELT = ("anger", "sadness", "neutral")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("data")
    write_crema_d(root)
    write_ferplus(root)
    for split, talks in (("train", 1), ("dev", 30), ("test", 30)):
        rows = [
            (talk, turn, "AB"[turn % 2], FELT[(talk + turn) % 3], SENTENCES[(talk + turn) % 7])
            for talk in range(talks)
            for turn in range(4)
        ]
        write_meld(root / "meld" / f"{split}_sent_emo.csv", rows)
    settings = {"voice": voice_training(epochs=30), "face": face_training(epochs=2, network="expert")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARTSAY_DATA", str(root))
        patch.setattr("heartsay.corpora.ferplus.LIKENESS", 0.999)
        patch.setattr(reproduce, "load", lambda name: settings[name])
        words = ("reproduce", "experts", "--model", str(model_folder()), "--json")
        places = {"work": "work", "results": "results", "ship": "ship", "cache": "cache"}
        folders = [part for name, at in places.items() for part in (f"--{name}", str(root / at))]
        result = CliRunner().invoke(app, [*words, *folders], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return root, json.loads(result.stdout)


def test_what_ships_is_loaded_and_has_a_card(made: tuple[Path, dict[str, Any]]) -> None:
    root, content = made
    ship = root / "ship"
    experts = load_modality_experts(weights=ship)
    assert list(experts.experts) == ["voice", "face"]
    assert shipped_models(ship) == (), "experts are no readers of talk"
    for modality, corpus in (("voice", "crema-d"), ("face", "ferplus")):
        card = Card.load(ship / modality / "card.json")
        test = card.metrics[f"{corpus}/test"]
        assert test["accuracy"] == pytest.approx(content[modality]["test"]["accuracy"])
        assert card.training_data[0].licence
        assert card.emotion_reliability is not None
        assert sum(b.count for b in card.emotion_reliability.bins) == test["n"]
        text = (ship / modality / "card.md").read_text("utf-8")
        assert "±  is" not in text
        assert all(limit in text for limit in card.limits)
    listener = next(f for f in Card.load(ship / "voice" / "card.json").floors if f.name == "one listener")
    assert listener.value == pytest.approx(100 * (8 + 8 + 7) / 27, abs=0.01)


def test_conflicts_are_fitted_on_development_data_and_measured_on_test_data(
    made: tuple[Path, dict[str, Any]],
) -> None:
    root, content = made
    rows = {(row["first"], row["second"], row["corpus"]): row for row in content["conflict"]}
    assert list(rows) == [
        ("voice", "face", "crema-d"),
        ("text", "voice", "composed"),
        ("text", "face", "composed"),
        ("voice", "face", "composed"),
    ]
    assert rows["voice", "face", "crema-d"]["n"] == 12, "three clips of each of four test actors"
    conflicts = load_modality_experts(weights=root / "ship").conflicts
    assert conflicts is not None
    assert [pair.modalities for pair in conflicts.pairs] == [
        ("voice", "face"),
        ("text", "voice"),
        ("text", "face"),
    ]
    pair = conflicts.of("voice", "face")
    assert pair is not None
    splits = actor_splits(crema_d.read_genders(root))
    actors = [int(actor) - 1001 for actor, split in splits.items() if split == "dev"]
    apart = sum(actor % 2 for actor in actors) + sum(actor % 3 == 0 for actor in actors)
    assert (pair.utterances, pair.conflicts) == (3 * len(actors), apart)
    assert pair.readers == tuple(content["experts"][m]["sha256"] for m in ("voice", "face"))
    words = conflicts.of("text", "voice")
    assert words is not None
    assert words.readers[0] == content["reader"]["sha256"]
    assert "composed conversations" in words.fitted_on
    table = (root / "results/experts/tables.md").read_text("utf-8")
    assert "| words and voice | composed, MELD's test words |" in table


def test_one_expert_is_made_anew_beside_the_other(
    made: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, before = made
    monkeypatch.setenv("HEARTSAY_DATA", str(root))
    monkeypatch.setattr("heartsay.corpora.ferplus.LIKENESS", 0.999)
    monkeypatch.setattr(reproduce, "load", lambda name: voice_training(epochs=2))
    for folder in ("ship", "results"):
        shutil.copytree(root / folder, tmp_path / folder)

    def again(results: Path, *, refit: bool = False) -> dict[str, Any]:
        return reproduce.reproduce_experts(
            tmp_path / "work",
            results,
            tmp_path / "ship",
            root / "cache",
            model=str(model_folder()),
            only="voice",
            refit=refit,
        )

    with pytest.raises(InputError, match="figures of the expert of the face that stays"):
        again(tmp_path / "elsewhere")
    kept = again(tmp_path / "results/experts", refit=True)
    assert {"command": "reproduce", **kept} == before, "the same networks on the same data"
    assert not (tmp_path / "work/voice/run.json").exists(), "nothing is trained"
    after = again(tmp_path / "results/experts")
    assert after["experts"]["face"] == before["experts"]["face"]
    assert after["face"] == before["face"]
    assert after["experts"]["voice"]["sha256"] != before["experts"]["voice"]["sha256"]
    experts = load_modality_experts(weights=tmp_path / "ship")
    assert experts.experts["voice"].sha256 == after["experts"]["voice"]["sha256"]
    assert experts.conflicts is not None
    pair = experts.conflicts.of("voice", "face")
    assert pair is not None
    assert pair.readers == tuple(after["experts"][m]["sha256"] for m in ("voice", "face"))


def test_the_scores_of_a_probability() -> None:
    p = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5]])
    q = np.array([[0.9, 0.1], [0.9, 0.1], [0.7, 0.3], [0.4, 0.6]])
    judged = Judged(p, q, np.array([False, True, False, True]), np.array(list("abcd")))
    found = scores(np.array([0.1, 0.9, 0.3, 0.2]), judged)
    assert (found["n"], found["conflicts"], found["flagged"], found["flagged_right"]) == (4, 50, 25, 100)
    assert found["auroc"] == 75
    assert found["auroc_of_labels"] == 100
    low, high = found["auroc_interval"]
    assert low <= 75 <= high


def test_numbers_within_numbers_become_one_row() -> None:
    assert flat(
        {"n": 2, "heard": {"ece": 1.5}, "accuracy_by_condition": {"telephone": 50.0}, "none": None}
    ) == {
        "n": 2.0,
        "heard_ece": 1.5,
        "accuracy_by_condition, telephone": 50.0,
    }
    assert flat({"interval": [1, 2]}) == {"interval_low": 1.0, "interval_high": 2.0}
