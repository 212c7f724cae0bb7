"""CLIP's picture encoder at tiny size, and FAME-Net from pictures to a sentence."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.dummies.language_model import language, tokenizer

from heartsay.errors import InputError, ModelError
from heartsay.models.hosts.clip_frames import ClipFrames
from heartsay.models.hosts.fame_net import Asked, FameNet


def vision(seed: int = 0) -> Any:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(seed)
    return CLIPVisionModel(
        CLIPVisionConfig(
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=3,
            num_attention_heads=2,
            image_size=32,
            patch_size=8,
        )
    )


def pictures(count: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (count, 24, 40, 3), np.uint8)


def test_a_token_for_each_picture_and_each_place() -> None:
    encoder = ClipFrames(vision())
    assert (encoder.width, encoder.patches) == (16, 16)
    patches = encoder.patches_of(pictures(20))
    assert patches.shape == (20, 16, 16)
    tokens = encoder.tokens_of(pictures(20))
    assert tokens.shape == (36, 16)
    assert torch.allclose(tokens[:20], patches.mean(1), atol=1e-5)
    assert torch.allclose(tokens[20:], patches.mean(0), atol=1e-5)


def test_pictures_are_prepared_as_clip_wants_them() -> None:
    from transformers import CLIPImageProcessor

    own = ClipFrames(vision())
    seen: list[torch.Tensor] = []
    real = own.vision.forward
    own.vision.forward = lambda pixel_values, **more: seen.append(pixel_values) or real(pixel_values, **more)
    image = np.full((1, 40, 40, 3), 128, np.uint8)
    image[:, :, 20:] = 30
    own.patches_of(image)
    size = {"height": 32, "width": 32}
    theirs = CLIPImageProcessor(size=size, do_center_crop=False)(list(image), return_tensors="pt")
    assert (seen[0] - theirs["pixel_values"]).abs().max() < 0.05  # edges are scaled a little otherwise


def test_a_saved_encoder_is_loaded_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    vision().save_pretrained(tmp_path / "clip")
    again = ClipFrames.load(tmp_path / "clip")
    assert torch.equal(again.tokens_of(pictures(2)), ClipFrames(vision()).tokens_of(pictures(2)))
    with pytest.raises(ModelError, match=r"holds no config\.json"):
        ClipFrames.load(tmp_path)
    language(300).save_pretrained(tmp_path / "words")
    with pytest.raises(ModelError, match="picture encoder"):
        ClipFrames.load(tmp_path / "words")


@pytest.mark.parametrize("given", [pictures(0), pictures(2)[..., :1], pictures(2)[0]])
def test_what_is_no_row_of_pictures_is_refused(given: np.ndarray[Any, Any]) -> None:
    with pytest.raises(InputError, match="pictures of 8 bits"):
        ClipFrames(vision()).tokens_of(given)


def test_a_hundred_frames_take_less_than_a_second_of_the_processor() -> None:
    encoder, film = ClipFrames(vision()), pictures(100)
    begun = time.process_time()
    encoder.tokens_of(film)
    assert time.process_time() - begun < 1.0


def test_from_pictures_to_a_sentence() -> None:
    """FAME-Net end to end: it learns by what is seen alone, the words are the same."""
    encoder, own = ClipFrames(vision()), tokenizer()
    dark, bright = (encoder.tokens_of(np.full((3, 32, 32, 3), shade, np.uint8)) for shade in (20, 230))
    model = FameNet(language(len(own)), own, video_width=encoder.width)
    items = [
        Asked("joy", "Mara", "Look!", video=dark, answer="he sold the van"),
        Asked("joy", "Mara", "Look!", video=bright, answer="she won the pitch"),
    ]
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 5e-2)
    before = model(items).item()
    for _ in range(20):
        optimiser.zero_grad()
        model(items).backward()
        optimiser.step()
    assert model(items).item() < before
    swapped = [
        Asked("joy", "Mara", "Look!", video=one, answer=item.answer)
        for one, item in zip((bright, dark), items, strict=True)
    ]
    assert model(items).item() < model(swapped).item()
    assert isinstance(model.explain(items)[0].text, str)
