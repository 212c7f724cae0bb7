"""A vector depends on its utterance alone, and the cache notices another encoder or other words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.dummies.encoder import CAUSED, build_encoder, encoder_folder, roberta_folder

from heartsay.errors import InputError
from heartsay.models.encoders import load_encoder
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.training import text_features
from heartsay.training.text_features import (
    cached_text_vectors,
    mean_states,
    text_vectors,
    utterance_texts,
)

TEXTS = {f"{c.id}_{u.id}": u.text for c in CAUSED for u in c.utterances}


@pytest.mark.parametrize("folder", [encoder_folder, roberta_folder])
def test_a_vector_is_the_mean_over_its_own_tokens(folder: object, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = str(folder())  # type: ignore[operator]
    monkeypatch.setattr(text_features, "BATCH_TOKENS", 40)  # several batches, with padding
    vectors = text_vectors(TEXTS, encoder)
    assert list(vectors) == list(TEXTS)
    model = load_encoder(encoder).eval()
    tokenizer, settings = encoder_tokenizer(encoder)
    for id_ in ("piano_2", "soup_3", "alone_1"):
        ids = tokenizer.encode(TEXTS[id_], add_special_tokens=False).ids
        with torch.inference_mode():
            states = model(input_ids=torch.tensor([[settings.lead, *ids, settings.end]])).last_hidden_state
        np.testing.assert_allclose(vectors[id_], states[0].mean(0).numpy(), atol=1e-5)


def test_a_text_beyond_the_encoders_length_is_cut() -> None:
    long = {"a": "The kettle is on. " * 100, "b": "The kettle is on."}
    vectors = text_vectors(long, str(encoder_folder()))
    np.testing.assert_allclose(
        vectors["b"], text_vectors({"b": long["b"]}, str(encoder_folder()))["b"], atol=1e-5
    )
    assert np.isfinite(vectors["a"]).all()


def test_the_cache_is_used_until_words_or_encoder_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, encoder = tmp_path / "cache" / "text.npz", str(encoder_folder())
    first = cached_text_vectors(TEXTS, encoder, path)
    with monkeypatch.context() as patch:
        patch.setattr(text_features, "text_vectors", None)  # calling it would fail
        again = cached_text_vectors(TEXTS, encoder, path)
    assert list(again) == list(first)
    np.testing.assert_array_equal(again["piano_1"], first["piano_1"])
    changed = cached_text_vectors({**TEXTS, "piano_1": "Something else."}, encoder, path)
    assert not np.allclose(changed["piano_1"], first["piano_1"])
    np.testing.assert_allclose(changed["piano_2"], first["piano_2"], atol=1e-5)
    other = cached_text_vectors(TEXTS, str(build_encoder(tmp_path / "other", width=8)), path)
    assert other["piano_1"].shape == (8,)
    path.write_bytes(b"PK\x03\x04 half a file")
    np.testing.assert_array_equal(cached_text_vectors(TEXTS, encoder, path)["piano_1"], first["piano_1"])
    assert [p.name for p in path.parent.iterdir()] == ["text.npz"]


def test_padding_does_not_count() -> None:
    encoder = load_encoder(str(encoder_folder())).eval()
    tokens, real = torch.tensor([[2, 7, 3, 0, 0]]), torch.tensor([[True, True, True, False, False]])
    with torch.inference_mode():
        short = mean_states(encoder, tokens[:, :3], real[:, :3])
        torch.testing.assert_close(mean_states(encoder, tokens, real), short, atol=1e-5, rtol=0)


def test_blank_texts_and_repeated_ids_are_refused() -> None:
    with pytest.raises(InputError, match="blank"):
        text_vectors({"a": "Yes.", "b": "  "}, str(encoder_folder()))
    with pytest.raises(InputError, match="none"):
        text_vectors({}, str(encoder_folder()))
    with pytest.raises(InputError, match="twice"):
        utterance_texts(CAUSED)  # ids that count from 1 in each conversation
