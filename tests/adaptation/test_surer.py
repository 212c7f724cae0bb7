"""Adapting a model whose confidence depends on how sure it is of a conversation."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.conversations import random_conversation
from tests.dummies.model import build_calibration, model_folder, write_manifest

from heartsay.adaptation.fitting import Outcome, adapt
from heartsay.adaptation.folder import diagram
from heartsay.adaptation.unlabelled import guess
from heartsay.adaptation.words import perfect_ece
from heartsay.calibration import ProjectData, Sureness
from heartsay.conversation import Conversation
from heartsay.labels import EMOTIONS
from heartsay.pipeline.labelled import LabelledTalk
from heartsay.runtime import Bundle

HOME = ProjectData("meld", "dev", 113, 1092, "home")


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder: Path = shutil.copytree(model_folder(), tmp_path_factory.mktemp("careful") / "model")
    plain = build_calibration()
    sureness = Sureness(1.0, mean=0.1, spread=0.1, weight=0.0, slope=0.3, unlike=2.0)
    emotions = tuple(replace(emotion, sureness=sureness) for emotion in plain.emotions)
    saved = replace(plain, emotions=emotions, projects=(HOME,)).to_dict()
    (folder / "calibration.json").write_text(json.dumps(saved))
    write_manifest(folder)
    return Bundle.load(folder)


def talk(count: int) -> list[Conversation]:
    found = []
    for k in range(count):
        conversation = random_conversation(k, 6)
        felt = [
            replace(u, emotion=EMOTIONS.names[(k + n) % 7]) for n, u in enumerate(conversation.utterances)
        ]
        found.append(replace(conversation, id=str(k), utterances=tuple(felt)))
    return found


def test_ones_own_labels_take_the_place_of_caution_and_are_noted(careful: Bundle) -> None:
    found = adapt(careful, LabelledTalk(tuple(talk(12)), (), 72, False))
    assert all(emotion.sureness is None for emotion in found.calibration.emotions)
    assert found.calibration.projects == (HOME, ProjectData("own", "labelled", 12, 72, "own"))
    assert found.before.probabilities.shape == found.after.probabilities.shape


def test_talk_without_labels_leaves_the_caution(careful: Bundle) -> None:
    found = guess(careful, talk(40))
    assert found.calibration.emotions[0].sureness == careful.calibration.emotions[0].sureness


def test_what_perfect_confidence_would_show_is_no_less_for_annotators_who_agree() -> None:
    draw = np.random.default_rng(0)
    p = np.full((60, 7), 0.4 / 6)
    p[:, 0] = 0.6
    labels, where = draw.integers(0, 7, 60), np.repeat(np.arange(6), 10)
    alone = Outcome(np.arange(60), p, np.zeros(60, np.int64), p > 0.5, p[:, 0] > 0.5, labels, where)
    twelve = Outcome(*(np.repeat(column, 12, axis=0) for column in alone))
    assert perfect_ece(twelve) == pytest.approx(perfect_ece(alone))
    counts = [[part.count for part in diagram(found).bins] for found in (twelve, alone)]
    assert counts[0] == counts[1]
    assert sum(counts[0]) == 60
    differing = twelve._replace(labels=np.tile(np.arange(12) % 2, 60))
    assert perfect_ece(differing) < perfect_ece(alone)
