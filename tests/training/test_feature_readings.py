"""Readings under many views: each as if it were read ALONE, and lined up with the right utterances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.dummies.evidence import WIDTHS, feature_corpus
from torch import nn

from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.tensors import EvidenceBatch, collate
from heartsay.evidence.views import OWN_CONTEXT, removals, without
from heartsay.models.backbone import Backbone, EmotionReading, FillMissing
from heartsay.models.strict import read_strictly
from heartsay.training import feature_readings as module
from heartsay.training.feature_readings import Extras, feature_reading, read_removals, removals_only

MODALITIES = tuple(WIDTHS)
VIEWS = ("full", "without_text", "without_voice", "without_face", "own_context", "other_context")
BY_REMOVAL = removals(MODALITIES)


class Leaky(Backbone):
    """A recurrence carries along what its attention may not see."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.filled = FillMissing(WIDTHS, "learned")
        for vector in self.filled.learned.values():
            nn.init.normal_(vector)
        self.recurrence = nn.GRU(sum(WIDTHS.values()), 6, batch_first=True)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(12, 4)

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        joined = torch.cat(list(self.filled(evidence).values()), -1)
        state, _ = self.recurrence(joined)  # (B, T, 6)
        share = evidence.visible.float() / evidence.visible.sum(-1, keepdim=True).clamp(min=1)
        vectors = torch.cat([state, share @ state], -1)
        return EmotionReading(self.head(self.dropout(vectors)), vectors)


@pytest.fixture(scope="module")
def corpus() -> EvidenceCorpus:
    whole = feature_corpus(sizes=(3, 5, 6), missing=0.2)
    hidden = whole.splits["dev"][1]
    emotion = hidden.emotion.copy()
    emotion[0] = UNLABELLED
    dev = (whole.splits["dev"][0], replace(hidden, emotion=emotion), *whole.splits["dev"][2:])
    return replace(whole, splits={**whole.splits, "dev": dev})


def read(corpus: EvidenceCorpus) -> list[LabelledConversation]:
    return [*corpus.splits["dev"], *corpus.splits["test"]]


@pytest.fixture(scope="module")
def readings(corpus: EvidenceCorpus) -> Reading:
    extras = Extras(coalitions="strict", missing_rates=(0.0, 0.5), missing_draws=2)
    return feature_reading(Leaky(), corpus, MODALITIES, extras=extras)


def test_rows_are_the_labelled_utterances_in_order(corpus: EvidenceCorpus, readings: Reading) -> None:
    expected = [
        (u, int(c.emotion[k]), number, k, int(c.evidence.speaker[k]), "dev" if number < 5 else "test")
        for number, c in enumerate(read(corpus))
        for k, u in enumerate(c.evidence.utterances)
        if c.emotion[k] != UNLABELLED
    ]
    columns = ("utterance", "gold", "conversation", "position", "speaker", "split")
    assert list(zip(*(getattr(readings, name).tolist() for name in columns), strict=True)) == expected
    assert readings.conversations == tuple(c.id for c in read(corpus))
    assert readings.classes == corpus.classes
    assert readings.modalities == MODALITIES


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("mode", ["edges", "strict"])
def test_each_view_reads_as_it_does_alone(
    corpus: EvidenceCorpus, readings: Reading, mode: str, view: str
) -> None:
    model = Leaky().eval()
    rows = []
    with torch.inference_mode():
        for conversation in read(corpus):
            evidence = collate([conversation], MODALITIES).evidence
            edited = evidence if view == "full" else BY_REMOVAL[view](evidence)
            reading = read_strictly(model, edited) if mode == "strict" else model(edited)
            rows.append(reading.emotion[0][torch.from_numpy(conversation.emotion != UNLABELLED)])
    np.testing.assert_allclose(readings.logits[f"{mode}/{view}"], torch.cat(rows), atol=1e-5)


def test_hidden_context_leaks_through_edges_only(readings: Reading) -> None:
    gap = np.abs(readings.logits["edges/own_context"] - readings.logits["strict/own_context"])
    assert gap.max() > 0.01
    assert (readings.logits["edges/without_text"] == readings.logits["strict/without_text"]).all()


@pytest.mark.parametrize("size", [1, 7, 60])
def test_how_much_is_read_at_once_changes_nothing(
    corpus: EvidenceCorpus, readings: Reading, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CELLS", size)
    outputs = read_removals(Leaky(), corpus.splits["test"], MODALITIES)
    for name, values in outputs.logits.items():
        np.testing.assert_allclose(values, readings.of("test").logits[name], atol=1e-5)


def test_one_mode_alone_gives_the_same_numbers(corpus: EvidenceCorpus, readings: Reading) -> None:
    for mode in ("edges", "strict"):
        outputs = read_removals(Leaky(), corpus.splits["test"], MODALITIES, modes=(mode,))
        assert set(outputs.logits) == {f"{mode}/{view}" for view in VIEWS}
        for name, values in outputs.logits.items():
            np.testing.assert_allclose(values, readings.of("test").logits[name], atol=1e-5)


def test_coalitions_hold_what_their_bits_say(corpus: EvidenceCorpus, readings: Reading) -> None:
    named = {name for name in readings.logits if name.startswith("coalition/")}
    assert len(named) == 2**5
    np.testing.assert_allclose(readings.logits["coalition/11111"], readings.logits["strict/full"], atol=1e-5)
    np.testing.assert_allclose(
        readings.logits["coalition/10111"], readings.logits["strict/without_voice"], atol=1e-5
    )
    np.testing.assert_allclose(
        readings.logits["coalition/11110"], readings.logits["strict/other_context"], atol=1e-5
    )
    evidence = collate([read(corpus)[0]], MODALITIES).evidence
    with torch.inference_mode():
        both = OWN_CONTEXT(without("text")(evidence))
        expected = read_strictly(Leaky().eval(), both).emotion[0]
    np.testing.assert_allclose(readings.logits["coalition/01101"][: len(expected)], expected, atol=1e-5)


def test_cells_go_missing_at_their_rate_and_alike_for_every_model(
    corpus: EvidenceCorpus, readings: Reading
) -> None:
    full = readings.logits["edges/full"]
    np.testing.assert_allclose(readings.logits["missing/0/1"], full, atol=1e-6)
    moved = [np.abs(readings.logits[f"missing/0.5/{draw}"] - full).max() for draw in (0, 1)]
    assert min(moved) > 0.01
    assert (readings.logits["missing/0.5/0"] != readings.logits["missing/0.5/1"]).any()
    extras = Extras(missing_rates=(0.5,), missing_draws=1)
    again = feature_reading(Leaky(), corpus, MODALITIES, extras=extras)
    np.testing.assert_array_equal(again.logits["missing/0.5/0"], readings.logits["missing/0.5/0"])


def test_a_single_modality_has_the_views_of_context_alone(corpus: EvidenceCorpus) -> None:
    class Voice(Leaky):
        def forward(self, evidence: EvidenceBatch) -> EmotionReading:
            first = evidence.features["voice"][..., :4]
            return EmotionReading(first, first)

    outputs = read_removals(Voice(), corpus.splits["dev"], ("voice",), modes=("edges",))
    assert set(outputs.logits) == {"edges/full", "edges/own_context", "edges/other_context"}


def test_removals_alone_take_less_room(readings: Reading) -> None:
    kept = removals_only(readings)
    assert set(kept.logits) == {f"{mode}/{view}" for mode in ("edges", "strict") for view in VIEWS}
    assert kept.representation is None
    assert kept.gold is readings.gold
