from __future__ import annotations

import pytest
import torch
from tests.dummies.backbone import DummyBackbone, dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_batch, feature_conversation

from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import EvidenceBatch, collate
from heartsay.models.backbone import EmotionReading
from heartsay.objectives.cml import Cml, fewer_not_surer, removal_chain
from heartsay.objectives.task_losses import cross_entropy


def test_the_ranking_follows_the_published_cases() -> None:
    generator = torch.Generator().manual_seed(3)
    logits, gold = (
        2 * torch.randn(3, 40, 4, generator=generator),
        torch.randint(4, (40,), generator=generator),
    )
    logits.requires_grad_()
    total, pulled = 0.0, torch.zeros(3, 40, dtype=torch.bool)
    p = torch.softmax(logits.detach(), -1)
    for k in range(2):
        for n in range(40):
            excess = (p[k + 1, n].max() - p[k, n].max()).item()
            fuller_right = p[k, n].argmax() == gold[n]
            poorer_right = p[k + 1, n].argmax() == gold[n]
            if excess <= 0 or (not fuller_right and poorer_right):
                continue
            total += excess
            pulled[k + 1, n] = True
            pulled[k, n] |= fuller_right.item()
    loss = fewer_not_surer(logits, gold)
    assert loss.item() == pytest.approx(total / 40, rel=1e-5)
    loss.backward()
    assert logits.grad is not None
    assert ((logits.grad.abs().sum(-1) > 0) == pulled).all()
    assert 0 < pulled.sum() < 80


def test_the_chain_loses_one_modality_after_another() -> None:
    evidence = feature_batch().evidence
    left = [
        {m for m, here in view(evidence).present.items() if here.any()}
        for view in removal_chain(["face", "text"])
    ]
    assert left == [{"text", "voice"}, {"voice"}]


def test_one_stacked_forward_trains_every_reading() -> None:
    seen: list[EvidenceBatch] = []

    class Watching(DummyBackbone):
        def forward(self, evidence: EvidenceBatch) -> EmotionReading:
            seen.append(evidence)
            return super().forward(evidence)

    model, batch = Watching(), feature_batch((3, 2))
    parts = Cml(cross_entropy, tuple(WIDTHS)).losses(model, batch)
    (stacked,) = seen
    here = torch.stack([x.any(1) for x in stacked.present.values()]).sum(0)  # modalities left, by row
    assert here.tolist() == [3, 3, 2, 2, 1, 1]
    known = batch.evidence.real.repeat(3, 1)
    expected = cross_entropy(model(stacked).emotion[known], batch.emotion.repeat(3, 1)[known])
    torch.testing.assert_close(parts["task"], expected)


def test_the_order_is_drawn_from_the_random_state() -> None:
    model, batch, objective = dummy_backbone(), feature_batch((6, 5)), Cml(cross_entropy, tuple(WIDTHS))
    torch.manual_seed(5)
    state = torch.get_rng_state()
    drawn = [objective.losses(model, batch)["task"].item() for _ in range(12)]
    torch.set_rng_state(state)
    assert [objective.losses(model, batch)["task"].item() for _ in range(12)] == drawn
    assert len(set(drawn)) > 2


@pytest.mark.parametrize("blank", [False, True])
def test_one_modality_and_one_utterance(blank: bool) -> None:
    widths = {"text": WIDTHS["text"]}
    batch = collate([feature_conversation(1, 1, widths)], ("text",))
    if blank:
        batch = batch._replace(emotion=torch.full_like(batch.emotion, UNLABELLED))
    model = DummyBackbone(widths)
    parts = Cml(cross_entropy, ("text",)).losses(model, batch)
    torch.stack(list(parts.values())).sum().backward()
    assert parts["ranking"].item() == 0
    assert (parts["task"].item() == 0) == blank
