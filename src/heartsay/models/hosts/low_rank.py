"""Plain LoRA in decoders of transformers', of as many weights as MoSE has: what MoSE is compared with."""

from __future__ import annotations

import re
from pathlib import Path

from torch import nn

from heartsay.errors import DAMAGE, ModelError
from heartsay.models.fusion.adapters import rank_of_equal_size
from heartsay.models.fusion.mose import MoSESettings
from heartsay.models.hosts.decoder import projections
from heartsay.models.hosts.mose import peft_package


def add_low_rank(model: nn.Module, settings: MoSESettings) -> nn.Module:
    """Add plain LoRA to the queries and values of a multimodal decoder; all else is kept from moving.

    Args:
        model: the decoder.
        settings: whose number of weights is matched, in each projection, and whose scale and dropout hold.

    Raises:
        ModelError: its text decoder has no such projections.
        MissingDependencyError: peft is not installed.
    """
    pattern = projections(model)
    places = {n: m for n, m in model.named_modules() if re.fullmatch(pattern, n) and isinstance(m, nn.Linear)}
    ranks = {n: rank_of_equal_size(m.in_features, m.out_features, settings) for n, m in places.items()}
    share = settings.alpha / settings.rank
    config = peft_package().LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=pattern,
        rank_pattern={f"^{re.escape(n)}$": rank for n, rank in ranks.items()},
        alpha_pattern={f"^{re.escape(n)}$": share * rank for n, rank in ranks.items()},
    )
    adapted: nn.Module = peft_package().get_peft_model(model, config)
    return adapted


def load_low_rank(model: nn.Module, folder: Path) -> nn.Module:
    """Put saved LoRA on the model that it was trained with.

    Raises:
        ModelError: there is none, or it does not fit.
        MissingDependencyError: peft is not installed.
    """
    try:
        loaded: nn.Module = peft_package().PeftModel.from_pretrained(model, str(folder))
    except DAMAGE as error:
        first = str(error).split("\n")[0]
        raise ModelError(f"{folder} holds no LoRA that fits this model ({first}).") from error
    return loaded
