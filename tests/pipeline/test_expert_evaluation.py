from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.recordings import record

from heartsay.calibration import fit_expert
from heartsay.errors import InputError
from heartsay.labels import CREMA_D
from heartsay.pipeline.expert_evaluation import Read, evaluate_expert, heard_scores, scores
from heartsay.runtime.experts import ExpertReading


def read(rows: list[list[float]], accepted: list[bool] | None = None) -> Read:
    return Read(np.array(rows), np.array(accepted or [True] * len(rows)))


NOTHING = [np.nan] * 3


def test_what_is_not_read_is_wrong_and_has_no_confidence() -> None:
    found = scores(
        read([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], NOTHING, [0.1, 0.1, 0.8]], [True, False, False, True]),
        np.array([0, 1, 1, 2]),
    )
    assert found["n"] == 4
    assert found["accuracy"] == 50
    assert found["uar"] == pytest.approx(100 * (1 + 0 + 1) / 3)
    assert found["ece"] == pytest.approx(100 * (0.2 * 2 + 0.6) / 3)
    assert found["not_read"] == 25
    assert (found["accepted"], found["accepted_accuracy"]) == (50, 100)


def test_the_interval_is_over_speakers() -> None:
    said = read([[0.9, 0.05, 0.05]] * 4)
    assert scores(said, np.array([0, 0, 1, 1]), np.array(["a", "a", "b", "b"]))["accuracy_interval"] == [
        0,
        100,
    ]
    assert "accuracy_interval" not in scores(said, np.array([0, 0, 1, 1]), np.array(["a"] * 4))


def test_confidence_is_held_against_each_listener_and_against_their_agreement() -> None:
    votes = np.array([[10, 0, 0], [5, 5, 0], [6, 4, 0]])
    found = heard_scores(read([[1.0, 0, 0], [0.5, 0.4, 0.1], [0.6, 0.3, 0.1]]), votes)
    assert found["n"] == 2, "five against five is no majority"
    assert found["accuracy"] == 100
    assert found["ece"] == pytest.approx(0, abs=1e-9)
    assert found["correlation_with_agreement"] == pytest.approx(1)
    assert found["rank_correlation_with_agreement"] == pytest.approx(1)
    assert heard_scores(read([NOTHING] * 3), votes) == {"n": 0}


def test_each_person_counts_in_the_fit() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (400, 3))
    shares = np.exp(logits / 2) / np.exp(logits / 2).sum(1, keepdims=True)
    votes = np.array([random.multinomial(10, row) for row in shares])
    fitted = fit_expert(logits, votes, np.arange(400), 0.4)
    assert fitted.temperature.value == pytest.approx(2, rel=0.05)
    assert type(fitted).from_dict(fitted.to_dict()) == fitted


class Listener:
    """Hears the pitch of a tone: low is anger, high is sadness; quiet is nothing."""

    modality, labels, fold = "voice", CREMA_D, 0
    calibration = {"heard": None, "acted": None}  # noqa: RUF012

    def read_voice(self, samples: np.ndarray, rate: int) -> ExpertReading:
        if np.abs(samples).max() < 0.05:
            return ExpertReading({}, {}, "silence")
        high = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples) > 1000
        row = np.full(6, 0.04)
        row[5 if high else 0] = 0.8
        return ExpertReading({"heard": row, "acted": row}, {"heard": True, "acted": True})


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "crema-d"
    (folder / "audio").mkdir(parents=True)
    time = np.arange(16000) / 16000
    with (folder / "tabulatedVotes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *"ADFHNS", "fileName", "meanEmoResp"])
        for actor in range(20):
            for emotion, pitch, votes in (
                ("ANG", 500, (8, 0, 0, 0, 2, 0)),
                ("SAD", 1500, (0, 0, 0, 0, 4, 6)),
            ):
                name = f"{1001 + actor}_IEO_{emotion}_XX"
                writer.writerow([f"1{actor:04d}{emotion == 'SAD':d}", *votes, name, 50])
                tone = 0.3 * np.sin(2 * np.pi * pitch * time)
                record(folder / "audio" / f"{name}.ogg", tone)
    people = "".join(f"{1001 + k},30,{'Male' if k % 2 else 'Female'}\n" for k in range(20))
    (folder / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n" + people)
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path))


@pytest.mark.usefixtures("corpus")
def test_test_actors_are_read_under_each_condition() -> None:
    found = evaluate_expert(Listener(), conditions=("20 dB softer", "telephone"))
    assert found["n"] == 8, "a fifth of twenty actors, two clips each"
    assert found["accuracy"] == 100
    assert found["heard"]["accuracy"] == 100
    assert found["accuracy_by_condition"] == {"clean": 100, "20 dB softer": 0, "telephone": 100}
    assert found["ece_by_condition"] == pytest.approx({"clean": 20, "telephone": 20}), (
        "80% sure, always right"
    )
    assert found["single_rater_accuracy"] == pytest.approx(70)
    with pytest.raises(InputError, match="dev or test"):
        evaluate_expert(Listener(), "train")
