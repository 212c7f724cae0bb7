"""Text features: one vector per utterance from a text encoder that sees nothing but the utterance, cached.

The vector is the mean of the encoder's last states over the utterance's tokens, those that open and close it
included, which is how MiniLM itself was trained. A cache file is a plain ``.npz`` (`id`, `features`, the
fingerprints of the encoder and of the texts); it is made anew when either fingerprint has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartsay.atomic import read_arrays, write_arrays
from heartsay.conversation import Conversation
from heartsay.errors import DAMAGE, InputError
from heartsay.evidence.packing import batches_by_length
from heartsay.evidence.tokens import TokenSettings
from heartsay.models.encoders import encoder_source, load_encoder
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.progress import Report, silent, track

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]

BATCH_TOKENS = 8192
"""Padded tokens in a batch that is read without gradients."""


def cached_text_vectors(
    texts: Mapping[str, str], encoder: str, path: Path, *, device: str = "cpu", report: Report = silent
) -> dict[str, Floats]:
    """The vectors of `text_vectors`, from a cache file where it holds them, else computed and written there.

    Args:
        texts: words by utterance id.
        encoder: ``minilm``, a folder, or a hub id.
        path: the cache file, ``.npz``; its folder is made.
        device: torch device.
        report: progress callback.

    Raises:
        InputError: there are no texts, or one is blank.
        ModelError: the encoder cannot be loaded.
    """
    wanted = {"encoder": encoder_fingerprint(encoder), "texts": texts_fingerprint(texts)}
    known = _read(path, wanted)
    if known is not None:
        return known
    vectors = text_vectors(texts, encoder, device=device, report=report)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {"id": np.array(list(vectors)), "features": np.stack(list(vectors.values()))}
    write_arrays(path, arrays | {name: np.array(value) for name, value in wanted.items()}, compress=False)
    return vectors


def _read(path: Path, wanted: Mapping[str, str]) -> dict[str, Floats] | None:
    """What the cache holds, or None where it holds something else, or nothing that can be read."""
    try:
        file = read_arrays(path)
        if any(str(file[name]) != value for name, value in wanted.items()):
            return None
        return dict(zip(map(str, file["id"]), file["features"], strict=True))
    except DAMAGE:
        return None


def text_vectors(
    texts: Mapping[str, str], encoder: str, *, device: str = "cpu", report: Report = silent
) -> dict[str, Floats]:
    """One vector per utterance, (D,) each, in the order of `texts`; dropout is off.

    Args:
        texts: words by utterance id.
        encoder: ``minilm``, a folder, or a hub id.
        device: torch device.
        report: progress callback.

    Raises:
        InputError: there are no texts, or one is blank.
        ModelError: the encoder cannot be loaded.
    """
    tokenizer, settings = encoder_tokenizer(encoder)
    model, where = load_encoder(encoder).to(device).eval(), torch.device(device)
    tokens = utterance_tokens(texts, tokenizer, settings)
    lengths = [len(t) for t in tokens]
    rows: dict[int, Floats] = {}
    with torch.inference_mode():
        groups = batches_by_length(lengths, BATCH_TOKENS)
        for group in track(groups, f"Reading {len(texts):,} utterances with {encoder}", report, "batches"):
            vectors = mean_states(model, *padded([tokens[k] for k in group], settings.pad, where))
            rows |= zip(group, vectors.float().cpu().numpy(), strict=True)
    return {id_: rows[k] for k, id_ in enumerate(texts)}


def utterance_texts(conversations: Iterable[Conversation]) -> dict[str, str]:
    """Words by utterance id, for a corpus whose utterance ids are unique over conversations, as MELD's are.

    Raises:
        InputError: an id occurs twice.
    """
    texts: dict[str, str] = {}
    for conversation in conversations:
        for utterance in conversation.utterances:
            if utterance.id in texts:
                raise InputError(
                    expected="every utterance id once",
                    found=f"{utterance.id} twice",
                    where=f"conversation {conversation.id}",
                    do="give ids that are unique over all conversations",
                )
            texts[utterance.id] = utterance.text or ""
    return texts


def utterance_tokens(
    texts: Mapping[str, str], tokenizer: Tokenizer, settings: TokenSettings
) -> list[list[int]]:
    """Token ids of each text between the tokens that open and close it, cut to the encoder's length.

    Raises:
        InputError: there are no texts, or one is blank.
    """
    blank = next((id_ for id_, text in texts.items() if not text.strip()), None)
    if blank is not None or not texts:
        raise InputError(
            expected="utterances with words",
            found="none" if blank is None else "a blank one",
            where="texts" if blank is None else f"utterance {blank}",
            do="leave utterances without words out and mark their text as not present",
        )
    encoded = tokenizer.encode_batch_fast(list(texts.values()), add_special_tokens=False)
    return [[settings.lead, *e.ids[: settings.longest - 2], settings.end] for e in encoded]


def padded(tokens: Sequence[Sequence[int]], pad: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids padded to the longest, long (B, L), and which of them are real, bool (B, L)."""
    lengths = np.array([len(t) for t in tokens])
    real = np.arange(lengths.max()) < lengths[:, None]
    ids = np.full(real.shape, pad, np.int64)
    ids[real] = np.concatenate([np.asarray(t, np.int64) for t in tokens])
    return torch.from_numpy(ids).to(device), torch.from_numpy(real).to(device)


def mean_states(encoder: Any, tokens: Tensor, real: Tensor) -> Tensor:
    """Mean of the encoder's last states over the real tokens of each sequence, (B, D)."""
    states: Tensor = encoder(input_ids=tokens, attention_mask=real.long()).last_hidden_state  # (B, L, D)
    weight = real.unsqueeze(-1).to(states.dtype)  # (B, L, 1)
    return (states * weight).sum(1) / weight.sum(1)


def encoder_fingerprint(name: str) -> str:
    """What tells two encoders apart: the hash of a folder's weights, or the hub id."""
    weights = Path(encoder_source(name)) / "model.safetensors"
    if not weights.is_file():
        return f"hub:{name}"
    with weights.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def texts_fingerprint(texts: Mapping[str, str]) -> str:
    """What tells two sets of texts apart: a hash over ids and words."""
    digest = hashlib.sha256()
    for id_, text in texts.items():
        digest.update(f"{id_}\0{text}\0".encode("utf-8", "replace"))
    return f"sha256:{digest.hexdigest()}"
