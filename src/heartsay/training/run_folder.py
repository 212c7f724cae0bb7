"""The folder of a run: what it was asked, where it ran, how it went, and where it stands."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from heartsay.atomic import write_text
from heartsay.errors import InputError, ModelError
from heartsay.training.configuration import Configuration
from heartsay.training.feature_configuration import is_feature_configuration

RECORDED_PACKAGES = ("heartsay", "torch", "transformers", "tokenizers", "numpy")


@dataclass(frozen=True)
class RunFiles:
    """What the folder of any run holds.

    ``run.json`` configuration, seed and environment; ``metrics.jsonl`` one line per epoch;
    ``state.pt`` where to go on after a kill; ``model.safetensors`` the best epoch's weights.
    """

    path: Path

    @property
    def run(self) -> Path:
        """Configuration, seed and environment."""
        return self.path / "run.json"

    @property
    def metrics(self) -> Path:
        """One JSON line per epoch."""
        return self.path / "metrics.jsonl"

    @property
    def state(self) -> Path:
        """Everything that going on after a kill needs."""
        return self.path / "state.pt"

    @property
    def weights(self) -> Path:
        """Weights of the best epoch."""
        return self.path / "model.safetensors"

    def seed(self) -> int:
        """The seed the run was started with.

        Raises:
            ModelError: this is not the folder of a run.
        """
        try:
            return int(self.read()["seed"])
        except (KeyError, TypeError, ValueError) as error:
            raise self.not_a_run(error) from error

    def history(self) -> list[dict[str, Any]]:
        """Metrics of the epochs so far."""
        if not self.metrics.exists():
            return []
        return [json.loads(line) for line in self.metrics.read_text("utf-8").splitlines()]

    def write_history(self, rows: list[dict[str, Any]]) -> None:
        """Replace the metrics of the epochs."""
        write_text(self.metrics, "".join(json.dumps(row) + "\n" for row in rows))

    def write(self, **facts: Any) -> None:
        """Make the folder and write down what the run was asked, and where it ran."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_text(self.run, json.dumps({**facts, "environment": environment()}, indent=2))

    def read(self) -> dict[str, Any]:
        """What `run.json` says.

        Raises:
            ModelError: this is not the folder of a run.
        """
        try:
            content: Any = json.loads(self.run.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise self.not_a_run(error) from error
        if not isinstance(content, dict):
            raise self.not_a_run("run.json holds no object")
        return content

    def not_a_run(self, reason: object) -> ModelError:
        """What to say of a folder that is none of a run, and why."""
        first = str(reason).split("\n")[0]
        return ModelError(
            f"{self.path} is not the folder of a training run ({first}); make one with `heartsay train`."
        )


@dataclass(frozen=True)
class RunFolder(RunFiles):
    """The folder of a run of the packed-dialogue model.

    Beside what every run holds: ``predictions-*-dev.npz`` the best epoch's readings of development data;
    ``calibration.json`` after calibration; ``exported/`` after export.
    """

    def predictions(self, corpus: str) -> Path:
        """The best epoch's readings of a corpus's development data."""
        return self.path / f"predictions-{corpus}-dev.npz"

    @property
    def calibration(self) -> Path:
        """What turns this run's scores into confidences."""
        return self.path / "calibration.json"

    @property
    def exported(self) -> Path:
        """The model as the light core runs it."""
        return self.path / "exported"

    def configuration(self) -> Configuration:
        """The configuration the run was started with.

        Raises:
            ModelError: this is not the folder of a run.
        """
        try:
            values = self.read()["configuration"]
            if isinstance(values, dict) and is_feature_configuration(values):
                raise ModelError(
                    f"{self.path} holds a backbone over features, which this command cannot use."
                )
            return Configuration.model_validate(values)
        except (KeyError, ValidationError) as error:
            raise self.not_a_run(error) from error

    def is_finished(self) -> bool:
        """Whether training has ended: every epoch is told and there is no state to go on from."""
        told = len(self.history())
        return told > 0 and not self.state.exists() and told == self.configuration().epochs


def begin(folder: Path, configuration: Configuration, seed: int) -> RunFolder:
    """Make the folder of a run, or open it to go on with a run that was killed.

    Raises:
        InputError: the folder holds a run with another configuration or seed.
    """
    run = RunFolder(folder)
    if run.run.exists():
        if (run.configuration(), run.seed()) != (configuration, seed):
            raise another_run(folder, "configuration or seed")
        return run
    run.write(configuration=configuration.model_dump(), seed=seed)
    return run


def another_run(folder: Path, differs: str) -> InputError:
    """What to say of a folder that holds another run than the one that was asked for."""
    return InputError(
        expected="an empty folder, or this very run to go on with",
        found=f"a run with another {differs}",
        where=str(folder),
        do="choose another folder, or remove that one",
    )


def environment() -> dict[str, Any]:
    """Interpreter, machine kind and package versions: what a repetition needs to know."""
    versions = {}
    for package in RECORDED_PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "packages": versions,
    }
