from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.dummies.encoder import encoder_folder, roberta_folder

from heartsay.errors import ModelError
from heartsay.models.encoders import empty_encoder, load_encoder


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
