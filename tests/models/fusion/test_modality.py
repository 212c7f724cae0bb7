"""What tokens are is told to whoever asks, for every kind of pass, and never guessed."""

from __future__ import annotations

import pytest
import torch

from heartsay.errors import InputError
from heartsay.models.fusion.modality import (
    FACE,
    PADDING,
    TEXT,
    VOICE,
    ModalityTokens,
    current,
    listener,
    listening,
    reading,
)

IDS = torch.tensor([[PADDING, TEXT, VOICE, VOICE, FACE, TEXT], [TEXT, VOICE, FACE, FACE, TEXT, PADDING]])


def test_nobody_who_asks_outside_is_answered() -> None:
    with pytest.raises(InputError, match="modality ids: expected modality ids"):
        current()
    with reading(ModalityTokens(IDS)) as tokens:
        assert current() is tokens
    with pytest.raises(InputError):
        current()


def test_a_whole_pass_has_the_ids() -> None:
    assert torch.equal(ModalityTokens(IDS).of_pass(2, 6), IDS)


def test_what_comes_after_the_prompt_is_text() -> None:
    tokens = ModalityTokens(IDS, grows=True)
    assert tokens.of_pass(2, 8).tolist() == [[*row, TEXT, TEXT] for row in IDS.tolist()]
    assert tokens.of_keys(8).tolist() == [[*row, TEXT, TEXT] for row in IDS.tolist()]
    tokens.start = 7
    assert tokens.of_pass(2, 1).tolist() == [[TEXT], [TEXT]]


@pytest.mark.parametrize(
    ("start", "batch", "length", "grows"),
    [
        (0, 2, 7, False),  # more tokens than ids: an expanded sequence
        (0, 2, 5, False),
        (0, 2, 5, True),
        (6, 2, 1, False),
        (3, 2, 3, True),  # a prompt in parts
        (0, 3, 6, True),  # beams
    ],
)
def test_ids_that_do_not_cover_what_is_read_are_refused(
    start: int, batch: int, length: int, grows: bool
) -> None:
    with pytest.raises(InputError, match="modality ids"):
        ModalityTokens(IDS, grows=grows, start=start).of_pass(batch, length)


def test_shapes_that_do_not_match_are_refused() -> None:
    with pytest.raises(InputError, match="as many marks"):
        ModalityTokens(IDS, torch.ones(2, 5, dtype=torch.bool))
    with pytest.raises(InputError, match="as many marks"):
        ModalityTokens(IDS[0])


def test_answers_begin_with_the_last_given_token() -> None:
    tokens = ModalityTokens(IDS, grows=True)
    assert tokens.answering(7).tolist() == [[False] * 5 + [True] * 2, [False] * 4 + [True] * 3]
    tokens.start = 6
    assert tokens.answering(1).all()


def test_padding_is_never_given() -> None:
    assert torch.equal(ModalityTokens(IDS).given, IDS != PADDING)
    everything = ModalityTokens(IDS, torch.ones_like(IDS, dtype=torch.bool))
    assert torch.equal(everything.given, IDS != PADDING)


def test_layers_tell_only_who_listens_to_that() -> None:
    assert listener("gates") is None
    with listening("gates") as gates:
        with listening("attention") as attention:
            for heard in (listener("gates"), listener("attention")):
                assert heard is not None
                heard.append(1)
        assert listener("attention") is None
    assert (gates, attention, listener("gates")) == ([1], [1], None)
