"""Learned judges of sentences against references, from a folder of the user's: nothing is downloaded.

BERTScore: Zhang et al., "BERTScore: Evaluating Text Generation with BERT", ICLR 2020. BLEURT: Sellam et al.,
"BLEURT: Learning Robust Metrics for Text Generation", ACL 2020.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from heartsay.errors import InputError, ModelError, first_line

BATCH = 32


@dataclass(frozen=True)
class BertScore:
    """Greedy matching of token vectors by cosine; the F1 of each pair, without importance weights.

    Args:
        tokenizer: of the encoder.
        encoder: gives hidden states.
        name: of the folder and the layer, for reports.
    """

    tokenizer: Any
    encoder: Any
    name: str

    @classmethod
    def load(cls, folder: Path) -> Self:
        """An encoder from a folder, its last layer.

        Raises:
            InputError: it is no folder.
            ModelError: it holds no encoder.
        """
        from transformers import AutoModel

        tokenizer, model = _loaded(folder, AutoModel)
        return cls(tokenizer, model, f"{folder.name}, last layer")

    def __call__(self, candidates: Sequence[str], references: Sequence[str]) -> list[float]:
        """F1 of each candidate with its reference, at most 1, (N,); 0 where either has no token."""
        found = []
        for said, wanted in zip(_batches(candidates), _batches(references), strict=True):
            one, other = self._vectors(said), self._vectors(wanted)
            found += [_greedy(a, b) for a, b in zip(one, other, strict=True)]
        return found

    def _vectors(self, texts: Sequence[str]) -> list[Tensor]:
        """Unit vectors of the tokens of each text, (tokens, D), special ones left out."""
        packed = self.tokenizer(
            list(texts),
            return_tensors="pt",
            padding=True,
            truncation=True,
            return_special_tokens_mask=True,
        )
        special = packed.pop("special_tokens_mask").bool()
        with torch.inference_mode():
            hidden = self.encoder(**packed).last_hidden_state
        hidden = torch.nn.functional.normalize(hidden.float(), dim=-1)
        kept = packed["attention_mask"].bool() & ~special
        return [row[mask] for row, mask in zip(hidden, kept, strict=True)]


def _greedy(one: Tensor, other: Tensor) -> float:
    if not len(one) or not len(other):
        return 0.0
    likeness = one @ other.T
    precision, recall = likeness.amax(1).mean().item(), likeness.amax(0).mean().item()
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0


@dataclass(frozen=True)
class Bleurt:
    """A classifier with one output that rates a candidate beside its reference.

    Args:
        tokenizer: of the model.
        model: gives one logit a pair.
        name: of the folder, for reports.
    """

    tokenizer: Any
    model: Any
    name: str

    @classmethod
    def load(cls, folder: Path) -> Self:
        """A BLEURT model from a folder.

        Raises:
            InputError: it is no folder.
            ModelError: it holds no classifier of one output.
        """
        from transformers import AutoModelForSequenceClassification

        tokenizer, model = _loaded(folder, AutoModelForSequenceClassification)
        if model.config.num_labels != 1:
            raise ModelError(
                f"{folder} gives {model.config.num_labels} outputs; BLEURT's models give one rating a pair."
            )
        return cls(tokenizer, model, folder.name)

    def __call__(self, candidates: Sequence[str], references: Sequence[str]) -> list[float]:
        """Rating of each candidate, (N,)."""
        found: list[float] = []
        for said, wanted in zip(_batches(candidates), _batches(references), strict=True):
            packed = self.tokenizer(
                list(wanted), list(said), return_tensors="pt", padding=True, truncation=True
            )
            with torch.inference_mode():
                found += self.model(**packed).logits.float().flatten().tolist()
        return found


def _loaded(folder: Path, kind: Any) -> tuple[Any, Any]:
    from transformers import AutoTokenizer

    if not folder.is_dir():
        raise InputError(
            expected="a folder with a model of transformers'",
            found="no such folder",
            where=str(folder),
            do="download the model there first; nothing is downloaded here",
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = kind.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} holds no such model: {first_line(error)}") from error
    return tokenizer, model.eval()


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), BATCH):
        yield texts[start : start + BATCH]
