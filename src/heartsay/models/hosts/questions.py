"""Clips put to a multimodal decoder as questions, by the processor that lies beside it, and its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartsay.errors import InputError, ModelError
from heartsay.models.hosts.decoder import IGNORED

BY_TOKEN = ("mm_token_type_ids", "token_type_ids")
"""What some processors give for each token besides; 0 is text."""


@dataclass(frozen=True)
class Clip:
    """What a decoder is given of a clip.

    Attributes:
        sound: samples of one channel from -1 to 1, (N,), at the rate that the processor wants.
        pictures: red, green and blue, 8 bits, (T, H, W, 3).
    """

    sound: NDArray[np.float32]
    pictures: NDArray[np.uint8]


def load_processor(folder: Path) -> Any:
    """The processor beside a decoder; nothing is fetched.

    Raises:
        ModelError: there is none that transformers can load.
    """
    from transformers import AutoProcessor

    try:
        processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        first = str(error).split("\n")[0]
        raise ModelError(f"{folder} holds no processor beside its decoder ({first}).") from error
    if not hasattr(processor, "image_processor"):
        raise ModelError(f"{folder} holds a {type(processor).__name__}; a processor of pictures is wanted.")
    return prepared(processor)


def prepared(processor: Any) -> Any:
    """A processor whose prompts end where answers begin, in every row."""
    words = processor.tokenizer
    if words.pad_token_id is None:
        words.pad_token = words.eos_token
    words.padding_side = "left"
    return processor


def hears(processor: Any) -> bool:
    """Whether a decoder is given sound; one like LLaVA only sees."""
    return getattr(processor, "feature_extractor", None) is not None


def sound_rate(processor: Any) -> int:
    """Samples per second of the sound that a processor wants."""
    return int(processor.feature_extractor.sampling_rate)


def ask(processor: Any, question: str, clips: Sequence[Clip]) -> dict[str, Tensor]:
    """The inputs of a decoder for clips and a question, padded on the left.

    Args:
        processor: of `load_processor`.
        question: in words; the sound, if it is heard, and the pictures stand before it.
        clips: at least one.

    Raises:
        InputError: the processor cannot read a clip.
    """
    texts = [_prompt(processor, question, len(clip.pictures)) for clip in clips]
    given: dict[str, Any] = {"images": [list(clip.pictures) for clip in clips]}
    if hears(processor):
        given["audio"] = [clip.sound for clip in clips]
    else:
        given["images"] = [picture for pictures in given["images"] for picture in pictures]
    try:
        found = processor(text=texts, padding=True, return_tensors="pt", **given)
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(
            expected="clips that the decoder's processor reads",
            found=str(error).split("\n")[0],
            where=type(processor).__name__,
            do="try it with one clip, or with a processor of the same release as the decoder",
        ) from error
    return dict(found)


def _prompt(processor: Any, question: str, pictures: int) -> str:
    """The question as the decoder was taught to be asked, with a mark for each thing it is shown."""
    kinds = [*(["audio"] if hears(processor) else []), *["image"] * pictures]
    if processor.chat_template:
        shown = [{"type": kind} for kind in kinds]
        said = [{"role": "user", "content": [*shown, {"type": "text", "text": question}]}]
        text: str = processor.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
        return text
    return "".join(getattr(processor, f"{kind}_token") for kind in kinds) + f" {question}"


def with_answers(inputs: Mapping[str, Tensor], answers: Sequence[str], tokenizer: Any) -> dict[str, Tensor]:
    """Inputs with what is to be answered behind them, and labels that ask for nothing else.

    The prompt's tokens are those that the decoder is asked with, to the last one.

    Args:
        inputs: of `ask`.
        answers: one for each clip.
        tokenizer: of the processor.
    """
    end = tokenizer.eos_token_id
    rows = [
        [*tokenizer(a, add_special_tokens=False)["input_ids"], *([] if end is None else [end])]
        for a in answers
    ]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [tokenizer.pad_token_id] * (longest - len(row)) for row in rows])
    real = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    prompt = inputs["input_ids"]
    added = {name: torch.zeros_like(real) for name in BY_TOKEN if name in inputs}
    return {
        **inputs,
        "input_ids": torch.cat([prompt, ids], 1),
        "attention_mask": torch.cat([inputs["attention_mask"], real], 1),
        **{name: torch.cat([inputs[name], values], 1) for name, values in added.items()},
        "labels": torch.cat([torch.full_like(prompt, IGNORED), ids.masked_fill(real == 0, IGNORED)], 1),
    }


def answered(tokenizer: Any, sequences: Tensor, prompt: int) -> list[str]:
    """The words behind prompts of so many tokens, from what `generate` gives, (B, S + N)."""
    words: list[str] = tokenizer.batch_decode(sequences[:, prompt:], skip_special_tokens=True)
    return [text.strip() for text in words]
