"""What a voice adds is found where it adds something, and nothing is learnt from what is tested."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heartsay.calibration.softmax import softmax
from heartsay.experiments.words_and_voice import study
from heartsay.experiments.words_and_voice.fitting import fit, standardised, within
from heartsay.experiments.words_and_voice.study import HEADLINE, WORDS, Talk, cross_validated, deal, losses
from heartsay.runtime import Bundle


def talk(strength: float, count: int = 600) -> Talk:
    """Words that are right half of the time, and a voice that tells the rest if it is strong."""
    random = np.random.default_rng(0)
    gold = random.integers(0, 3, count)
    words = np.log(softmax(random.normal(size=(count, 3)) + 1.5 * np.eye(3)[gold]))
    voice = random.normal(size=(count, 5))
    voice[:, :3] += strength * np.eye(3)[gold]
    return Talk(words, voice, gold, np.repeat(np.arange(count // 10), 10), ("a", "b", "c"))


def test_a_voice_that_tells_something_is_heard_and_one_that_does_not_costs_little() -> None:
    for strength, least, most in ((1.5, 0.1, 1.0), (0.0, -0.02, 0.005)):
        given = talk(strength)
        fold = deal(given, 0)
        loss = {a: losses(cross_validated(a, given, fold)[0], given.gold).mean() for a in (WORDS, HEADLINE)}
        assert least < loss[WORDS] - loss[HEADLINE] < most


def test_a_fold_is_read_by_a_fit_to_the_others() -> None:
    given = talk(1.0, 300)
    fold = deal(given, 1)
    before, _ = cross_validated(HEADLINE, given, fold)
    gold = given.gold.copy()
    gold[fold == 2] = 0
    after, _ = cross_validated(HEADLINE, given._replace(gold=gold), fold)
    assert np.allclose(before[fold == 2], after[fold == 2])
    assert not np.allclose(before[fold != 2], after[fold != 2])


def test_conversations_are_dealt_whole() -> None:
    given = talk(0.0)
    fold = deal(given, 3)
    assert all(len(set(fold[given.conversation == c])) == 1 for c in range(60))
    assert set(fold) == set(range(study.FOLDS))


def test_without_a_voice_words_are_scaled_and_offset_alone() -> None:
    given = talk(0.0)
    added = fit(given.words, given.voice[:, :0], given.gold, 1.0)
    assert added.weights.shape == (0, 3)
    assert added.slope > 0
    assert np.allclose(
        added.logits(given.words, given.voice[:, :0]), added.slope * given.words + added.offset
    )


def test_measures_are_by_the_training_part_and_within_the_conversation() -> None:
    random = np.random.default_rng(1)
    voice = random.normal(3, 2, (40, 2))
    training = np.arange(40) < 20
    found = standardised(voice, training)
    assert np.allclose(found[training].mean(0), 0)
    voice[30] = 1e9
    assert np.array_equal(standardised(voice, training)[:20], found[:20])
    assert standardised(voice, training)[30].tolist() == [4.0, 4.0]
    inside = within(found[:20], np.repeat([0, 1], 10))
    assert np.allclose(inside[:10], found[:10] - found[:10].sum(0) / 12)


def test_the_study_writes_what_it_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stamp:
        def model_dump(self) -> dict[str, str]:
            return {"name": "dummy"}

    class Reader:
        stamp = Stamp()

    monkeypatch.setattr(study, "read_talk", lambda model, report: talk(1.5, 300))
    monkeypatch.setattr(study, "DEALINGS", (0, 1))
    monkeypatch.setattr(study, "PENALTIES", (10.0, 100.0))
    model: Bundle = Reader()  # type: ignore[assignment]
    content = study.reproduce(model, tmp_path)
    assert len(content["rows"]) == 2 * len(study.ARMS)
    headline = [
        row
        for row in content["comparisons"]
        if row["first"] == HEADLINE and row["metric"] == "weighted_f1" and row["resample_runs"]
    ]
    assert headline[0]["low"] > 0
    assert "words, and the voice as it is" in (tmp_path / "tables.md").read_text()
