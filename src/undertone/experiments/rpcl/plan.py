"""Which runs the comparison needs: corpora, arms and seeds, all else matched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from undertone.objectives.rpcl import ARMS, BASE, RpclSettings
from undertone.training.pair_configuration import PairConfiguration

SEEDS = (1, 2, 3, 4, 5)

METHODS: dict[str, RpclSettings] = {
    **ARMS,
    # A heavier weight on gold moves the operating point; whether it also ranks better, AUPRC tells.
    "base-weight-2": replace(BASE, positive_weight=2.0),
    "base-weight-3": replace(BASE, positive_weight=3.0),
}
"""The arms by name; every one decodes at a threshold chosen on development data."""


@dataclass(frozen=True, order=True)
class PairRun:
    """One training over cached vectors.

    Args:
        corpus: name of the corpus.
        method: name of the arm.
        seed: seed of the run; arms of one seed start alike and meet the same order.
    """

    corpus: str
    method: str
    seed: int

    def __str__(self) -> str:
        return f"{self.corpus}, {self.method}, seed {self.seed}"

    def folder(self, work: Path) -> Path:
        """Where the run is kept."""
        return work / self.corpus / self.method / f"seed-{self.seed}"

    def configuration(self, epochs: int | None = None) -> PairConfiguration:
        """Settings of the run."""
        settings = PairConfiguration(name=f"{self.method}-{self.corpus}", objective=METHODS[self.method])
        return settings if epochs is None else settings.model_copy(update={"epochs": epochs})


def runs(corpora: tuple[str, ...], methods: tuple[str, ...], seeds: tuple[int, ...]) -> list[PairRun]:
    """Every run, seed after seed, so that a comparison cut short is complete for the seeds it has."""
    return [PairRun(c, m, s) for s in seeds for c in corpora for m in methods]
