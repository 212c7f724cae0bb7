from __future__ import annotations

import pytest
import torch
from tests.dummies.pair_batches import pair_batch, pair_scorer

from heartsay.models.pairs.blocked import pair_blocks, read_in_blocks

MODEL = pair_scorer()
EVIDENCE = pair_batch([(40, []), (1, []), (17, [])]).evidence


def whole() -> torch.Tensor:
    with torch.inference_mode():
        pair: torch.Tensor = MODEL(EVIDENCE).pair
    return pair


def allowed(future: bool, window: int | None) -> torch.Tensor:
    place = torch.arange(40)
    distance = place[:, None] - place[None]
    cells = EVIDENCE.real[:, :, None] & EVIDENCE.real[:, None]
    if not future:
        cells = cells & (distance >= 0)
    return cells if window is None else cells & (distance.abs() <= window)


@pytest.mark.parametrize("future", [False, True])
@pytest.mark.parametrize("window", [None, 0, 3, 39, 1000])
@pytest.mark.parametrize("cells", [1, 50, 100_000])
def test_blocks_say_what_the_whole_says_and_nothing_elsewhere(
    future: bool, window: int | None, cells: int
) -> None:
    reading = read_in_blocks(MODEL, EVIDENCE, future=future, window=window, cells=cells)
    inside = allowed(future, window)
    torch.testing.assert_close(reading.pair[inside], whole()[inside])
    assert (reading.pair[~inside] == -torch.inf).all()


def test_emotions_and_causes_are_read_too() -> None:
    with torch.inference_mode():
        expected = MODEL(EVIDENCE)
    reading = read_in_blocks(MODEL, EVIDENCE, window=2)
    torch.testing.assert_close(reading.emotion, expected.emotion)
    torch.testing.assert_close(reading.cause, expected.cause)


@pytest.mark.parametrize(("future", "window"), [(False, None), (True, None), (False, 4), (True, 4)])
def test_blocks_keep_to_the_size_asked_for_and_meet_every_row_once(future: bool, window: int | None) -> None:
    vectors, speaker = torch.randn(300, 16), torch.zeros(300, dtype=torch.long)
    with torch.inference_mode():
        blocks = list(pair_blocks(MODEL.pair_head, vectors, speaker, future=future, window=window, cells=900))
    assert max(b.log_odds.numel() for b in blocks) <= 900
    assert [row for b in blocks for row in range(b.first_emotion, b.first_emotion + len(b.log_odds))] == list(
        range(300)
    )
    assert len(blocks) < 300


def test_dropout_is_off() -> None:
    model = pair_scorer(dropout=0.5).train()
    torch.testing.assert_close(read_in_blocks(model, EVIDENCE).pair, read_in_blocks(model, EVIDENCE).pair)


def test_a_negative_window_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        read_in_blocks(MODEL, EVIDENCE, window=-1)
