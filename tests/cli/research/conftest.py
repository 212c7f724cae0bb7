"""The researcher's path, gone once: small corpora, a tiny encoder, a run and the model exported from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from tests.dummies.commands import Ran, contents, run
from tests.dummies.corpora import write_corpora, write_encoder
from tests.dummies.encoder import configuration

SEED, OTHER_SEED = 1, 2


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("research")


@pytest.fixture(scope="session")
def data(root: Path) -> Path:
    return write_corpora(root / "data")


@pytest.fixture(scope="session")
def settings(root: Path) -> Path:
    path = root / "tiny.yaml"
    encoder = write_encoder(root / "encoder")
    tiny = configuration(encoder, epochs=5, encoder_learning_rate=5e-3, head_learning_rate=5e-3)
    path.write_text(yaml.safe_dump(tiny.model_dump()), "utf-8")
    return path


@pytest.fixture(scope="session")
def trained(root: Path, data: Path, settings: Path) -> tuple[Ran, Path]:
    folder = root / "run"
    return run("train", settings, "--out", folder, "--seed", str(SEED), "--json", data=data), folder


@pytest.fixture(scope="session")
def exported(root: Path, data: Path, trained: tuple[Ran, Path]) -> Path:
    folder = root / "exported"
    ran = run("export", trained[1], "--out", folder, "--json", data=data)
    assert (ran.code, ran.err) == (0, "")
    assert ran.said() == {
        "command": "export",
        "run": str(trained[1]),
        "written": str(folder),
        "bytes": sum(len(content) for content in contents(folder).values()),
    }
    return folder


@pytest.fixture
def changed(exported: Path, data: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A model and corpora that a test may change."""
    return shutil.copytree(exported, tmp_path / "model"), shutil.copytree(data, tmp_path / "data")
