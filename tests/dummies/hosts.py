"""Tiny random multimodal decoders, built from configurations alone, and inputs for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

WORDS, AUDIO, IMAGE, VIDEO = 50, 60, 61, 62
MARKS = {
    "audio_start_token_id": 50,
    "audio_end_token_id": 51,
    "vision_start_token_id": 52,
    "vision_end_token_id": 53,
}
VOCABULARY = 64
"""Ids from 3 up to `WORDS` are words; then come marks and placeholders."""

SILENT: dict[str, Any] = {"suppress_tokens": [0, 1, 2, *range(WORDS, VOCABULARY)]}
"""Setting of `generate` under which a random model answers with words."""

TEXT: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": None,
}


def thinker(seed: int = 0) -> Any:
    """Like the thinker of Qwen2.5-Omni: sound, pictures and text."""
    from transformers import Qwen2_5OmniThinkerConfig, Qwen2_5OmniThinkerForConditionalGeneration

    config = Qwen2_5OmniThinkerConfig(
        audio_config={
            "d_model": 16,
            "encoder_layers": 1,
            "encoder_attention_heads": 2,
            "encoder_ffn_dim": 16,
            "num_mel_bins": 8,
            "output_dim": TEXT["hidden_size"],
            "n_window": 4,
            "max_source_positions": 64,
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": TEXT["hidden_size"],
            "patch_size": 4,
            "window_size": 16,
            "fullatt_block_indexes": [0],
        },
        text_config={
            **TEXT,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]},
        },
        audio_token_id=AUDIO,
        image_token_id=IMAGE,
        video_token_id=VIDEO,
        **MARKS,
    )
    torch.manual_seed(seed)
    return Qwen2_5OmniThinkerForConditionalGeneration(config).eval()


def llava(seed: int = 0) -> Any:
    """Like LLaVA: pictures and text."""
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

    vision = CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=8,
        patch_size=4,
        projection_dim=16,
    )
    text = LlamaConfig(**TEXT)
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=IMAGE, image_seq_length=4)
    torch.manual_seed(seed)
    return LlavaForConditionalGeneration(config).eval()


def thinker_inputs(rows: int = 2, seed: int = 0) -> dict[str, Tensor]:
    """Prompts with a clip of sound and a picture each, the first padded on the left."""
    random = torch.Generator().manual_seed(seed)
    words = torch.randint(3, WORDS, (rows, 4), generator=random)
    sound = [MARKS["audio_start_token_id"], *[AUDIO] * 3, MARKS["audio_end_token_id"]]
    picture = [MARKS["vision_start_token_id"], *[IMAGE] * 4, MARKS["vision_end_token_id"]]
    shown = torch.tensor([*sound, *picture]).expand(rows, -1)
    ids = torch.cat([words[:, :2], shown, words[:, 2:]], dim=1)  # (B, 15)
    mask = torch.ones_like(ids)
    mask[0, :2], ids[0, :2] = 0, TEXT["pad_token_id"]
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "input_features": torch.randn(rows, 8, 12, generator=random),  # 12 frames are 3 tokens
        "feature_attention_mask": torch.ones(rows, 12, dtype=torch.long),
        "pixel_values": torch.randn(16 * rows, 3 * 2 * 4 * 4, generator=random),
        "image_grid_thw": torch.tensor([[1, 4, 4]] * rows),  # 16 patches are 4 tokens
    }


def llava_inputs(rows: int = 2, seed: int = 0) -> dict[str, Tensor]:
    """Prompts with a picture each, the first padded on the left."""
    random = torch.Generator().manual_seed(seed)
    words = torch.randint(3, WORDS, (rows, 5), generator=random)
    ids = torch.cat([words[:, :3], torch.full((rows, 4), IMAGE), words[:, 3:]], dim=1)  # (B, 9)
    mask = torch.ones_like(ids)
    mask[0, :1], ids[0, :1] = 0, TEXT["pad_token_id"]
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "pixel_values": torch.randn(rows, 3, 8, 8, generator=random),
    }
