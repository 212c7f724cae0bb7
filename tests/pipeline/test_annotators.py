"""What is measured on labels of several annotators is what `analyze` says."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.conversations import random_conversation
from tests.dummies.model import build_calibration, model_folder, with_removals, write_manifest

import heartsay
from heartsay.calibration import Sureness
from heartsay.conversation import Conversation
from heartsay.labels import EMOTIONS
from heartsay.pipeline.annotators import annotator_labels, gold_labels
from heartsay.pipeline.evaluation import evaluate, labelled_probabilities
from heartsay.pipeline.labelled import LabelledTalk, read_labelled
from heartsay.runtime import Bundle

JOY, ANGER = EMOTIONS.index("joy"), EMOTIONS.index("anger")


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model that mixes views and lowers its confidence with how sure it is of a conversation."""
    folder: Path = shutil.copytree(model_folder(), tmp_path_factory.mktemp("careful") / "model")
    plain = with_removals(build_calibration())
    sureness = Sureness(1.0, mean=0.1, spread=0.1, weight=20.0, slope=0.3, unlike=2.0)
    emotions = tuple(replace(emotion, sureness=sureness) for emotion in plain.emotions)
    (folder / "calibration.json").write_text(json.dumps(replace(plain, emotions=emotions).to_dict()))
    write_manifest(folder)
    return Bundle.load(folder)


def talk(*votes: dict[str, float]) -> Conversation:
    """A conversation of which only the first utterances are labelled."""
    given = random_conversation(1, 2 * len(votes))
    pairs = zip(given.utterances, votes, strict=False)
    labelled = tuple(replace(u, emotion=max(v, key=lambda name: v[name]), votes=v) for u, v in pairs)
    rest = tuple(replace(u, emotion=None) for u in given.utterances[len(votes) :])
    return replace(given, utterances=(*labelled, *rest))


def test_confidence_is_measured_as_analyze_gives_it(careful: Bundle) -> None:
    given = talk({"joy": 1, "anger": 1}, {"joy": 2}, {"neutral": 2, "fear": 1})
    reading, shares = read_labelled(careful, LabelledTalk((given,), (), 3, True))
    labels = annotator_labels(shares)
    found, _ = labelled_probabilities(reading, careful.calibration, labels)
    shown = heartsay.analyze(given, model=str(careful.folder)).utterances
    for row in range(3):
        told = [shown[row].emotion.distribution[name] for name in EMOTIONS]
        assert found[labels.row == row] == pytest.approx(np.tile(told, (12, 1)), abs=2e-6)


def test_every_part_counts_utterances(careful: Bundle) -> None:
    differing = talk({"joy": 1, "anger": 1}, {"joy": 2}, {"neutral": 2})
    agreeing = talk({"joy": 2}, {"joy": 2}, {"neutral": 2})
    measured = []
    for given in (differing, agreeing):
        reading, shares = read_labelled(careful, LabelledTalk((given,), (), 3, True))
        found = evaluate(careful, reading, (given,), emotions=annotator_labels(shares))
        assert (found["n"], found["full_reading_alone"]["n"]) == (3, 3)
        measured.append(found)
    reading, _ = read_labelled(careful, LabelledTalk((agreeing,), (), 3, True))
    assert measured[1] == evaluate(careful, reading, (agreeing,))
    assert gold_labels(reading).label.tolist() == [JOY, JOY, EMOTIONS.neutral]
