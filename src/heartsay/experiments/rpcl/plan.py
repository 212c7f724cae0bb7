"""Which runs the comparison needs, all else matched, and where they are kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from heartsay.objectives.rpcl import ARMS, BASE, RpclSettings
from heartsay.training.pair_configuration import PairConfiguration
from heartsay.training.run_folder import RunFolder

SEEDS = (1, 2, 3, 4, 5)

CACHED, END_TO_END = "cached", "end-to-end"
"""Protocols: a scorer over cached vectors, or a model whose encoder is trained along."""

METHODS: dict[str, RpclSettings] = {
    **ARMS,
    # A heavier weight on gold moves the operating point; whether it also ranks better, AUPRC tells.
    "base-weight-2": replace(BASE, positive_weight=2.0),
    "base-weight-3": replace(BASE, positive_weight=3.0),
}
"""The arms by name; every one decodes at a threshold chosen on development data."""


@dataclass(frozen=True, order=True)
class PairRun:
    """One training and its readings.

    Args:
        corpus: name of the corpus.
        method: name of the arm.
        seed: seed of the run; arms of one seed start alike and meet the same order.
        protocol: `CACHED` or `END_TO_END`.
    """

    corpus: str
    method: str
    seed: int
    protocol: str = CACHED

    def __str__(self) -> str:
        about = f"{self.corpus}, {self.method}, seed {self.seed}"
        return about if self.protocol == CACHED else f"{about}, {self.protocol}"

    def folder(self, work: Path) -> Path:
        """Where its readings are kept, and a run over cached vectors whole."""
        within = work if self.protocol == CACHED else work / self.protocol
        return within / self.corpus / self.method / f"seed-{self.seed}"

    def configuration(self, epochs: int | None = None) -> PairConfiguration:
        """Settings of a run over cached vectors."""
        settings = PairConfiguration(name=f"{self.method}-{self.corpus}", objective=METHODS[self.method])
        return settings if epochs is None else settings.model_copy(update={"epochs": epochs})


@dataclass(frozen=True)
class PairPlace:
    """Where runs are kept and what they are made with.

    Args:
        work: folder of the readings, and of the runs over cached vectors.
        cache: folder of the vectors.
        epochs: as many at most, if given; over cached vectors.
        trained: folder that holds the folders of the runs with the encoder; the working directory's `runs`
            by default.
    """

    work: Path
    cache: Path
    epochs: int | None = None
    trained: Path = Path("runs")


def spoilt_readings(run: PairRun, place: PairPlace) -> Path:
    """Log-odds of the test split's pairs under each draw, (D, P)."""
    return run.folder(place.work) / "spoilt-test.npz"


def is_done(run: PairRun, place: PairPlace) -> bool:
    """Whether a run has all its readings."""
    return (
        RunFolder(run.folder(place.work)).readings("test").exists() and spoilt_readings(run, place).exists()
    )


def runs(corpora: tuple[str, ...], methods: tuple[str, ...], seeds: tuple[int, ...]) -> list[PairRun]:
    """Every run over cached vectors, seed after seed: what is cut short is complete for the seeds it has."""
    return [PairRun(c, m, s) for s in seeds for c in corpora for m in methods]
