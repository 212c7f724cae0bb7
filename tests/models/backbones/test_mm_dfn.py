"""MM-DFN: its LSTM over depth, the speakers' own threads, and when they are cut."""

from __future__ import annotations

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.evidence.views import OTHER_CONTEXT, OWN_CONTEXT
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.mm_dfn import MMDFN


def small(widths: dict[str, int] | None = None, **settings: object) -> MMDFN:
    torch.manual_seed(0)
    shape = InputShape(widths or WIDTHS, 3, len(EMOTIONS))
    return MMDFN(shape, hidden=8, graph_width=6, depth=3, **settings).eval()  # type: ignore[arg-type]


def threads(model: MMDFN, evidence: EvidenceBatch) -> tuple[torch.Tensor, torch.Tensor]:
    """Projected features and what the speakers' own threads add to them, (B, T, M, hidden) each."""
    filled = model.fill(evidence)
    projected = torch.stack([model.project[m](filled[m]) for m in evidence.modalities], dim=2)
    return projected, model._encoded(evidence)[1]


def test_shapes_and_any_modalities() -> None:
    for widths in ({"text": 12}, {"voice": 7, "face": 5}, dict(WIDTHS)):
        reading = small(widths)(feature_batch((4, 1), 2, widths).evidence)
        assert reading.emotion.shape == (2, 4, len(EMOTIONS))
        assert reading.representation.shape == (2, 4, len(widths) * 14)
        assert torch.isfinite(reading.emotion).all()


def test_every_speakers_own_turns_are_a_thread() -> None:
    weights = {"text": 1.0, "voice": 3.0, "face": 0.0}
    model, evidence = small(party_weights=weights), feature_batch((5, 3), 2).evidence
    projected, found = threads(model, evidence)
    for b, length in enumerate((5, 3)):
        for speaker in set(evidence.speaker[b, :length].tolist()):
            own = evidence.speaker[b] == speaker
            for m, modality in enumerate(evidence.modalities):
                read = projected[b, own, m][:, None]
                for layer in model.party.layers:
                    read = layer(read)[0]
                torch.testing.assert_close(found[b, own, m], weights[modality] * read[:, 0])
    assert (found[1, 3:] == 0).all()


def test_a_thread_is_cut_where_an_own_turn_is_hidden() -> None:
    model, evidence = small(), feature_batch((5,), 2).evidence
    whole = threads(model, evidence)[1]
    several = evidence.same_speaker.sum(-1) > 1  # (B, T)
    assert several.any()
    cut = threads(model, OWN_CONTEXT(evidence))[1]
    assert (cut[several] == 0).all()
    assert torch.equal(cut[~several], whole[~several])
    assert torch.equal(threads(model, OTHER_CONTEXT(evidence))[1], whole)


def test_one_step_of_memory_is_torchs() -> None:
    model = small()
    values, state = torch.randn(2, 5, 6), torch.randn(2, 2, 5, 6)
    for carried in (None, (state[0], state[1])):
        flat = None if carried is None else (state[0].flatten(0, 1), state[1].flatten(0, 1))
        wanted = model.memory(values.flatten(0, 1), flat)
        for one, other in zip(model._remembered(values, carried), wanted, strict=True):
            torch.testing.assert_close(one.flatten(0, 1), other)


def test_gradients_are_finite_and_inputs_stay() -> None:
    model, evidence = small().train(), feature_batch((5, 1), 2, missing=0.3).evidence
    before = {m: x.clone() for m, x in evidence.features.items()}
    model(evidence).emotion[evidence.real].logsumexp(-1).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    assert all(torch.equal(before[m], x) for m, x in evidence.features.items())


def test_no_weights_and_lacking_weights() -> None:
    evidence = feature_batch((4,), 2).evidence
    none = small(party_weights=dict.fromkeys(WIDTHS, 0.0))
    assert torch.isfinite(none(evidence).emotion).all()
    with pytest.raises(InputError, match="none for face"):
        small(party_weights={"text": 1.0, "voice": 1.0})
