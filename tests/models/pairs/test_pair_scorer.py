from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import WIDTHS, noise_like
from tests.dummies.pair_batches import pair_batch, pair_scorer

from heartsay.evidence.spoiling import without_cells
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.models.pairs.pair_scorer import SPEAKER_SLOTS, CauseReading, PairScorer

TALKS = [(5, [(2, 1), (4, 4)]), (1, [(0, 0)]), (8, [(7, 3)])]


def read(model: PairScorer, evidence: EvidenceBatch) -> CauseReading:
    with torch.inference_mode():
        reading: CauseReading = model(evidence)
    return reading


def part(evidence: EvidenceBatch, row: int, length: int) -> EvidenceBatch:
    """One conversation of a batch, without its padding."""
    return EvidenceBatch(
        {m: x[row : row + 1, :length] for m, x in evidence.features.items()},
        {m: x[row : row + 1, :length] for m, x in evidence.present.items()},
        evidence.speaker[row : row + 1, :length],
        evidence.real[row : row + 1, :length],
        evidence.visible[row : row + 1, :length, :length],
    )


def test_a_reading_covers_every_utterance_and_ordered_pair() -> None:
    reading = read(pair_scorer(), pair_batch(TALKS).evidence)
    assert reading.emotion.shape == (3, 8, 4)
    assert reading.cause.shape == (3, 8)
    assert reading.pair.shape == (3, 8, 8)
    assert all(torch.isfinite(x).all() for x in reading)


@pytest.mark.parametrize(("row", "length"), [(0, 5), (1, 1), (2, 8)])
def test_padding_and_batch_mates_change_nothing(row: int, length: int) -> None:
    model, evidence = pair_scorer(), pair_batch(TALKS, missing=0.3).evidence
    together, by_itself = read(model, evidence), read(model, part(evidence, row, length))
    torch.testing.assert_close(together.emotion[row, :length], by_itself.emotion[0])
    torch.testing.assert_close(together.cause[row, :length], by_itself.cause[0])
    torch.testing.assert_close(together.pair[row, :length, :length], by_itself.pair[0])


def test_what_is_not_present_leaves_no_trace() -> None:
    model, evidence = pair_scorer(), pair_batch(TALKS, missing=0.4).evidence
    noisy = {
        m: torch.where(evidence.present[m][..., None], x, 1e3 * noise_like(evidence)[m])
        for m, x in evidence.features.items()
    }
    for before, after in zip(
        read(model, evidence), read(model, replace(evidence, features=noisy)), strict=True
    ):
        torch.testing.assert_close(before, after)


def test_each_modality_and_the_speaker_count() -> None:
    model, evidence = pair_scorer(), pair_batch(TALKS).evidence
    before = read(model, evidence).pair
    for modality, noise in noise_like(evidence).items():
        changed = replace(evidence, features={**evidence.features, modality: noise})
        assert not torch.allclose(read(model, changed).pair, before)
    other = torch.where(evidence.speaker >= 0, evidence.speaker + 1, -1)
    assert not torch.allclose(read(model, replace(evidence, speaker=other)).pair, before)


def test_an_utterance_of_which_nothing_is_present_enters_as_nothing_speaker_included() -> None:
    model, evidence = pair_scorer(), pair_batch([(4, [(1, 0)])]).evidence
    hidden = torch.tensor([[False, True, False, False]])
    spoilt = without_cells(evidence, hidden)
    fed: list[torch.Tensor] = []
    model.recurrent.register_forward_hook(lambda _, inputs, __: fed.append(inputs[0].data))
    read(model, spoilt)
    assert fed[0].eq(0).all(1).sum() == 1
    assert torch.isfinite(read(model, without_cells(evidence, torch.ones(1, 4, dtype=torch.bool))).pair).all()


def test_any_number_of_speakers_can_be_read() -> None:
    model, evidence = pair_scorer(), pair_batch([(12, [])]).evidence
    crowd = replace(evidence, speaker=torch.arange(12)[None])
    assert torch.isfinite(read(model, crowd).pair).all()
    fed: list[torch.Tensor] = []
    model.speaker.register_forward_hook(lambda _, inputs, __: fed.append(inputs[0]))
    read(model, crowd)
    assert fed[0][0, SPEAKER_SLOTS:].eq(SPEAKER_SLOTS).all()
    assert fed[0][0, :SPEAKER_SLOTS].tolist() == list(range(SPEAKER_SLOTS))


def test_context_reaches_every_pair() -> None:
    model, evidence = pair_scorer(), pair_batch([(6, [])]).evidence
    changed = {m: x.clone() for m, x in evidence.features.items()}
    for m in changed:
        changed[m][0, 5] = noise_like(evidence)[m][0, 5]
    moved = (read(model, replace(evidence, features=changed)).pair - read(model, evidence).pair)[0].abs()
    assert (moved[:3, :3] > 1e-7).all()


def test_modalities_drop_in_training_only_and_only_where_there_are_several() -> None:
    evidence = pair_batch(TALKS).evidence
    model = pair_scorer(dropout=0.0, modality_dropout=0.5)
    torch.testing.assert_close(read(model, evidence).pair, read(model, evidence).pair)
    model.train()
    assert not torch.allclose(read(model, evidence).pair, read(model, evidence).pair)
    text = {"text": WIDTHS["text"]}
    single = pair_scorer(text, dropout=0.0, modality_dropout=0.5).train()
    single.pair_head.eval()
    alone = pair_batch(TALKS, text).evidence
    torch.testing.assert_close(read(single, alone).pair, read(single, alone).pair)
