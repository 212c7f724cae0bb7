"""Attention reallocation in decoders of transformers', through its interface for attention functions.

The mask is registered beside the function. Without that, transformers hands the function no causal mask, says
nothing, and every token sees the future; so a pass over several tokens without a mask is refused here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn

from heartsay.errors import ModelError
from heartsay.models.fusion.modality import current
from heartsay.models.fusion.reallocation import Reallocation, reallocate, tell_attention
from heartsay.models.hosts.decoder import text_decoder, unwrapped

NAME = "heartsay_reallocation"
"""What transformers calls the function."""

_SETTINGS: ContextVar[Reallocation | None] = ContextVar("reallocation", default=None)


def install(model: nn.Module) -> None:
    """Have the text decoder of a model attend through here; its towers go on as they do.

    Alone it changes nothing: the result is that of `eager` attention to the bit, until `reallocating`.

    Raises:
        ModelError: the model does not let its attention be set.
    """
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, eager_mask

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, eager_mask)
    whole = unwrapped(model)
    has_parts = "text_config" in getattr(whole.config, "sub_configs", {})
    whole.set_attn_implementation({"text_config": NAME} if has_parts else NAME)
    decoder: Any = text_decoder(model)
    if decoder.config._attn_implementation != NAME:
        raise ModelError(f"{type(decoder).__name__} does not let its attention be set; AR needs that.")


@contextmanager
def reallocating(settings: Reallocation | None) -> Iterator[None]:
    """Within it, attention is moved in every model that `install` has prepared; None moves nothing."""
    before = _SETTINGS.set(settings)
    try:
        yield
    finally:
        _SETTINGS.reset(before)


def attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[Tensor, Tensor]:
    """Attention as `eager` has it, with weights that can be seen and moved.

    Args:
        module: the layer; its `layer_idx` and its configuration say which of how many it is.
        query: (B, H, L, D).
        key: (B, H / G, K, D).
        value: (B, H / G, K, D).
        attention_mask: added to the scores, (B, 1, L, K).
        scaling: of the scores.
        dropout: on the weights.
        kwargs: what else transformers hands over.

    Returns:
        What was found, (B, L, H, D), and the weights, (B, H, L, K).

    Raises:
        ModelError: several tokens are read without a mask.
        InputError: attention is to be moved and what the tokens are is not known.
    """
    if attention_mask is None and query.shape[2] > 1:
        raise ModelError(
            f"No causal mask came to layer {module.layer_idx}: its tokens would see the future. Prepare the "
            "model with heartsay.models.hosts.attention.install, which registers the mask too."
        )
    groups = module.num_key_value_groups
    keys, values = (x.repeat_interleave(groups, dim=1) for x in (key, value))
    scores = torch.matmul(query, keys.transpose(2, 3)) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = nn.functional.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    settings = None if module.training else _SETTINGS.get()
    if settings is not None and settings.moves(module.layer_idx, module.config.num_hidden_layers):
        tokens, length = current(), query.shape[2]
        tokens.of_pass(len(query), length)
        ids = tokens.of_keys(weights.shape[-1])
        tell_attention(weights, ids)
        weights = reallocate(weights, ids, settings, tokens.answering(length))
    weights = nn.functional.dropout(weights, p=dropout, training=module.training)
    found = torch.matmul(weights, values).transpose(1, 2).contiguous()
    return found, weights
