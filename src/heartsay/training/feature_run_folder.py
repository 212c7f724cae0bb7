"""The folder of a run of a backbone over features, and which of its epochs count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from heartsay.errors import ModelError
from heartsay.evidence.corpus import EvidenceCorpus, fingerprint
from heartsay.evidence.reading import Reading
from heartsay.training.feature_configuration import FeatureConfiguration, is_feature_configuration
from heartsay.training.run_folder import RunFiles, another_run


@dataclass(frozen=True)
class FeatureRunFolder(RunFiles):
    """The folder of a run of a backbone over features.

    Beside what every run holds: ``readings.npz``, what the epoch that was chosen on development data says;
    ``readings-test-selected.npz``, the same of the epoch that is best on the test split, as much published
    code chooses it: for a column that says so, never for a headline; ``baseline/``, a run of the base method,
    where the objective wanted one and none was given.
    """

    @property
    def readings(self) -> Path:
        """What the epoch chosen on development data says."""
        return self.path / "readings.npz"

    @property
    def test_selected_readings(self) -> Path:
        """What the epoch that is best on the test split says."""
        return self.path / "readings-test-selected.npz"

    @property
    def test_selected_weights(self) -> Path:
        """Weights of the epoch that is best on the test split, while the run goes on."""
        return self.path / "model-test-selected.safetensors"

    @property
    def baseline(self) -> Path:
        """Folder of the base method's run."""
        return self.path / "baseline"

    def configuration(self) -> FeatureConfiguration:
        """The configuration the run was started with.

        Raises:
            ModelError: this is not the folder of such a run.
        """
        try:
            values = self.read()["configuration"]
            if isinstance(values, dict) and not is_feature_configuration(values):
                raise ModelError(f"{self.path} holds no backbone over features, but a packed-dialogue model.")
            return FeatureConfiguration.model_validate(values)
        except (KeyError, ValidationError) as error:
            raise self.not_a_run(error) from error

    def corpus(self) -> dict[str, Any]:
        """What the run was trained on: name, classes, whether composed, facts, and a fingerprint.

        Raises:
            ModelError: this is not the folder of such a run.
        """
        corpus = self.read().get("corpus")
        if not isinstance(corpus, dict):
            raise self.not_a_run("run.json names no corpus")
        return corpus

    def is_finished(self) -> bool:
        """Whether training has ended and everything that tells of it is there."""
        told = len(self.history()) == self.configuration().epochs
        return told and not self.state.exists() and self.readings.exists()

    def selected(self) -> dict[str, Any]:
        """Metrics of the epoch chosen on development data."""
        return best(self.history(), "development")

    def test_selected(self) -> dict[str, Any]:
        """Metrics of the epoch that is best on the test split: for the published protocol only."""
        return best(self.history(), "test")

    def load_reading(self, test_selected: bool = False) -> Reading:
        """What the epoch chosen on development data says, or the one that is best on the test split.

        Raises:
            ModelError: the run is not finished.
        """
        return Reading.load(self.test_selected_readings if test_selected else self.readings)


def best(history: list[dict[str, Any]], on: str) -> dict[str, Any]:
    """The epoch with the highest weighted F1 on a split; ties go to the likelier, then to the earlier.

    Args:
        history: metrics of one epoch or more.
        on: `development` or `test`.
    """
    return max(history, key=lambda row: (row[f"{on}_weighted_f1"], -row[f"{on}_negative_log_likelihood"]))


def begin(
    folder: Path, configuration: FeatureConfiguration, corpus: EvidenceCorpus, seed: int
) -> FeatureRunFolder:
    """Make the folder of a run, or open it to go on with a run that was killed.

    Raises:
        InputError: the folder holds a run with another configuration or seed, or on other data.
    """
    run, about = FeatureRunFolder(folder), describe(corpus)
    if run.run.exists():
        if (run.configuration(), run.seed()) != (configuration, seed):
            raise another_run(folder, "configuration or seed")
        if run.corpus()["fingerprint"] != about["fingerprint"]:
            raise another_run(folder, "corpus, fold or features")
    else:
        run.write(configuration=configuration.model_dump(mode="json"), seed=seed, corpus=about)
    return run


def describe(corpus: EvidenceCorpus) -> dict[str, Any]:
    """What a run writes down of its corpus."""
    return {
        "name": corpus.name,
        "classes": list(corpus.classes),
        "composed": corpus.composed,
        "facts": dict(corpus.facts),
        "fingerprint": fingerprint(corpus),
    }
