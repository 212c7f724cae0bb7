"""Packed recurrence against torch's own, one sequence at a time."""

from __future__ import annotations

import pytest
import torch
from tests.dummies.evidence import feature_batch
from torch import Tensor

from heartsay.evidence.tensors import concatenate
from heartsay.evidence.view_stack import ReadingMemory
from heartsay.models.layers.recurrent import BidirectionalEncoder, by_conversation, by_speaker, packing
from heartsay.objectives.shared_dropout import SharedDropout

SEQUENCE = torch.tensor([[3, 0, 3, 3, -1], [7, 7, -1, 0, 7], [-1, -1, -1, -1, -1]])
"""Three sequences with holes, across rows, and numbers that skip."""


def by_torch(encoder: BidirectionalEncoder, values: Tensor) -> Tensor:
    """Steps first, (T, B, D), without dropout."""
    for layer in encoder.layers:
        values = layer(values)[0]
    return values


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_sequences_read_as_one_by_one_with_the_same_gradients(cell: str) -> None:
    torch.manual_seed(0)
    encoder = BidirectionalEncoder(5, 4, cell=cell).double()  # type: ignore[arg-type]
    values = torch.randn(3, 5, 5, dtype=torch.float64, requires_grad=True)
    pull = torch.randn(3, 5, 8, dtype=torch.float64)
    found = encoder(values, SEQUENCE)
    wanted = torch.zeros(3, 5, 8, dtype=torch.float64)
    for number in (0, 3, 7):
        where = number == SEQUENCE
        wanted[where] = by_torch(encoder, values[where][:, None])[:, 0]
    torch.testing.assert_close(found, wanted)
    inputs = [values, *encoder.parameters()]
    for one, other in zip(
        torch.autograd.grad((found * pull).sum(), inputs),
        torch.autograd.grad((wanted * pull).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_a_wide_single_precision_encoder_agrees_too() -> None:
    torch.manual_seed(0)
    encoder = BidirectionalEncoder(200, 128)
    values = torch.randn(2, 6, 200)
    found = encoder(values, torch.tensor([[0] * 6, [1] * 6]))
    wanted = by_torch(encoder, values.transpose(0, 1)).transpose(0, 1)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_the_mirror_of_the_mirror_is_the_place_itself() -> None:
    packed = packing(SEQUENCE)
    assert packed.sizes == [3, 3, 2]
    assert torch.equal(packed.mirror[packed.mirror], torch.arange(8))
    assert (
        SEQUENCE.flatten()[packed.place].tolist() == SEQUENCE.flatten()[packed.place[packed.mirror]].tolist()
    )


def test_dropout_acts_between_layers_and_only_in_training() -> None:
    encoder = BidirectionalEncoder(5, 4, dropout=0.5)
    values, sequence = torch.randn(2, 3, 5), torch.zeros(2, 3, dtype=torch.long)
    assert not torch.equal(encoder(values, sequence), encoder(values, sequence))
    encoder.eval()
    assert torch.equal(encoder(values, sequence), encoder(values, sequence))


def test_sequences_of_a_batch() -> None:
    evidence = feature_batch((3, 5), speakers=2).evidence
    assert by_conversation(evidence).tolist() == [[0, 0, 0, -1, -1], [1, 1, 1, 1, 1]]
    number = by_speaker(evidence)
    same = (number[:, :, None] == number[:, None, :]) & evidence.real[:, :, None] & evidence.real[:, None, :]
    assert torch.equal(same, evidence.same_speaker)
    assert not set(number[0].tolist()) & set(number[1].tolist())
    assert (number[0, 3:] == -1).all()


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_dropout_of_a_stack_is_that_of_its_views(cell: str) -> None:
    encoder, dropout = BidirectionalEncoder(5, 4, cell=cell, dropout=0.5), SharedDropout(ReadingMemory())  # type: ignore[arg-type]
    evidence = feature_batch((3, 5, 4)).evidence
    values, twice = torch.randn(3, 5, 5), concatenate([evidence, evidence])
    with dropout:
        one = encoder(values, by_conversation(evidence))
    with dropout.repeated():
        both = encoder(values.repeat(2, 1, 1), by_conversation(twice))
    torch.testing.assert_close(both, one.repeat(2, 1, 1))
