"""Models by name: those of the installation, and what is said of one that it lacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.dummies.model import model_folder

from heartsay.errors import InputError
from heartsay.runtime import find_model, shipped_models
from heartsay.runtime.shipped import KNOWN


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    for name in ("default", "accurate", "another"):
        shutil.copytree(model_folder(), tmp_path / "weights" / name)
    (tmp_path / "weights" / "notes").mkdir()
    return tmp_path / "weights"


def test_what_holds_a_model_is_listed_the_default_first(weights: Path) -> None:
    assert shipped_models(weights) == ("default", "accurate", "another")
    assert shipped_models(weights / "nowhere") == ()


def test_a_name_a_folder_and_nothing_each_find_a_model(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_model(None, weights) == weights / "default"
    assert find_model("accurate", weights) == weights / "accurate"
    monkeypatch.chdir(tmp_path)
    shutil.copytree(model_folder(), tmp_path / "accurate")
    assert find_model("accurate", weights) == weights / "accurate"
    assert find_model("./accurate", weights).resolve() == tmp_path / "accurate"
    assert find_model(Path("accurate"), weights) == Path("accurate")


def test_an_unknown_name_lists_those_there_are(weights: Path) -> None:
    with pytest.raises(InputError, match="found 'acurate'") as caught:
        find_model("acurate", weights)
    assert "default, accurate, another" in str(caught.value)
    assert "heartsay export" in str(caught.value)


def test_a_known_model_that_is_not_installed_says_what_to_do(weights: Path) -> None:
    shutil.rmtree(weights / "accurate")
    with pytest.raises(InputError, match="install Heartsay anew") as caught:
        find_model("accurate", weights)
    assert "default, another" in str(caught.value)
    shutil.rmtree(weights)
    with pytest.raises(InputError, match="models that are there: none"):
        find_model(None, weights)


def test_a_model_without_its_manifest_is_not_installed(weights: Path) -> None:
    (weights / "accurate" / "model.json").unlink()
    with pytest.raises(InputError, match="install Heartsay anew"):
        find_model("accurate", weights)


def test_what_ships_is_known_by_name() -> None:
    assert set(shipped_models()) <= set(KNOWN)
