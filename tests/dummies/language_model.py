"""A tiny random causal language model with a tokenizer of its own, and questions for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from heartsay.models.hosts.fame_net import Asked

TALK = ["Explain why the emotion of this statement is joy anger", "he sold the van", "she won the pitch"]

TURNS = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant]"
"""A template of turns, in Jinja."""


def tokenizer() -> Any:
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(TALK * 4, vocab_size=300, special_tokens=["<s>", "</s>"])
    found = PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, bos_token="<s>", eos_token="</s>")
    found.chat_template = TURNS
    return found


def language(tokens: int, seed: int = 0) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokens,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=512,
            bos_token_id=0,
            eos_token_id=1,
        )
    )


def language_model_in(folder: Path, seed: int = 0) -> Path:
    """A folder as transformers saves a language model."""
    own = tokenizer()
    own.save_pretrained(folder)
    language(len(own), seed).save_pretrained(folder)
    return folder


def questions(number: int = 12) -> list[Asked]:
    """What was sold is told by anger, what was won by joy."""
    told = {"joy": ("We won the pitch!", "she won the pitch"), "anger": ("You sold it?", "he sold the van")}
    return [
        Asked(emotion, f"Mara{k}", words, context="Ben: Well.\n" * (k % 3), answer=answer)
        for k in range(number)
        for emotion, (words, answer) in [list(told.items())[k % 2]]
    ]
