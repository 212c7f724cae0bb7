"""Attention that is moved in decoders of transformers': off to the bit, causal, with and without a cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from tests.dummies.hosts import SILENT, WORDS, llava, llava_inputs, thinker, thinker_inputs
from torch import Tensor

from heartsay.errors import InputError, ModelError
from heartsay.models.fusion.modality import FACE, TEXT, VOICE, listening
from heartsay.models.fusion.reallocation import Reallocation
from heartsay.models.hosts.attention import NAME, install, reallocating
from heartsay.models.hosts.decoder import generate, modality_ids, read, text_decoder

PULLED = Reallocation(0.95, 1.0, 0.0, layers=(1, 2))
INPUTS = thinker_inputs()


@pytest.fixture(scope="module")
def plain() -> Any:
    model = thinker()
    model.set_attn_implementation({"text_config": "eager"})
    return model


@pytest.fixture(scope="module")
def model() -> Any:
    made = thinker()
    install(made)
    return made


@pytest.fixture(autouse=True)
def _no_gradient() -> Iterator[None]:
    with torch.no_grad():
        yield


def logits(of: Any, settings: Reallocation | None = None, **inputs: Tensor) -> Tensor:
    with reallocating(settings):
        found: Tensor = read(of, **(inputs or INPUTS)).logits
    return found


def attentions(of: Any, settings: Reallocation | None) -> list[Tensor]:
    with reallocating(settings):
        return list(read(of, **INPUTS, output_attentions=True).attentions)


def test_off_it_is_eager_to_the_bit(model: Any, plain: Any) -> None:
    assert torch.equal(logits(model), logits(plain))
    assert torch.equal(logits(model, None), logits(model))
    pictures = llava()
    pictures.set_attn_implementation({"text_config": "eager"})
    before = logits(pictures, **llava_inputs())
    install(pictures)
    assert torch.equal(logits(pictures, **llava_inputs()), before)


def test_towers_are_left_as_they_are(model: Any) -> None:
    implementations = {
        type(m).__name__: m.config._attn_implementation for m in model.modules() if hasattr(m, "config")
    }
    assert text_decoder(model).config._attn_implementation == NAME  # type: ignore[union-attr]
    assert implementations["Qwen2_5OmniVisionEncoder"] != NAME
    assert implementations["Qwen2_5OmniAudioEncoder"] != NAME


def test_the_rows_that_answer_move_in_the_layers_that_are_named(model: Any) -> None:
    ids = modality_ids(model, INPUTS["input_ids"], INPUTS["attention_mask"])
    before, after = attentions(model, None), attentions(model, PULLED)
    assert torch.equal(before[0], after[0])
    moved = after[1] != before[1]
    assert not moved[:, :, :-1].any()  # layer 1 is the first; only the last token answers
    for weights, was in ((after[1][:, :, -1], before[1][:, :, -1]), (after[2][:, :, -1], None)):
        voice, face = ((weights * (ids == m)[:, None]).sum(-1) for m in (VOICE, FACE))
        torch.testing.assert_close(voice / (voice + face), torch.full_like(voice, 0.95))
        torch.testing.assert_close(weights.sum(-1), torch.ones_like(voice))
        if was is not None:
            text = (ids == TEXT)[:, None].expand_as(weights)
            assert torch.equal(weights[text], was[text])
    real = INPUTS["attention_mask"] == 1
    assert not torch.allclose(logits(model, PULLED)[real], logits(model)[real], atol=1e-5)


def test_no_strength_changes_next_to_nothing(model: Any) -> None:
    still = Reallocation(0.5, 0.0, 0.0, layers=(0, 1, 2))
    torch.testing.assert_close(logits(model, still), logits(model), rtol=0, atol=1e-6)


def test_training_is_never_moved(model: Any) -> None:
    before = logits(model)
    model.train()
    after = logits(model, PULLED)
    model.eval()
    assert torch.equal(after, before)


@pytest.mark.parametrize("settings", [None, PULLED])
def test_the_future_is_not_seen(model: Any, settings: Reallocation | None) -> None:
    other = {**INPUTS, "input_ids": INPUTS["input_ids"].clone()}
    other["input_ids"][:, -1] = 3 + (other["input_ids"][:, -1] - 2) % (WORDS - 3)
    assert not torch.equal(other["input_ids"], INPUTS["input_ids"])
    real = INPUTS["attention_mask"][:, :-1] == 1
    assert torch.equal(logits(model, settings, **other)[:, :-1][real], logits(model, settings)[:, :-1][real])


def test_without_its_mask_it_refuses_instead_of_seeing_the_future(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.masking_utils import AttentionMaskInterface

    mapping = dict(AttentionMaskInterface._global_mapping)
    del mapping[NAME]
    monkeypatch.setattr(AttentionMaskInterface, "_global_mapping", mapping)
    with pytest.raises(ModelError, match="No causal mask"):
        logits(model)


@pytest.mark.parametrize("settings", [None, PULLED])
def test_answers_are_the_same_with_and_without_a_cache(model: Any, settings: Reallocation | None) -> None:
    asked: dict[str, Any] = {**INPUTS, "max_new_tokens": 5, "do_sample": False, **SILENT}
    scored: dict[str, Any] = {"return_dict_in_generate": True, "output_logits": True}
    with reallocating(settings):
        cached, whole = (generate(model, **asked, **scored, use_cache=c) for c in (True, False))
    assert torch.equal(cached.sequences, whole.sequences)  # type: ignore[attr-defined]
    for one, two in zip(cached.logits, whole.logits, strict=True):  # type: ignore[attr-defined]
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)


def test_answers_move_when_attention_does(model: Any) -> None:
    asked: dict[str, Any] = {**INPUTS, "max_new_tokens": 4, "do_sample": False, **SILENT}
    scored: dict[str, Any] = {"return_dict_in_generate": True, "output_logits": True}
    found = []
    for settings in (None, PULLED):
        with reallocating(settings):
            found.append(generate(model, **asked, **scored).logits)  # type: ignore[attr-defined]
    assert not torch.allclose(found[0][0], found[1][0], atol=1e-5)


def test_padding_changes_nothing(model: Any) -> None:
    real = INPUTS["attention_mask"][0] == 1
    alone = {
        "input_ids": INPUTS["input_ids"][:1, real],
        "attention_mask": INPUTS["attention_mask"][:1, real],
        **{n: INPUTS[n][:1] for n in ("input_features", "feature_attention_mask", "image_grid_thw")},
        "pixel_values": INPUTS["pixel_values"][:16],
    }
    together = logits(model, PULLED)[0, real]
    torch.testing.assert_close(together, logits(model, PULLED, **alone)[0], rtol=1e-4, atol=1e-5)


def test_a_decoder_without_sound_has_nothing_to_move() -> None:
    model = llava()
    install(model)
    assert torch.equal(logits(model, PULLED, **llava_inputs()), logits(model, None, **llava_inputs()))


def test_untold_it_refuses_to_move(model: Any) -> None:
    with reallocating(PULLED), pytest.raises(InputError, match="modality ids"):
        model(**INPUTS)


def test_attention_is_told_before_it_is_moved(model: Any) -> None:
    with listening("attention") as told:
        logits(model, PULLED)
    assert len(told) == 2
    before = attentions(model, None)[1]
    voice = (before * (told[0].ids == VOICE)[:, None, None]).sum(-1)
    torch.testing.assert_close(told[0].mass[..., 0], voice)
