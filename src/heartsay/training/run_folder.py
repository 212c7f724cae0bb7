"""The folder of a run: what it was asked, where it ran, how it went, where it stands, and what it gave."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from heartsay.atomic import remove_leftovers, write_text
from heartsay.errors import DAMAGE, InputError, ModelError
from heartsay.progress import Row
from heartsay.training.optimisation import OptimisationSettings

RECORDED_PACKAGES = ("heartsay", "torch", "transformers", "tokenizers", "numpy")

Settings = TypeVar("Settings", bound=OptimisationSettings)


class RunFolder:
    """The folder of a run of any kind.

    Args:
        path: of the folder.

    Attributes:
        run: ``run.json``: kind, configuration, seed, data and environment, and, once the run is finished, the
            epochs that were chosen.
        metrics: ``metrics.jsonl``, a line per epoch.
        state: ``state.pt``, where to go on after a kill.
        weights: ``model.safetensors``, of the epoch that was chosen.
        test_selected_weights: of the epoch that is best on the test split, while the run goes on.
        calibration: ``calibration.json``, what turns the model's scores into confidences.
        exported: ``exported/``, the model as the light core runs it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run, self.metrics, self.state = (path / n for n in ("run.json", "metrics.jsonl", "state.pt"))
        self.weights, self.calibration = path / "model.safetensors", path / "calibration.json"
        self.test_selected_weights = path / "model-test-selected.safetensors"
        self.exported = path / "exported"

    @property
    def baseline(self) -> RunFolder:
        """The run of the base method in ``baseline/``, where the objective wanted one and none was given."""
        return RunFolder(self.path / "baseline")

    def readings(self, of: str = "") -> Path:
        """What the chosen epoch says, of a split or a corpus if there are several files.

        ``readings("test-selected")`` is what the epoch that is best on the test split says, as much published
        code chooses it: for a column that says so, never for a headline.
        """
        return self.path / (f"readings-{of}.npz" if of else "readings.npz")

    def configuration(self, model: type[Settings]) -> Settings:
        """The configuration the run was started with.

        Args:
            model: the kind of configuration that is wanted.

        Raises:
            ModelError: this is not the folder of a run, or of one of another kind.
        """
        content = self.read()
        kind = content.get("kind")
        if isinstance(kind, str) and kind != model.kind:
            raise ModelError(f"{self.path} holds a run of a {kind}; what is wanted here is a {model.kind}.")
        try:
            return model.model_validate(content["configuration"])
        except (KeyError, ValidationError) as error:
            raise self._not_a_run(error) from error

    def seed(self) -> int:
        """The seed the run was started with.

        Raises:
            ModelError: this is not the folder of a run.
        """
        try:
            return int(self.read()["seed"])
        except DAMAGE as error:
            raise self._not_a_run(error) from error

    def data(self) -> Mapping[str, Any]:
        """What is written down of the data that the run was trained on, a fingerprint among it.

        Raises:
            ModelError: this is not the folder of a run.
        """
        data = self.read().get("data")
        if not isinstance(data, dict):
            raise self._not_a_run("run.json names no data")
        return data

    def is_finished(self) -> bool:
        """Whether training has ended and all that it gives is there."""
        return self.run.exists() and "chosen" in self.read()

    def chosen(self, on: str = "development") -> Row:
        """Metrics of the epoch that was chosen; the one chosen on `test` is for a published protocol only.

        Raises:
            ModelError: the run is not finished, or does not choose like this.
        """
        chosen = self.read().get("chosen")
        epoch = chosen.get(on) if isinstance(chosen, dict) else None
        if epoch is None:
            raise ModelError(f"{self.path} holds no epoch chosen on {on} yet; finish the run first.")
        found = [row for row in self.history() if row.get("epoch") == epoch]
        if not found:
            raise self._not_a_run(f"{self.metrics.name} has no epoch {epoch!r}")
        return found[0]

    def history(self) -> list[Row]:
        """Metrics of the epochs so far.

        Raises:
            ModelError: the file is damaged.
        """
        if not self.metrics.exists():
            return []
        try:
            rows = [json.loads(line) for line in self.metrics.read_text("utf-8").splitlines()]
        except DAMAGE as error:
            raise self._not_a_run(error) from error
        if not all(isinstance(row, dict) for row in rows):
            raise self._not_a_run(f"{self.metrics.name} holds other lines than objects")
        return rows

    def write_history(self, rows: list[Row]) -> None:
        """Replace the metrics of the epochs."""
        write_text(self.metrics, "".join(json.dumps(row) + "\n" for row in rows))

    def finish(self, chosen: Mapping[str, int], keep_weights: bool = True) -> None:
        """Write down that the run is finished, then remove what only going on would need.

        Args:
            chosen: number of the epoch, by what it was chosen on.
            keep_weights: whether the weights stay.
        """
        self._write({**self.read(), "chosen": dict(chosen)})
        self.state.unlink(missing_ok=True)
        self.test_selected_weights.unlink(missing_ok=True)
        if not keep_weights:
            self.weights.unlink(missing_ok=True)

    def check(
        self, configuration: OptimisationSettings, seed: int, data: Mapping[str, Any] | None = None
    ) -> None:
        """Refuse to take the folder for that of a run that it does not hold.

        Raises:
            InputError: it holds a run of another kind or with another configuration, seed or data.
            ModelError: it holds no run.
        """
        if self.read().get("kind", configuration.kind) != configuration.kind:
            different = "kind of model"
        elif (self.configuration(type(configuration)), self.seed()) != (configuration, seed):
            different = "configuration or seed"
        elif data is not None and self.data().get("fingerprint") != data.get("fingerprint"):
            different = "corpus, fold or features"
        else:
            return
        raise InputError(
            expected="an empty folder, or this very run to go on with",
            found=f"a run with another {different}",
            where=str(self.path),
            do="choose another folder, or remove that one",
        )

    def read(self) -> dict[str, Any]:
        """What `run.json` says.

        Raises:
            ModelError: this is not the folder of a run.
        """
        try:
            content: Any = json.loads(self.run.read_text("utf-8"))
        except DAMAGE as error:
            raise self._not_a_run(error) from error
        if not isinstance(content, dict):
            raise self._not_a_run("run.json holds no object")
        return content

    def _write(self, content: Mapping[str, Any]) -> None:
        write_text(self.run, json.dumps(content, indent=2))

    def _not_a_run(self, reason: object) -> ModelError:
        first = str(reason).split("\n")[0]
        return ModelError(
            f"{self.path} is not the folder of a training run ({first}); make one with `heartsay train`."
        )


def begin_or_continue(
    folder: Path, configuration: OptimisationSettings, seed: int, data: Mapping[str, Any]
) -> RunFolder:
    """Make the folder of a run, or open it to go on with a run that was killed.

    Args:
        folder: of the run.
        configuration: settings of the run.
        seed: seed of the run.
        data: what to write down of the data; `fingerprint` tells two sets of data apart.

    Raises:
        InputError: the folder holds another run.
    """
    run = RunFolder(folder)
    if run.run.exists():
        run.check(configuration, seed, data)
        remove_leftovers(folder)
        return run
    folder.mkdir(parents=True, exist_ok=True)
    run._write(
        {
            "kind": configuration.kind,
            "configuration": configuration.model_dump(mode="json"),
            "seed": seed,
            "data": data,
            "environment": environment(),
        }
    )
    return run


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
