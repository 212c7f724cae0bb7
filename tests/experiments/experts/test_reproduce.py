"""Both experts, their cards and the probability of conflict by one command, from tiny corpora on disk."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpora.conftest import write_meld
from tests.dummies.model import SENTENCES, model_folder
from tests.dummies.recordings import record, tone
from tests.dummies.runs import face_training, voice_training
from typer.testing import CliRunner

from heartsay.card import Card
from heartsay.cli.app import app
from heartsay.experiments.experts import reproduce
from heartsay.experiments.experts.card import flat
from heartsay.experiments.experts.conflicts import Judged, scores
from heartsay.labels import FER_PLUS
from heartsay.runtime import load_modality_experts
from heartsay.runtime.shipped import shipped_models

PITCH = {"ANG": 300, "SAD": 3000, "NEU": 1000}
VOTES = {"ANG": (8, 0, 0, 0, 1, 0), "SAD": (0, 0, 0, 0, 1, 8), "NEU": (0, 2, 0, 0, 7, 0)}
FELT = ("anger", "sadness", "neutral")


def write_crema_d(root: Path) -> None:
    """Twenty actors in three emotions; every other face shows what its voice does not."""
    folder = root / "crema-d"
    (folder / "audio").mkdir(parents=True)
    with (folder / "tabulatedVotes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *"ADFHNS", "fileName", "meanEmoResp"])
        for actor in range(20):
            for k, emotion in enumerate(VOTES):
                name = f"{1001 + actor}_IEO_{emotion}_XX"
                face = VOTES["SAD" if emotion == "ANG" and actor % 2 else emotion]
                for digit, votes in zip("123", (VOTES[emotion], face, face), strict=True):
                    writer.writerow([f"{digit}{actor:03d}{k:02d}", *votes, name, 50])
                sound = tone(0.6, PITCH[emotion]) + np.random.default_rng(actor).normal(0, 0.01, 9600)
                record(folder / "audio" / f"{name}.ogg", sound)
    people = "".join(f"{1001 + k},30,{'Male' if k % 2 else 'Female'}\n" for k in range(20))
    (folder / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n" + people)


def write_ferplus(root: Path) -> None:
    folder = root / "ferplus"
    folder.mkdir()
    for seed, split in enumerate(("train", "valid", "test")):
        random = np.random.default_rng(seed)
        emotion = np.arange(56) % len(FER_PLUS)
        image = random.integers(0, 150, (56, 48, 48))
        image[np.arange(56), 6 * emotion] += 100
        votes = np.zeros((56, 10), np.uint8)
        votes[np.arange(56), emotion] = 10
        names = np.array([f"{split}{k}" for k in range(56)])
        np.savez(folder / f"{split}.npz", image=image.astype(np.uint8), votes=votes, name=names)


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
    assert (pair.utterances, pair.conflicts) == (6, 1), "two development actors, one of them in conflict"
    assert pair.readers == tuple(content["experts"][m]["sha256"] for m in ("voice", "face"))
    words = conflicts.of("text", "voice")
    assert words is not None
    assert words.readers[0] == content["reader"]["sha256"]
    assert "composed conversations" in words.fitted_on
    table = (root / "results/experts/tables.md").read_text("utf-8")
    assert "| words and voice | composed, MELD's test words |" in table


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
