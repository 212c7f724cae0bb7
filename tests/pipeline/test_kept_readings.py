from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.encoder import HELD_BACK
from tests.dummies.model import model_folder
from tests.dummies.results import simulated
from tokenizers import Tokenizer

from heartsay.evidence.reading import Reading
from heartsay.pipeline import kept_readings
from heartsay.pipeline.kept_readings import kept_reading
from heartsay.runtime import Bundle


def counted(readings: list[Reading]) -> Reading:
    readings.append(simulated(len(readings)))
    return readings[-1]


@pytest.fixture
def model() -> Bundle:
    return Bundle.load(model_folder())


def test_talk_is_read_once_by_a_model(tmp_path: Path, model: Bundle) -> None:
    made: list[Reading] = []
    first, second = (kept_reading(tmp_path, model, HELD_BACK, lambda: counted(made)) for _ in range(2))
    assert len(made) == 1
    assert np.array_equal(first.logits["full"], second.logits["full"])
    assert np.array_equal(first.gold, second.gold)


def test_other_talk_and_the_same_talk_with_other_labels_are_read_anew(tmp_path: Path, model: Bundle) -> None:
    made: list[Reading] = []
    changed = replace(
        HELD_BACK[0],
        utterances=tuple(replace(u, emotion="anger") for u in HELD_BACK[0].utterances),
    )
    for talk in (HELD_BACK, HELD_BACK[:1], [changed]):
        kept_reading(tmp_path, model, talk, lambda: counted(made))
    assert len(made) == 3


def test_what_else_reads_otherwise_is_read_anew(
    tmp_path: Path, model: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Reading] = []

    def read(by: Bundle) -> None:
        kept_reading(tmp_path, by, HELD_BACK, lambda: counted(made))

    read(model)
    longer, lowered = copy(model), copy(model)
    longer.tokens = replace(model.tokens, longest=model.tokens.longest - 1)
    lowered.tokenizer = Tokenizer.from_str(model.tokenizer.to_str())
    lowered.tokenizer.add_tokens(["zugzwang"])
    read(longer)
    read(lowered)
    assert len(made) == 3
    for name, other in (("CONTEXTS", ()), ("_code", lambda: "of another day")):
        monkeypatch.setattr(kept_readings, name, other)
        read(model)
    assert len(made) == 5
    calibrated = model.adapted(model.folder, model.calibration, "0" * 64)
    read(calibrated)
    assert len(made) == 5, "a calibration changes nothing about a reading"


def test_without_a_folder_nothing_is_kept_and_a_damaged_file_is_made_anew(
    tmp_path: Path, model: Bundle
) -> None:
    made: list[Reading] = []
    kept_reading(None, model, HELD_BACK, lambda: counted(made))
    assert not list(tmp_path.iterdir())
    kept_reading(tmp_path, model, HELD_BACK, lambda: counted(made))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    kept_reading(tmp_path, model, HELD_BACK, lambda: counted(made))
    assert len(made) == 3
