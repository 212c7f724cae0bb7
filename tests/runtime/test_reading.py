from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from tests.dummies.conversations import WORDS, make_conversation, random_conversation
from tests.dummies.model import LONGEST, model_folder, read_packs, with_removals

from heartsay.calibration import Temperature
from heartsay.conversation import Conversation
from heartsay.evidence.packing import make_packs
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import utterance_means
from heartsay.evidence.tokens import pack_text
from heartsay.evidence.views import OWN_CONTEXT
from heartsay.pipeline.causes import Pairs, mean_pairs
from heartsay.pipeline.emotions import CalibratedReading, calibrate
from heartsay.runtime import Bundle, find_model, read_conversations, shipped_models


@pytest.fixture(scope="module")
def model() -> Bundle:
    return Bundle.load(model_folder())


@pytest.fixture(scope="module")
def mixing() -> Bundle:
    """The dummy with a mixture of its readings."""
    model = Bundle.load(model_folder())
    model.calibration = with_removals(model.calibration)
    return model


@pytest.fixture(scope="module", params=["dummy", "default"])
def any_model(request: pytest.FixtureRequest) -> Bundle:
    """The dummy, and the model that comes along: what must hold of a real network too."""
    if request.param == "dummy":
        return Bundle.load(model_folder())
    if not shipped_models():
        pytest.skip("the default model has not been exported yet")
    return Bundle.load(find_model())


@dataclass(frozen=True)
class Found:
    """What a model says of one conversation."""

    reading: Reading
    calibrated: CalibratedReading
    pairs: Pairs

    @property
    def logits(self) -> np.ndarray:
        return utterance_means(self.reading, self.reading.logits["full"], len(self.probabilities))

    @property
    def probabilities(self) -> np.ndarray:
        return self.calibrated.probabilities

    @property
    def whole(self) -> np.ndarray:
        return self.calibrated.whole

    @property
    def own(self) -> np.ndarray:
        return self.calibrated.views["own_context"]

    @property
    def other(self) -> np.ndarray:
        return self.calibrated.views["other_context"]


def read_all(model: Bundle, conversations: list[Conversation], views: bool = True) -> list[Found]:
    chosen = model.views if views else lambda evidence: ()
    return [
        Found(
            reading, calibrate(reading, evidence, model.calibration), mean_pairs(reading, len(conversation))
        )
        for conversation, evidence, reading in read_conversations(model, conversations, views=chosen)
    ]


def read(model: Bundle, conversation: Conversation, views: bool = True) -> Found:
    return read_all(model, [conversation], views)[0]


def alone(model: Bundle) -> Temperature:
    return Temperature(model.calibration.emotions[0].mixture.temperature)


def with_noise(conversation: Conversation, keep: int, own: bool) -> Conversation:
    """Replace what the view without own (or without other) context hides from utterance `keep`."""
    speaker = conversation.utterances[keep].speaker
    return replace(
        conversation,
        utterances=tuple(
            replace(u, text="zx qv") if t != keep and (u.speaker == speaker) == own else u
            for t, u in enumerate(conversation.utterances)
        ),
    )


def test_probabilities_are_the_calibrated_logits_where_one_window_holds_all(model: Bundle) -> None:
    reading = read(model, random_conversation(0, 5))
    np.testing.assert_allclose(reading.probabilities, alone(model).apply(reading.logits))
    assert reading.probabilities.shape == (5, 7)


def test_with_its_views_read_a_conversation_gets_the_fitted_mixture(mixing: Bundle) -> None:
    conversation = random_conversation(5, 6)
    reading = read(mixing, conversation)
    fitted = mixing.calibration.emotions[1].mixture
    tempered = [
        np.where(np.isnan(view), reading.whole, view) for view in (reading.whole, reading.own, reading.other)
    ]
    expected = sum(w * p for w, p in zip(fitted.weights, tempered, strict=True))
    np.testing.assert_allclose(reading.probabilities, expected)
    np.testing.assert_allclose(reading.whole, Temperature(fitted.temperature).apply(reading.logits))
    assert not np.allclose(reading.probabilities, reading.whole, atol=1e-3)


def test_without_its_views_it_gets_the_temperature_of_the_full_reading(mixing: Bundle) -> None:
    reading = read(mixing, random_conversation(5, 6), views=False)
    np.testing.assert_allclose(reading.probabilities, alone(mixing).apply(reading.logits))
    np.testing.assert_array_equal(reading.probabilities, reading.whole)


def test_an_utterance_without_any_context_is_its_own_mixture(mixing: Bundle) -> None:
    reading = read(mixing, make_conversation("one", ("A", "Help me.")))
    np.testing.assert_allclose(reading.probabilities, reading.whole)


def test_every_pair_seen_together_is_listed_once(model: Bundle) -> None:
    reading = read(model, random_conversation(1, 4))
    pairs = list(zip(reading.pairs.emotion.tolist(), reading.pairs.cause.tolist(), strict=True))
    assert pairs == [(i, j) for i in range(4) for j in range(4)]


def test_pairs_stand_in_the_right_cell(model: Bundle) -> None:
    conversation = random_conversation(2, 6)
    text = pack_text(conversation, model.tokenizer, model.tokens)
    (found,) = read_packs(model, make_packs(text.segments, text.windows, model.tokens.lead))
    raw = found.pair
    assert raw is not None
    reading = read(model, conversation)
    np.testing.assert_allclose(reading.pairs.log_odds.reshape(6, 6), raw, rtol=1e-6)
    assert not np.allclose(raw, raw.T)


def test_a_long_conversation_is_read_whole_and_pairs_stay_near(model: Bundle) -> None:
    reading = read(model, random_conversation(3, 300), views=False)
    assert np.isfinite(reading.probabilities).all()
    assert set(reading.pairs.emotion[reading.pairs.emotion == reading.pairs.cause]) == set(range(300))
    assert len(reading.pairs.emotion) < 300 * LONGEST
    order = reading.pairs.emotion * 300 + reading.pairs.cause
    assert (np.diff(order) > 0).all()


def test_an_utterance_read_in_several_windows_is_their_mean_by_tokens(model: Bundle) -> None:
    conversation = make_conversation("long", ("A", "Help me."), ("B", " ".join(WORDS * 40)), ("A", "Fine."))
    text = pack_text(conversation, model.tokenizer, model.tokens)
    packs = make_packs(text.segments, text.windows, model.tokens.lead)
    assert len(packs) > 5
    total = np.zeros(7)
    weight = 0.0
    for pack, raw in zip(packs, read_packs(model, packs), strict=True):
        logits = raw.emotion
        for row in np.nonzero((pack.utterance == 1) & (pack.weight > 0))[0]:
            total += pack.weight[row] * alone(model).apply(logits[[row]])[0]
            weight += pack.weight[row]

    reading = read(model, conversation)

    np.testing.assert_allclose(reading.probabilities[1], total / weight, rtol=1e-6)
    np.testing.assert_allclose(reading.probabilities.sum(axis=1), 1.0)


@pytest.mark.parametrize("own", [True, False], ids=["own", "other"])
def test_what_a_view_hides_cannot_move_it(any_model: Bundle, own: bool) -> None:
    conversation = random_conversation(4, 8)
    before = read(any_model, conversation)
    for keep in range(8):
        after = read(any_model, with_noise(conversation, keep, own))
        view_before, view_after = (before.own, after.own) if own else (before.other, after.other)
        np.testing.assert_array_equal(view_before[keep], view_after[keep])
        assert not np.allclose(before.whole[keep], after.whole[keep], atol=1e-4)


def test_with_all_context_hidden_an_utterance_reads_as_if_alone(any_model: Bundle) -> None:
    monologue = make_conversation("m", *(("A", text) for text in ("Help me.", "Leave me alone.", "Fine.")))
    own = read(any_model, monologue).own
    turns = make_conversation("t", ("A", "Help me."), ("B", "Leave me alone."), ("C", "Fine."))
    other = read(any_model, turns).other
    for t, utterance in enumerate(monologue.utterances):
        single = read(any_model, Conversation("alone", (utterance,))).whole[0]
        np.testing.assert_array_equal(own[t], single)
    for t, utterance in enumerate(turns.utterances):
        single = read(any_model, Conversation("alone", (utterance,))).whole[0]
        np.testing.assert_array_equal(other[t], single)


def test_where_nothing_can_be_hidden_a_view_is_nan(model: Bundle) -> None:
    reading = read(model, make_conversation("c", ("A", "Help me."), ("B", "Fine."), ("A", "What?")))
    assert np.isnan(reading.own[1]).all()
    assert np.isfinite(reading.own[[0, 2]]).all()
    monologue = read(model, make_conversation("m", ("A", "Help me."), ("A", "Fine.")))
    assert np.isnan(monologue.other).all()


def test_windows_in_which_nothing_is_hidden_count_with_their_full_reading(model: Bundle) -> None:
    # Only the first windows over the long turn show the speaker's short turn before it.
    conversation = make_conversation("c", ("A", "Help me, please."), ("A", " ".join(WORDS * 20)))
    text = pack_text(conversation, model.tokenizer, model.tokens)
    total, weight, edited = np.zeros(7), 0.0, 0
    for window in text.windows:
        (full,) = make_packs(text.segments, [window], model.tokens.lead)
        views = [
            pack
            for pack in make_packs(text.segments, [window], model.tokens.lead, OWN_CONTEXT)
            if pack.weight[pack.utterance == 1].sum() > 0
        ]
        edited += len(views)
        pack = views[0] if views else full
        logits = read_packs(model, [pack])[0].emotion
        row = int(np.nonzero(pack.utterance == 1)[0][0])
        total += pack.weight[row] * alone(model).apply(logits[[row]])[0]
        weight += pack.weight[row]
    assert 0 < edited < len(text.windows)

    reading = read(model, conversation)

    np.testing.assert_allclose(reading.own[1], total / weight, rtol=1e-6)


def test_company_changes_nothing(any_model: Bundle) -> None:
    conversations = [random_conversation(seed, 1 + 4 * seed, "ABC") for seed in range(4)]
    together = read_all(any_model, conversations[::-1])[::-1]
    for conversation, company in zip(conversations, together, strict=True):
        apart = read(any_model, conversation)
        for name in ("probabilities", "whole", "own", "other"):
            np.testing.assert_array_equal(getattr(apart, name), getattr(company, name))
        np.testing.assert_array_equal(apart.pairs.log_odds, company.pairs.log_odds)


def test_views_are_read_only_where_asked_for(model: Bundle) -> None:
    conversations = [random_conversation(seed, 2 + seed) for seed in range(4)]
    read = read_conversations(model, conversations, views=lambda e: model.views(e) if len(e) < 4 else ())
    assert ["own_context" in reading.logits for _, _, reading in read] == [True, True, False, False]
