"""Base and RPCL with equally many trials, drawn before anything is trained and chosen on development data.

The whole study gives base the one setting that comes along, while RPCL's weights were looked for. Here both
have the same eleven learning rates, dropouts and weight decays: what comes along, and ten that are drawn from
a fixed seed. Each is trained under two seeds, the one with the highest mean Pair F1 on development data is
trained again under five others, and these are what is compared on the test split. RPCL's own weights stay
those that were chosen before, among ten others: of all that was ever tried, base has half.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, ClassVar, NamedTuple

import numpy as np

from heartsay.experiments.feature_corpora import load_pair_corpus
from heartsay.experiments.report_tables import Content, grid, grouped, runs_done
from heartsay.experiments.rpcl.plan import SCORER, configuration
from heartsay.experiments.rpcl.plots import draw
from heartsay.experiments.rpcl.rows import comparisons, rows
from heartsay.experiments.rpcl.tables import compared, main_table
from heartsay.experiments.rpcl.work import train, train_and_read
from heartsay.experiments.study import Place, Run, Study
from heartsay.progress import Report
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.pair_scorer import PairConfiguration

CORPUS = "ecf"
METHODS = ("base", "rpcl")

DRAWN, SEED = 10, 2027
"""Settings besides the one that comes along, and the seed of their drawing."""

RATES, DROPOUTS, DECAYS = (0.5, 1.0, 2.0, 4.0), (0.1, 0.2, 0.3, 0.4, 0.5), (0.0, 0.01, 0.05)
"""Factors of the learning rate, dropouts and weight decays that are drawn from."""

TRIAL_SEEDS, FINAL_SEEDS = (1, 2), (11, 12, 13, 14, 15)

INNER_SCORE = "pair_f1"
"""What trials are compared by: on development data, at the threshold that is best there."""


class Trial(NamedTuple):
    """What one trial sets; None leaves what comes along.

    Attributes:
        rate: factor of the learning rate.
        dropout: of the scorer.
        decay: weight decay.
    """

    rate: float = 1.0
    dropout: float | None = None
    decay: float | None = None


def trials() -> list[Trial]:
    """The settings of both methods: what comes along, then ten that are drawn."""
    random = np.random.default_rng(SEED)
    drawn = [
        Trial(float(random.choice(RATES)), float(random.choice(DROPOUTS)), float(random.choice(DECAYS)))
        for _ in range(DRAWN)
    ]
    return [Trial(), *drawn]


@dataclass(frozen=True, order=True)
class TrialRun(Run):
    """A training with one of the trials; `trial` is None for the one that development data chose."""

    trial: int | None = None

    def __str__(self) -> str:
        return f"{self.corpus}, {self.method}, {self._what()}, seed {self.seed}"

    def folder(self, work: Path) -> Path:
        """Where the run is kept."""
        return work / self.corpus / self.method / self._what().replace(" ", "-") / f"seed-{self.seed}"

    def columns(self) -> dict[str, Any]:
        """The columns that say whose number it is."""
        return {**super().columns(), "trial": self.trial}

    def _what(self) -> str:
        return "chosen" if self.trial is None else f"trial {self.trial}"


def trial_runs(method: str) -> list[TrialRun]:
    """The runs among whose settings a method's are chosen."""
    return [TrialRun(CORPUS, SCORER, method, seed, trial=k) for k in range(DRAWN + 1) for seed in TRIAL_SEEDS]


def final_runs() -> list[TrialRun]:
    """The runs that are compared on the test split."""
    return [TrialRun(CORPUS, SCORER, method, seed) for seed in FINAL_SEEDS for method in METHODS]


def development_scores(method: str, work: Path) -> list[float]:
    """Mean Pair F1 on development data of each trial of a method, in percent."""
    by_trial = grouped([{"trial": run.trial, "run": run} for run in trial_runs(method)], ("trial",))
    return [
        mean(float(RunFolder(row["run"].folder(work)).chosen()[INNER_SCORE]) for row in found)
        for found in by_trial.values()
    ]


def chosen(method: str, work: Path) -> int:
    """Which trial of a method is best on development data; of equals the earlier one."""
    scores = development_scores(method, work)
    return max(range(len(scores)), key=lambda k: (scores[k], -k))


def settings_of(run: TrialRun, place: Place) -> PairConfiguration:
    """The settings of a run: those of its trial, or of the one that was chosen."""
    trial = trials()[chosen(run.method, place.work) if run.trial is None else run.trial]
    comes_along = configuration(run, place.epochs)
    changes: dict[str, Any] = {"learning_rate": comes_along.learning_rate * trial.rate}
    if trial.decay is not None:
        changes["weight_decay"] = trial.decay
    if trial.dropout is not None:
        changes["scorer"] = {**comes_along.scorer, "dropout": trial.dropout}
    return comes_along.model_copy(update=changes)


@dataclass(frozen=True)
class RpclTrials(Study):
    """Equally many trials of base and of RPCL on ECF."""

    system: ClassVar[str] = "rpcl-trials"

    family: ClassVar[tuple[str, ...]] = ("corpus", "protocol", "metric")

    def runs(self) -> Sequence[TrialRun]:
        """The trials of both methods, then what they chose."""
        return [run for method in METHODS for run in trial_runs(method)] + final_runs()

    def needs(self, run: Run) -> Collection[Run]:
        """All trials of its method, for a run of what they chose."""
        assert isinstance(run, TrialRun)
        return trial_runs(run.method) if run.trial is None else ()

    def prepare(self, report: Report) -> None:
        """Make the vectors of the corpus."""
        report({"message": f"{CORPUS}: making the vectors, or reading them from {self.place.cache}"})
        load_pair_corpus(CORPUS, self.place.cache, report)

    def work(self, run: Run) -> None:
        """Train a scorer; what was chosen also reads spoilt talk."""
        assert isinstance(run, TrialRun)
        do = train_and_read if run.trial is None else train
        do(run, self.place, settings_of(run, self.place))

    def measure(self, report: Report) -> dict[str, Any]:
        """What each trial has on development data, and what they chose on the test split."""
        finished = self.place.finished or frozenset()
        known = [m for m in METHODS if all(run in finished for run in trial_runs(m))]
        drawn = [trial._asdict() for trial in trials()]
        scores = {method: development_scores(method, self.place.work) for method in known}
        return {
            "trials": [
                {"trial": k, **trial, **{method: scores[method][k] for method in known}}
                for k, trial in enumerate(drawn)
            ],
            "chosen": {method: chosen(method, self.place.work) for method in known},
            "rows": rows(final_runs(), self.place),
            "comparisons": comparisons(final_runs(), "base", self.place),
        }

    def tables(self, content: Mapping[str, Any]) -> str:
        """The trials, what was chosen, and what it has on the test split."""
        return page(content)

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """Gaps and reliability of what was chosen."""
        draw(final_runs(), self.place, folder)


def page(content: Content) -> str:
    """Markdown from what ``results.json`` holds."""
    lines = [
        "# Robust pair confidence learning, with equally many trials of base",
        "",
        "Generated from `results.json`. Percentages, but gaps, severity and change, which are probabilities. "
        + runs_done(content),
        "",
        "## Trials, on development data",
        "",
        f"Pair F1, mean of {len(TRIAL_SEEDS)} seeds; the best of each column was trained again under "
        f"{len(FINAL_SEEDS)} other seeds. None of this is of the test split.",
        "",
    ]
    known = list(content["chosen"])
    table = []
    for row in content["trials"]:
        cells = [
            f"**{row[m]:.2f}**" if content["chosen"][m] == row["trial"] else f"{row[m]:.2f}" for m in known
        ]
        about = ["as it comes" if row[name] is None else f"{row[name]:g}" for name in Trial._fields]
        table.append([str(row["trial"]), *about, *cells])
    lines += grid(("trial", "factor of the rate", "dropout", "weight decay", *known), table)
    if content["rows"]:
        lines += ["## ECF, test split", "", *main_table(content["rows"]), *compared(content["comparisons"])]
    return "\n".join(lines).rstrip() + "\n"
