from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.dummies.encoder import POSITIONS, encoder_folder, roberta_folder

from heartsay.errors import ModelError
from heartsay.evidence.tokens import TokenSettings
from heartsay.models.tokenizers import encoder_tokenizer


def test_a_bert_tokenizer_states_its_special_tokens_and_length() -> None:
    tokenizer, settings = encoder_tokenizer(str(encoder_folder()))
    assert settings == TokenSettings(lead=2, end=3, pad=0, unknown=1, longest=POSITIONS)
    assert [tokenizer.id_to_token(k) for k in range(4)] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def test_positions_that_start_late_leave_room_for_fewer_tokens() -> None:
    tokenizer, settings = encoder_tokenizer(str(roberta_folder()))
    assert settings == TokenSettings(lead=0, end=2, pad=1, unknown=3, longest=POSITIONS)
    assert [tokenizer.id_to_token(k) for k in range(4)] == ["<s>", "<pad>", "</s>", "<unk>"]


def test_padding_and_truncation_of_the_published_tokenizer_are_off(tmp_path: Path) -> None:
    folder = shutil.copytree(encoder_folder(), tmp_path / "encoder")
    content = json.loads((folder / "tokenizer.json").read_text())
    content["truncation"] = {
        "direction": "Right",
        "max_length": 4,
        "strategy": "LongestFirst",
        "stride": 0,
    }
    (folder / "tokenizer.json").write_text(json.dumps(content))
    tokenizer, _ = encoder_tokenizer(str(folder))
    assert len(tokenizer.encode("tea tea tea tea tea tea tea tea", add_special_tokens=False).ids) == 8


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="tokenizer"):
        encoder_tokenizer(str(tmp_path / "nothing"))


def test_an_encoder_without_a_padding_token_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(encoder_folder(), tmp_path / "encoder")
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    settings["pad_token"] = None
    path.write_text(json.dumps(settings))
    with pytest.raises(ModelError, match="has no pad token"):
        encoder_tokenizer(str(folder))
