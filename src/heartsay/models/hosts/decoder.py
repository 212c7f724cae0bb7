"""A multimodal decoder that is told what its tokens are, pass by pass, with and without a cache."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from heartsay.errors import InputError, ModelError
from heartsay.models.fusion.modality import FACE, PADDING, TEXT, VOICE, ModalityTokens, reading

IGNORED = -100
"""The label of a token that is given and not learnt."""

VOICE_IDS = ("audio_token_id",)
FACE_IDS = ("image_token_id", "video_token_id")
"""Names that configurations have for the tokens which stand for sound and for pictures."""

PROJECTIONS = ("q_proj", "v_proj")


def load_host(folder: Path, **options: Any) -> nn.Module:
    """Load a multimodal decoder from a folder; nothing is fetched.

    Args:
        folder: as transformers saves a model.
        options: of `from_pretrained`, such as a dtype.

    Raises:
        ModelError: there is no such model, or one that transformers cannot load.
    """
    from transformers import (
        AutoConfig,
        AutoModelForImageTextToText,
        Qwen2_5OmniThinkerForConditionalGeneration,
    )

    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} holds no config.json; name a folder as transformers saves a model.")
    try:
        kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
        thinker = Qwen2_5OmniThinkerForConditionalGeneration
        known = {"qwen2_5_omni_thinker": thinker, "qwen2_5_omni": thinker}
        loader = known.get(kind, AutoModelForImageTextToText)
        model: nn.Module = loader.from_pretrained(folder, local_files_only=True, **options)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).split("\n")[0]
        raise ModelError(f"{folder} holds no multimodal decoder that can be loaded ({first}).") from error
    return model.eval()


def unwrapped(model: Any) -> Any:
    """The model of transformers' in what peft has wrapped, or the model itself."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def text_decoder(model: nn.Module) -> nn.Module:
    """The part that reads the expanded sequence, whatever is wrapped around it.

    Raises:
        ModelError: the model has none.
    """
    inner = unwrapped(model)
    decoder = inner.get_decoder() if hasattr(inner, "get_decoder") else None
    if not isinstance(decoder, nn.Module) or not hasattr(decoder, "layers"):
        raise ModelError(f"{type(inner).__name__} has no text decoder with layers; use a multimodal decoder.")
    return decoder


def projections(model: nn.Module) -> str:
    """A pattern of the queries and values of the text decoder and of nothing else.

    Towers of sound and pictures have layers of the same names, so the pattern begins where the decoder does.

    Raises:
        ModelError: the decoder has no such projections.
    """
    decoder = text_decoder(model)
    place = next(name for name, module in model.named_modules() if module is decoder)
    start = f"{re.escape(place)}\\." if place else ""
    pattern = rf"{start}layers\.\d+\.self_attn\.({'|'.join(PROJECTIONS)})"
    if not any(re.fullmatch(pattern, name) for name, _ in model.named_modules()):
        raise ModelError(
            f"{type(decoder).__name__} has no layers with self_attn.q_proj and v_proj; MoSE knows no others."
        )
    return pattern


def modality_ids(model: nn.Module, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
    """What each token is, from the ids of the placeholders in the expanded sequence, long (B, S).

    Args:
        model: its configuration says which ids stand for sound and for pictures.
        input_ids: (B, S).
        attention_mask: 0 for padding, (B, S).

    Raises:
        InputError: the model has no such ids, or the mask has another shape.
    """
    config: Any = model.config
    found = torch.full_like(input_ids, TEXT)
    known = False
    for kind, names in ((VOICE, VOICE_IDS), (FACE, FACE_IDS)):
        for name in names:
            number = getattr(config, name, None)
            if number is not None:
                known, found = True, torch.where(input_ids == number, kind, found)
    if not known:
        raise InputError(
            expected=f"one of {', '.join((*VOICE_IDS, *FACE_IDS))} in the model's configuration",
            found="none of them",
            where=type(config).__name__,
            do="use a multimodal decoder",
        )
    if attention_mask is None:
        return found
    if attention_mask.shape != input_ids.shape:
        raise InputError(
            expected=f"a mask of the shape {tuple(input_ids.shape)}",
            found=f"{tuple(attention_mask.shape)}",
            where="attention mask",
            do="make both of the expanded sequence",
        )
    return torch.where(attention_mask == 0, PADDING, found)


@contextmanager
def told(
    model: nn.Module,
    input_ids: Tensor,
    attention_mask: Tensor | None = None,
    labels: Tensor | None = None,
    *,
    grows: bool = False,
    copies: int = 1,
) -> Iterator[ModalityTokens]:
    """Within it, the layers of a model know what its tokens are.

    Args:
        model: a multimodal decoder.
        input_ids: the expanded sequence, (B, S).
        attention_mask: 0 for padding, (B, S).
        labels: `IGNORED` for what is given, so that a gate looks at nothing that is to be learnt, (B, S).
        grows: whether tokens will be generated.
        copies: how often the model repeats each sequence, as with beams.

    Raises:
        InputError: from the model's passes: the ids do not cover the sequence that its decoder reads.
    """
    ids = modality_ids(model, input_ids, attention_mask)
    prompt = None if labels is None else labels == IGNORED
    if copies > 1:
        ids = ids.repeat_interleave(copies, 0)
    tokens = ModalityTokens(ids, prompt, grows)

    def note(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        cache = kwargs.get("past_key_values")
        tokens.start = 0 if cache is None else int(cache.get_seq_length())
        read = kwargs.get("inputs_embeds", kwargs.get("input_ids"))
        given = args[0] if read is None else read
        tokens.of_pass(*given.shape[:2])  # refuses what it does not cover, also where no layer asks

    hook = text_decoder(model).register_forward_pre_hook(note, with_kwargs=True)
    try:
        with reading(tokens):
            yield tokens
    finally:
        hook.remove()


def read(model: nn.Module, **inputs: Any) -> Any:
    """A pass over whole sequences, as the model itself gives it, with a loss where there are labels.

    Raises:
        InputError: the ids do not cover what the decoder reads.
    """
    with told(model, inputs["input_ids"], inputs.get("attention_mask"), inputs.get("labels")):
        return model(**inputs)


def generate(model: nn.Module, **inputs: Any) -> Tensor:
    """What the model answers, as its own `generate` gives it: the prompt and the new tokens, (B, S + N).

    Raises:
        InputError: the ids do not cover what the decoder reads.
    """
    settings: Any = inputs.get("generation_config") or getattr(model, "generation_config", None)
    wanted = (inputs.get(n) or getattr(settings, n, None) or 1 for n in ("num_beams", "num_return_sequences"))
    mask = inputs.get("attention_mask")
    with told(model, inputs["input_ids"], mask, grows=True, copies=max(wanted)):
        answer: Tensor = model.generate(**inputs)  # type: ignore[operator]
    return answer
