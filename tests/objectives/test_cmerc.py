from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.dummies.backbone import DummyBackbone, dummy_backbone
from tests.dummies.evidence import WIDTHS, feature_batch, feature_conversation

from heartsay.errors import InputError
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.tensors import Batch, EvidenceBatch, collate
from heartsay.evidence.views import removals
from heartsay.models.backbone import EmotionReading
from heartsay.objectives.cmerc import Cmerc
from heartsay.objectives.contrast import hybrid_contrast
from heartsay.objectives.objective import labelled
from heartsay.objectives.task_losses import cross_entropy

MODALITIES = tuple(WIDTHS)
NAMES = (*(f"without_{m}" for m in MODALITIES), "own_context", "other_context")


def cmerc(**settings: Any) -> Cmerc:
    return Cmerc(cross_entropy, MODALITIES, **{"curriculum": None, **settings})


def confidences(model: DummyBackbone, evidence: EvidenceBatch, batch: Batch) -> list[float]:
    """Log-probability of the gold class of each labelled utterance."""
    logits, known = model(evidence).emotion, labelled(batch).nonzero().tolist()
    return [torch.log_softmax(logits[b, t], -1)[batch.emotion[b, t]].item() for b, t in known]


@pytest.mark.parametrize("form", ["log_probability", "probability"])
def test_the_constraint_is_the_mean_over_utterances_of_what_rises(form: str) -> None:
    model, batch = dummy_backbone(2), feature_batch((5, 3))
    batch.emotion[0, 2] = UNLABELLED
    before = confidences(model, batch.evidence, batch)
    total = 0.0
    for view in removals(MODALITIES).values():
        for o, after in zip(before, confidences(model, view(batch.evidence), batch), strict=True):
            rise = after - o if form == "log_probability" else math.exp(after) - math.exp(o)
            total += max(0.0, rise)
    found = cmerc(constraint=0.5, form=form).losses(model, batch)["constraint"]
    assert total > 0
    assert found.item() == pytest.approx(0.5 * total / len(before), rel=1e-4)


def test_the_contrasts_take_their_own_removals() -> None:
    model, batch = dummy_backbone(2), feature_batch((9, 7))
    known = labelled(batch)
    before = torch.tensor(confidences(model, batch.evidence, batch))
    marked = {
        name: torch.tensor(confidences(model, view(batch.evidence), batch)) > before
        for name, view in removals(MODALITIES).items()
    }
    representation = model(batch.evidence).representation[known]
    parts = cmerc(modality_contrast=0.2, context_contrast=0.7).losses(model, batch)
    for part, weight, names in (
        ("modality_contrast", 0.2, [f"without_{m}" for m in MODALITIES]),
        ("context_contrast", 0.7, ("own_context", "other_context")),
    ):
        expected = hybrid_contrast(representation, torch.stack([marked[name] for name in names])).sum()
        assert expected.item() > 0
        assert parts[part].item() == pytest.approx(weight * expected.item(), rel=1e-4)


def test_what_is_switched_off_is_neither_there_nor_read() -> None:
    seen: list[int] = []

    class Watching(DummyBackbone):
        def forward(self, evidence: EvidenceBatch) -> EmotionReading:
            seen.append(evidence.real.shape[0])
            return super().forward(evidence)

    model, batch = Watching(), feature_batch((3, 2))
    assert set(cmerc().losses(model, batch)) == {
        "task",
        "modality_contrast",
        "context_contrast",
        "constraint",
    }
    assert seen == [2, 10]
    seen.clear()
    off = {"modality_contrast": None, "context_contrast": None, "constraint": None}
    assert set(cmerc(**off).losses(model, batch)) == {"task"}
    assert set(cmerc(**off | {"context_contrast": 0.1}).losses(model, batch)) == {"task", "context_contrast"}
    assert set(cmerc(**off | {"constraint": 0.0}).losses(model, batch)) == {"task"}
    assert seen == [2, 2, 4, 2]


def test_only_the_full_reading_is_made_surer() -> None:
    """The constraint has the gradient of -o where a removal is surer: the other side is a number."""
    model, batch = dummy_backbone(2), feature_batch((6, 4))
    cmerc(constraint=1.0).losses(model, batch)["constraint"].backward()
    found = [w.grad.clone() for w in model.parameters() if w.grad is not None]
    model.zero_grad(set_to_none=True)
    before = torch.tensor(confidences(model, batch.evidence, batch))
    rises = torch.zeros(len(before))
    for view in removals(MODALITIES).values():
        rises += torch.tensor(confidences(model, view(batch.evidence), batch)) > before
    known = labelled(batch)
    log_p = torch.log_softmax(model(batch.evidence).emotion[known], -1)
    own = log_p[torch.arange(len(log_p)), batch.emotion[known]]
    (-(rises * own).sum() / len(own)).backward()
    expected = [w.grad.clone() for w in model.parameters() if w.grad is not None]
    torch.testing.assert_close(found, expected)


def test_chosen_removals() -> None:
    assert list(cmerc().views) == list(NAMES)
    assert list(cmerc(views=["own_context", "without_text"]).views) == ["without_text", "own_context"]
    with pytest.raises(InputError, match="smell"):
        cmerc(views=["smell"])


@pytest.mark.parametrize(
    ("lengths", "speakers", "modalities"),
    [((1,), 1, MODALITIES), ((4, 3), 1, MODALITIES), ((5, 1), 2, ("text",)), ((1, 1), 1, ("text",))],
)
@pytest.mark.parametrize("rule", ["paper", "code"])
@pytest.mark.parametrize("blank", [False, True])
def test_little_evidence_gives_finite_losses_and_gradients(
    lengths: tuple[int, ...], speakers: int, modalities: tuple[str, ...], rule: Any, blank: bool
) -> None:
    widths = {m: WIDTHS[m] for m in modalities}
    talks = [feature_conversation(n, speakers, widths, seed=n) for n in lengths]
    batch = collate(talks, modalities)
    if blank:
        batch = batch._replace(emotion=torch.full_like(batch.emotion, UNLABELLED))
    model = DummyBackbone(widths, dropout=0.3)
    parts = Cmerc(cross_entropy, modalities, curriculum=None, rule=rule).losses(model, batch)
    torch.stack(list(parts.values())).sum().backward()
    assert all(torch.isfinite(part) for part in parts.values())
    assert all(torch.isfinite(w.grad).all() for w in model.parameters() if w.grad is not None)
    assert not blank or all(part.item() == 0 for part in parts.values())


def test_the_curriculum_follows_the_baseline_and_survives_a_resume() -> None:
    talks = [feature_conversation(n, 2, seed=n) for n in (3, 9, 2, 7, 5)]
    batches = [collate(talks[:2], MODALITIES), collate(talks[2:], MODALITIES)]
    objective = cmerc(curriculum=0.4)
    assert objective.needs_baseline
    assert not cmerc().needs_baseline
    objective.begin(batches, dummy_backbone(3))
    assert objective.difficulty is not None
    easiest = objective.curriculum(0, 5)
    assert easiest is not None
    assert set(easiest.tolist()) == set(objective.difficulty.sort().indices[:2].tolist())
    assert objective.curriculum(2, 5) is None

    resumed = cmerc(curriculum=0.4)
    resumed.begin(batches, dummy_backbone(4))
    resumed.load_state_dict(objective.state_dict())
    again = resumed.curriculum(0, 5)
    assert again is not None
    assert again.tolist() == easiest.tolist()


def test_a_curriculum_without_a_baseline_is_refused() -> None:
    with pytest.raises(InputError, match="baseline"):
        cmerc(curriculum=0.4).begin([feature_batch()], None)
    cmerc().begin([feature_batch()], None)


@pytest.mark.parametrize(
    "settings", [{"curriculum": 0.0}, {"constraint": -1.0}, {"context_contrast": math.inf}]
)
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        cmerc(**settings)


def test_training_lowers_the_confidence_change() -> None:
    """Both trained alike but for the constraint; the constrained one is surer of what it has evidence for."""

    def change(constraint: float | None) -> float:
        torch.manual_seed(0)
        model, batch = dummy_backbone(), feature_batch((12, 9, 10, 8))
        objective = cmerc(constraint=constraint, modality_contrast=None, context_contrast=None)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(40):
            objective.step(model, batch, optimizer, None)
        return cmerc(constraint=1.0).losses(model.eval(), batch)["constraint"].item()

    assert change(2.0) < 0.8 * change(None)


def test_as_the_code_does_it_what_lacks_something_is_read_with_the_weights_the_epoch_began_with() -> None:
    model, batch = dummy_backbone(2), feature_batch((5, 3))
    objective = cmerc(removed_read="epoch_start", modality_contrast=None, context_contrast=None)
    alike = cmerc(modality_contrast=None, context_contrast=None)
    first = objective.losses(model, batch)["constraint"].item()
    assert first == pytest.approx(alike.losses(model, batch)["constraint"].item(), rel=1e-5)
    state = objective.state_dict()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3.0)
    moved = objective.losses(model, batch)["constraint"].item()
    again = cmerc(removed_read="epoch_start", modality_contrast=None, context_contrast=None)
    again.load_state_dict(state)  # a run that was killed within the epoch
    assert again.losses(model, batch)["constraint"].item() == pytest.approx(moved, rel=1e-6)
    own = alike.losses(model, batch)["constraint"].item()
    assert moved != pytest.approx(own, rel=1e-3)
    objective.end_epoch(model, 0, 2)
    assert objective.losses(model, batch)["constraint"].item() == pytest.approx(own, rel=1e-5)
