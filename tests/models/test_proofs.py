"""What every registered backbone owes: company changes nothing, and what is hidden is not felt."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch, noise_like

from heartsay.evidence.spoiling import with_missing_cells
from heartsay.evidence.tensors import BatchView, EvidenceBatch, stack
from heartsay.evidence.views import ALONE, Replacement, removals
from heartsay.models.backbone import Backbone, EmotionReading, InputShape
from heartsay.models.leak import leak
from heartsay.models.registry import BACKBONES, build_backbone
from heartsay.models.strict import read_strictly

Reader = Callable[[EvidenceBatch], EmotionReading]

SMALL: dict[str, dict[str, Any]] = {
    "dialogue-rnn": {"state": 8, "emotion": 6, "hidden": 6},
    "dialogue-gcn": {"encoder": 6, "graph": 6, "hidden": 6, "window": 3, "bases": 3, "longest": 5},
    "mmgcn": {"hidden": 8, "graph_width": 6, "depth": 3},
    "mm-dfn": {"hidden": 8, "graph_width": 6, "depth": 3},
    "m3net": {"hidden": 8, "graph_width": 6, "hypergraph_layers": 2, "high_frequency_layers": 2},
    "evidence-attention": {"width": 16, "layers": 2, "heads": 4},
}
"""Settings that keep a backbone small."""

SPEAKERS = 3
CLOSE = 2e-5
MOVED = 1e-3

VIEWS: dict[str, BatchView] = {
    "whole": lambda evidence: evidence,
    **removals(tuple(WIDTHS)),
    "missing cells": lambda e: with_missing_cells(e, 0.4, torch.Generator().manual_seed(7)),
}

every_backbone = pytest.mark.parametrize("name", BACKBONES)
both_modes = pytest.mark.parametrize("mode", ["edges", "strict"])
every_view = pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))


@cache
def backbone(name: str, filling: str | None = None) -> Backbone:
    """A backbone in which every weight does something, also those that start at 0."""
    torch.manual_seed(3)
    settings = SMALL[name] | ({} if filling is None else {"filling": filling})
    model = build_backbone(name, InputShape(WIDTHS, SPEAKERS, len(EMOTIONS)), settings).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return model


def reader(name: str, mode: str, filling: str | None = None) -> Reader:
    model = backbone(name, filling)
    read = model if mode == "edges" else partial(read_strictly, model)
    return torch.no_grad()(read)


def fillings(name: str) -> list[str]:
    """What the backbone can put in place of missing cells."""
    known = ["zero", "learned", "conversation_mean"]
    return known[:2] if BACKBONES[name].load().strict_by_construction else known


def test_every_backbone_is_kept_small_here() -> None:
    assert list(SMALL) == list(BACKBONES)


def evidence(seed: int = 0, *lengths: int) -> EvidenceBatch:
    return feature_batch(lengths or (5, 1, 7), SPEAKERS, seed=seed, missing=0.2).evidence


def part(whole: EvidenceBatch, row: int, places: slice | list[int]) -> EvidenceBatch:
    """Some places of one conversation."""
    return EvidenceBatch(
        {m: x[row : row + 1, places] for m, x in whole.features.items()},
        {m: x[row : row + 1, places] for m, x in whole.present.items()},
        whole.speaker[row : row + 1, places],
        whole.real[row : row + 1, places],
        whole.visible[row : row + 1, places][:, :, places],
    )


def close(found: EmotionReading, wanted: EmotionReading, where: torch.Tensor) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert torch.isfinite(one[where]).all()
        torch.testing.assert_close(one[where], other[where], atol=CLOSE, rtol=CLOSE)


# 1. Padding and batch mates.


@every_backbone
@both_modes
@every_view
def test_padding_and_batch_mates_change_nothing(name: str, mode: str, view: BatchView) -> None:
    read, seen = reader(name, mode), view(evidence())
    # Padding must not be looked at, so it may hold anything.
    loud = {m: torch.where(seen.real[..., None], x, 1e3) for m, x in seen.features.items()}
    together = read(replace(seen, features=loud))
    for row, length in enumerate(seen.real.sum(1).tolist()):
        own = read(part(seen, row, slice(length)))
        for one, other in zip(own, together, strict=True):
            assert torch.isfinite(one).all()
            torch.testing.assert_close(one[0], other[row, :length], atol=CLOSE, rtol=CLOSE)


# 2. Everything hidden.


@every_backbone
def test_with_all_others_hidden_a_conversation_reads_as_its_utterances_one_by_one(name: str) -> None:
    for filling in fillings(name):
        whole, read = evidence(), reader(name, "strict", filling)
        apart = read(ALONE(whole))
        for row, place in whole.real.nonzero().tolist():
            single = read(part(whole, row, [place]))
            for one, other in zip(single, apart, strict=True):
                torch.testing.assert_close(one[0, 0], other[row, place], atol=CLOSE, rtol=CLOSE)
        # Which would prove nothing if context did nothing.
        assert (read(whole).emotion - apart.emotion)[whole.real].abs().max() > MOVED


# 3. Noise in what is hidden.


@every_backbone
@every_view
def test_what_a_strict_view_removed_can_be_noise(name: str, view: BatchView) -> None:
    for filling in fillings(name):
        seen, read = view(evidence(1, 7)), reader(name, "strict", filling)
        before, noise = read(seen), noise_like(seen)
        absent = {m: ~here for m, here in seen.present.items()}
        for target in range(7):
            hidden = ~seen.visible[:, target]  # (1, T)
            spoilt = replace(
                seen,
                features={
                    m: torch.where((absent[m] | hidden)[..., None], noise[m], x)
                    for m, x in seen.features.items()
                },
                present={m: here ^ hidden for m, here in seen.present.items()},
            )
            close(read(spoilt), before, torch.tensor([[k == target for k in range(7)]]))


@every_backbone
def test_what_is_visible_can_not_be_noise(name: str) -> None:
    whole = evidence(1, 7)
    last = torch.tensor([[False] * 6 + [True]])
    noise = noise_like(whole)
    spoilt = {m: torch.where(last[..., None], noise[m], x) for m, x in whole.features.items()}
    read = reader(name, "strict")
    moved = read(replace(whole, features=spoilt)).emotion - read(whole).emotion
    assert moved[0, 0].abs().max() > MOVED / 10
    assert moved[0, 6].abs().max() > MOVED


@every_backbone
@pytest.mark.parametrize("view", [v for v in VIEWS if v not in ("whole", "own_context", "other_context")])
def test_a_missing_cell_is_not_felt_in_either_mode(name: str, view: str) -> None:
    for filling in fillings(name):
        size = leak(reader(name, "edges", filling), evidence(2, 6, 4), VIEWS[view], torch.Generator())
        assert size < CLOSE


@every_backbone
@pytest.mark.parametrize("view", ["own_context", "other_context"])
def test_the_leak_of_a_context_is_measured(name: str, view: str) -> None:
    # Filling from the conversation's mean would leak by itself, so cells are all there.
    whole = feature_batch((6, 4), SPEAKERS, seed=2).evidence
    leaks = {m: leak(reader(name, m), whole, VIEWS[view], torch.Generator()) for m in ("edges", "strict")}
    assert leaks["strict"] < CLOSE
    if BACKBONES[name].load().strict_by_construction:
        assert leaks["edges"] < CLOSE
    else:
        assert MOVED / 10 < leaks["edges"] < 1


@every_backbone
@both_modes
@pytest.mark.parametrize("view", [v for v in VIEWS if v != "whole"])
def test_every_view_changes_the_reading(name: str, mode: str, view: str) -> None:
    whole, read = evidence(1, 7, 5), reader(name, mode)
    change = (read(VIEWS[view](whole)).emotion - read(whole).emotion)[whole.real]
    assert change.abs().max() > MOVED


@every_backbone
@both_modes
def test_one_speaker_or_one_utterance_is_read(name: str, mode: str) -> None:
    for whole in (feature_batch((4,), speakers=1).evidence, feature_batch((1,)).evidence):
        for view in VIEWS.values():
            assert torch.isfinite(reader(name, mode)(view(whole)).emotion).all()


@every_backbone
def test_training_reaches_every_weight_and_stays_finite(name: str) -> None:
    torch.manual_seed(0)
    model = build_backbone(name, InputShape(WIDTHS, SPEAKERS, len(EMOTIONS)), SMALL[name]).train()
    seen = evidence(3, 6, 4)
    reading = model(seen)
    assert reading.emotion.shape == (2, 6, len(EMOTIONS))
    torch.logsumexp(reading.emotion[seen.real], -1).sum().backward()
    for label, weight in model.named_parameters():
        assert weight.grad is not None, f"{label} takes no part"
        assert torch.isfinite(weight.grad).all(), label


@every_backbone
def test_the_filling_can_be_chosen(name: str) -> None:
    assert "filling" in inspect.signature(BACKBONES[name].load().__init__).parameters


# Views in one forward.


@every_backbone
@both_modes
@pytest.mark.parametrize("by", ["nothing", "conversation_mean"])
def test_a_stack_reads_as_its_views_one_by_one(name: str, mode: str, by: Replacement) -> None:
    for filling in fillings(name):
        whole, read = evidence(), reader(name, mode, filling)
        views = [view(whole) for view in (VIEWS["whole"], *removals(tuple(WIDTHS), by).values(), ALONE)]
        together = read(stack(views))
        for k, view in enumerate(views):
            mine = slice(3 * k, 3 * k + 3)
            for one, other in zip(read(view), together, strict=True):
                torch.testing.assert_close(other[mine], one, atol=CLOSE, rtol=CLOSE)
