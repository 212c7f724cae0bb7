"""What adapting a model measures, and which conversations it counts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.adaptation.test_surer import talk
from tests.dummies.model import build_calibration, model_folder, with_removals, write_manifest

from heartsay import limits
from heartsay.adaptation import fitting
from heartsay.adaptation.fitting import Outcome, adapt, outcome
from heartsay.adaptation.unlabelled import guess
from heartsay.calibration import EmotionCalibration
from heartsay.calibration.adapting import Labelled
from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.pipeline.annotators import Labels
from heartsay.pipeline.labelled import LabelledTalk
from heartsay.runtime import Bundle


@pytest.fixture(scope="module")
def mixing(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model that reads short talk with a mixture of views and long talk in full."""
    folder: Path = shutil.copytree(model_folder(), tmp_path_factory.mktemp("mixing") / "model")
    (folder / "calibration.json").write_text(json.dumps(with_removals(build_calibration()).to_dict()))
    write_manifest(folder)
    return Bundle.load(folder)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[str, ...], set[int]]]:
    """The views of each calibration that outcomes are made with, and the conversations they are of."""
    found: list[tuple[tuple[str, ...], set[int]]] = []

    def watched(
        emotion: EmotionCalibration,
        probabilities: NDArray[np.float64],
        labels: Labels,
        conversation: NDArray[np.int64],
    ) -> Outcome:
        found.append((emotion.mixture.views, set(conversation.tolist())))
        return outcome(emotion, probabilities, labels, conversation)

    def quick(emotion: EmotionCalibration, given: Labelled) -> EmotionCalibration:
        return replace(emotion, prior=tuple(np.zeros(given.shares.shape[1])), sureness=None)

    monkeypatch.setattr(fitting, "outcome", watched)
    monkeypatch.setattr(fitting, "adapt_emotions", quick)
    monkeypatch.setattr(limits, "_changed", {"evidence_utterances": 6})
    return found


def labelled_talk(conversations: Sequence[Conversation]) -> LabelledTalk:
    return LabelledTalk(tuple(conversations), (), sum(map(len, conversations)), False)


def lengthened(conversation: Conversation) -> Conversation:
    """The same said twice over, which is over the limit."""
    again = tuple(replace(u, id=f"{u.id}b") for u in conversation.utterances)
    return replace(conversation, utterances=(*conversation.utterances, *again))


FULL, MIXED = ("full",), ("full", "own_context", "other_context")


def test_each_conversation_is_measured_with_what_analysing_it_takes(
    mixing: Bundle, measured: list[tuple[tuple[str, ...], set[int]]]
) -> None:
    given = [lengthened(c) if k >= 12 else c for k, c in enumerate(talk(15))]
    found = adapt(mixing, labelled_talk(given))
    assert {e.mixture.views for e in found.calibration.emotions} == {FULL, MIXED}
    for views, conversations in measured:
        assert all(c < 12 for c in conversations) == (views == MIXED)
        assert all(c >= 12 for c in conversations) == (views == FULL)
    assert sorted(np.unique(found.after.conversation)) == list(range(15))
    assert found.before.conversation.tolist() == found.after.conversation.tolist()
    assert found.before.labels.tolist() == found.after.labels.tolist()


def test_a_mixture_that_is_not_written_is_not_measured(
    mixing: Bundle, measured: list[tuple[tuple[str, ...], set[int]]]
) -> None:
    given = [lengthened(c) if k >= 4 else c for k, c in enumerate(talk(12))]
    found = adapt(mixing, labelled_talk(given))
    assert [e.mixture.views for e in found.calibration.emotions] == [FULL]
    before, after = measured[::2], measured[1::2]
    assert {views for views, _ in after} == {FULL}
    assert {views for views, of in before if of & set(range(4))} == {MIXED}
    assert len(np.unique(found.after.conversation)) == 12
    assert any("too few conversations of up to 6 utterances" in note for note in found.notes)


def silenced(conversation: Conversation) -> Conversation:
    return replace(conversation, utterances=tuple(replace(u, text=None) for u in conversation.utterances))


@pytest.mark.parametrize("readable", [0, 1, 2, 9])
def test_conversations_that_cannot_be_read_do_not_count(mixing: Bundle, readable: int) -> None:
    given = [c if k < readable else silenced(c) for k, c in enumerate(talk(12))]
    with pytest.raises(InputError, match=f"found {readable} conversation.* that the model can read"):
        adapt(mixing, labelled_talk(given))
    with pytest.raises(InputError, match=f"expected 10 conversations with words or more, found {readable}"):
        guess(mixing, given)


def test_what_is_said_counts_what_was_read(
    mixing: Bundle, measured: list[tuple[tuple[str, ...], set[int]]]
) -> None:
    given = [c if k < 10 else silenced(c) for k, c in enumerate(talk(12))]
    found = adapt(mixing, labelled_talk(given))
    assert (found.conversations, found.utterances) == (10, 60)
    assert any(note.startswith("2 of 12 labelled conversations have no") for note in found.notes)
    assert guess(mixing, given).conversations == 10


def test_every_utterance_counts_alike_whatever_annotators_agreed_on(
    mixing: Bundle, measured: list[tuple[tuple[str, ...], set[int]]]
) -> None:
    given = talk(12)
    first = replace(given[0].utterances[0], emotion=None, votes={"joy": 1.0, "anger": 1.0})
    given[0] = replace(given[0], utterances=(first, *given[0].utterances[1:]))
    found = adapt(mixing, labelled_talk(given))
    counts = np.bincount(found.after.conversation)
    assert set(counts.tolist()) == {6 * 12}
