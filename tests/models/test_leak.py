"""The leak of a view: none where there is no path, and of the size that it has."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.dummies.evidence import WIDTHS, feature_batch
from torch import nn

from heartsay.evidence.spoiling import with_missing_cells
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.evidence.views import ALONE, OWN_CONTEXT
from heartsay.models import leak as leak_module
from heartsay.models.backbone import Backbone, EmotionReading, FillMissing
from heartsay.models.leak import leak
from heartsay.models.strict import read_strictly


class Remembers(Backbone):
    """Remembers all turns before, visible or not, but looks at no missing cell."""

    def __init__(self) -> None:
        super().__init__()
        self.fill = FillMissing(WIDTHS)
        self.recur = nn.GRU(sum(WIDTHS.values()), 6, batch_first=True)

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        states = self.recur(torch.cat(list(self.fill(evidence).values()), -1))[0]
        return EmotionReading(states[..., :4], states)


class LooksAtMissing(Remembers):
    """Takes the features as they are."""

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        values = torch.cat(list(evidence.features.values()), -1)
        return EmotionReading(values[..., :4], values)


def backbone(kind: type[Remembers]) -> Remembers:
    torch.manual_seed(0)
    return kind().eval()


def some_missing(evidence: EvidenceBatch) -> EvidenceBatch:
    return with_missing_cells(evidence, 0.3, torch.Generator().manual_seed(4))


def test_missing_cells_are_among_what_is_hidden() -> None:
    whole = feature_batch((6, 4)).evidence
    assert leak(backbone(LooksAtMissing), whole, some_missing, torch.Generator()) > 1e-3
    assert leak(backbone(Remembers), whole, some_missing, torch.Generator()) < 1e-6


def test_reading_in_pieces_measures_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, model = feature_batch((12, 9)).evidence, backbone(Remembers)
    sizes = []
    for cells in (4096, 30):
        monkeypatch.setattr(leak_module, "CELLS", cells)
        generator = torch.Generator().manual_seed(1)
        sizes.append(sum(leak(model, whole, OWN_CONTEXT, generator) for _ in range(30)) / 30)
    # Other noise, so the same within its spread.
    assert sizes[0] == pytest.approx(sizes[1], rel=0.15)


def test_a_leak_is_seen_where_there_is_one_and_only_there() -> None:
    model = backbone(Remembers)
    whole = feature_batch((6, 4), speakers=2).evidence
    assert leak(model, whole, OWN_CONTEXT, torch.Generator()) > 1e-3
    assert leak(lambda e: read_strictly(model, e), whole, OWN_CONTEXT, torch.Generator()) < 1e-6
    assert leak(model, whole, lambda e: e, torch.Generator()) == 0.0


def test_a_leak_is_the_mean_change_of_the_leading_probability() -> None:
    class Echo(Backbone):
        """Says, with all it has, what the first utterance of the conversation says."""

        def forward(self, evidence: EvidenceBatch) -> EmotionReading:
            first = evidence.features["text"][:, :1, :2].expand(-1, evidence.real.shape[1], -1)
            return EmotionReading(first, first)

    whole = feature_batch((3,), widths={"text": 2}).evidence
    # Any donor but the first says the opposite of the first.
    values = torch.tensor([[[4.0, 0.0], [0.0, 4.0], [0.0, 4.0]]])
    whole = replace(whole, features={"text": values})
    sizes = [leak(Echo(), whole, ALONE, torch.Generator().manual_seed(s)) for s in range(40)]
    leading = torch.tensor([4.0, 0.0]).softmax(0)
    most = float(leading[0] - leading[1])
    # The first utterance hears itself, which is not hidden, so it does not move: two of three do at most.
    assert max(sizes) == pytest.approx(2 / 3 * most)
    assert min(sizes) == 0.0
