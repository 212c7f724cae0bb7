from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.dummies.pair_batches import pair_batch, pair_scorer

from heartsay.evidence.tensors import Batch
from heartsay.objectives.pair_losses import (
    alignment,
    candidates,
    gold_pairs,
    margin_ranking,
    pair_cross_entropy,
)
from heartsay.objectives.rpcl import ARMS, BASE, FULL, Rpcl, spoilt

TALKS = [(6, [(2, 1), (4, 4), (1, 5)]), (1, []), (4, []), (3, [(0, 0), (2, 1)])]
FREE = {(0, 0), (0, 3), (1, 0), (2, 0), (2, 1), (2, 2), (2, 3)}
"""Utterances in no gold pair; utterance 5 of the first talk is the cause of an earlier emotion."""


def batch() -> Batch:
    return pair_batch(TALKS)


def warm(settings: Any) -> Rpcl:
    """The objective after its ramp."""
    objective = Rpcl(settings)
    objective.epoch = 100.0
    return objective


@pytest.mark.parametrize("spoil", ["utterance", "modality", "dimension"])
def test_only_utterances_outside_every_gold_pair_are_spoilt(spoil: Any) -> None:
    data = batch()
    before, after = data.evidence, spoilt(data, replace(FULL, spoil=spoil, rate=1.0))
    for m in before.modalities:
        changed = (before.present[m] != after.present[m]) | (before.features[m] != after.features[m]).any(-1)
        assert {(b, t) for b, t in changed.nonzero().tolist()} == FREE
    for name in ("speaker", "real", "visible"):
        assert torch.equal(getattr(before, name), getattr(after, name))


def test_how_much_is_spoilt() -> None:
    torch.manual_seed(0)
    data = pair_batch([(300, [])])
    shares = {}
    for spoil in ("utterance", "modality", "dimension"):
        view = spoilt(data, replace(FULL, spoil=spoil, rate=0.3))  # type: ignore[arg-type]
        gone = {m: ~view.present[m] for m in view.modalities}
        zeroed = torch.cat([view.features[m] == 0 for m in view.modalities], -1).float().mean().item()
        same = all(torch.equal(gone["text"], x) for x in gone.values())
        shares[spoil] = (gone["text"].float().mean().item(), zeroed, same)
    assert shares["utterance"][0] == pytest.approx(0.3, abs=0.1)
    assert shares["utterance"][2]
    assert shares["modality"][0] == pytest.approx(0.3, abs=0.1)
    assert not shares["modality"][2]
    assert shares["dimension"][0] == 0.0
    assert shares["dimension"][1] == pytest.approx(0.3, abs=0.05)


def test_the_draw_is_new_each_time() -> None:
    torch.manual_seed(0)
    data = pair_batch([(60, [])])
    first, second = (spoilt(data, FULL).present["text"] for _ in range(2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("arm", list(ARMS))
def test_talk_without_free_utterances_pairs_or_rivals_trains_without_nan(arm: str) -> None:
    everything = [(2, [(0, 0), (1, 0), (1, 1)]), (1, [(0, 0)]), (1, []), (3, [])]
    for talks in ([everything[0]], [everything[1]], [everything[2]], everything):
        data, model = pair_batch(talks), pair_scorer().train()
        parts = warm(ARMS[arm]).losses(model, data)
        torch.stack(list(parts.values())).sum().backward()
        assert all(torch.isfinite(part) for part in parts.values())
        assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())


def test_where_nothing_is_free_nothing_moves() -> None:
    data = pair_batch([(2, [(0, 0), (1, 1)])])
    assert warm(FULL).losses(pair_scorer(), data)["alignment"].item() == pytest.approx(0.0, abs=1e-9)


def test_the_parts_are_those_of_the_formula() -> None:
    data, model = batch(), pair_scorer()
    settings = replace(FULL, rate=1.0, positive_weight=2.0, margin_weight=0.2, spoilt_weight=0.3)
    parts = warm(settings).losses(model, data)
    clean, other = model(data.evidence).pair, model(spoilt(data, settings)).pair
    valid, gold = candidates(data.evidence), gold_pairs(data)
    expected = {
        "pair": pair_cross_entropy(clean, gold, valid, 2.0),
        "margin": 0.2 * margin_ranking(clean, gold, valid, adaptive=True),
        "spoilt": 0.3 * pair_cross_entropy(other, gold, valid, 2.0),
        "alignment": FULL.alignment_weight * alignment(clean, other, valid),
    }
    assert set(parts) == {*expected, "emotion", "cause"}
    for name, value in expected.items():
        torch.testing.assert_close(parts[name], value)
    assert parts["alignment"] > 0


def test_the_arms_hold_the_parts_that_their_names_say() -> None:
    supervised = {"pair", "emotion", "cause"}
    expected = {
        "base": set(),
        "margin": {"margin"},
        "random-margin": {"margin"},
        "spoilt-labels": {"spoilt"},
        "alignment": {"alignment"},
        "two-readings": {"spoilt", "alignment"},
        "rpcl": {"margin", "spoilt", "alignment"},
    }
    model, data = pair_scorer(), batch()
    assert {a: set(warm(s).losses(model, data)) - supervised for a, s in ARMS.items()} == expected


def test_two_readings_differ_by_dropout_alone() -> None:
    data = batch()
    objective = warm(ARMS["two-readings"])
    assert objective.losses(pair_scorer(), data)["alignment"].item() == pytest.approx(0.0, abs=1e-9)
    assert objective.losses(pair_scorer().train(), data)["alignment"].item() > 0


def test_the_base_reads_once_and_the_full_objective_twice_at_a_time() -> None:
    for settings, rows in ((BASE, len(TALKS)), (FULL, 2 * len(TALKS))):
        model, seen = pair_scorer(), []
        model.register_forward_hook(lambda _, inputs, __, seen=seen: seen.append(len(inputs[0].real)))
        warm(settings).losses(model, batch())
        assert seen == [rows]


def test_the_weights_rise_from_nothing() -> None:
    data, model = batch(), pair_scorer()
    settings = replace(FULL, ramp=2.0, rate=1.0)
    objective = Rpcl(settings)
    at = []
    for epoch in (0.0, 1.0, 2.0, 3.0):
        objective.epoch = epoch
        at.append(objective.losses(model, data))
    for name in ("margin", "spoilt", "alignment"):
        values = [parts[name].item() for parts in at]
        assert values[0] == 0.0
        assert values[1] == pytest.approx(values[2] / 2)
        assert values[2] == pytest.approx(values[3])
    assert at[0]["pair"].item() == pytest.approx(at[3]["pair"].item())
    sudden = Rpcl(replace(settings, ramp=0.0))
    assert sudden.losses(model, data)["margin"].item() == pytest.approx(at[3]["margin"].item())


def test_the_ramp_survives_a_stop() -> None:
    objective = Rpcl()
    objective.epoch = 1.5
    other = Rpcl()
    other.load_state_dict(objective.state_dict())
    assert other.epoch == 1.5


def test_nothing_is_added_to_the_model() -> None:
    model = pair_scorer()
    names = [(n, p.shape) for n, p in model.named_parameters()]
    warm(FULL).losses(model, batch())
    assert [(n, p.shape) for n, p in model.named_parameters()] == names


def test_training_ranks_true_causes_higher() -> None:
    torch.manual_seed(0)
    data, model = batch(), pair_scorer().train()
    objective = warm(replace(FULL, rate=0.5))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(80):
        optimizer.zero_grad()
        torch.stack(list(objective.losses(model, data).values())).sum().backward()
        optimizer.step()
    valid, gold = candidates(data.evidence), gold_pairs(data)
    scores = model.eval()(data.evidence).pair.sigmoid()
    assert margin_ranking(scores.logit(), gold, valid, margin=0.0).item() == pytest.approx(0.0, abs=1e-6)
