"""Conversations as random features: emotions can be learnt from each modality, and better in context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

import numpy as np
import torch
from numpy.typing import NDArray

from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.tensors import Batch, EvidenceBatch, collate

WIDTHS: Mapping[str, int] = {"text": 12, "voice": 7, "face": 5}
EMOTIONS = ("calm", "merry", "cross", "glum")

_STRENGTH = {"text": 1.8, "voice": 1.4, "face": 1.2}
_KEEPS, _CATCHES = 0.6, 0.2
"""How often a speaker keeps the own last emotion, and how often that of the turn before is caught."""


def feature_conversation(
    length: int = 6,
    speakers: int = 2,
    widths: Mapping[str, int] = WIDTHS,
    classes: int = len(EMOTIONS),
    seed: int = 0,
    *,
    missing: float = 0.0,
    name: str | None = None,
) -> LabelledConversation:
    """A conversation whose features show its emotions, weakly, and whose emotions linger.

    Every modality shows the emotion as a direction in noise, the same in all conversations of the same
    widths. Who speaks is random, and everybody speaks where the length allows.

    Args:
        missing: how often a cell, one modality of one utterance, is not present.
        name: the conversation's id; made from the seed if not given.
    """
    random = np.random.default_rng(seed)
    speaker = _turns(length, speakers, random)
    emotion = _lingering(speaker, classes, random)
    features, present = {}, {}
    for modality, width in widths.items():
        shown = _directions(modality, width, classes)[emotion]
        features[modality] = (shown + random.standard_normal((length, width))).astype(np.float32)
        present[modality] = random.random(length) >= missing
    name = f"talk-{seed}" if name is None else name
    ids = tuple(f"{name}/{k}" for k in range(length))
    return LabelledConversation(name, Evidence(ids, speaker, features, present), emotion)


def feature_corpus(
    sizes: tuple[int, int, int] = (24, 8, 8),
    lengths: tuple[int, int] = (1, 12),
    speakers: int = 3,
    widths: Mapping[str, int] = WIDTHS,
    classes: Sequence[str] = EMOTIONS,
    seed: int = 0,
    *,
    missing: float = 0.0,
) -> EvidenceCorpus:
    """A corpus of such conversations.

    Args:
        sizes: conversations in train, dev and test.
        lengths: the shortest and the longest conversation, in utterances.
        speakers: most speakers in a conversation; each has from one to that many.
    """
    random = np.random.default_rng(seed)
    number = count()

    def one() -> LabelledConversation:
        length = int(random.integers(lengths[0], lengths[1] + 1))
        people = int(random.integers(1, speakers + 1))
        k, own_seed = next(number), int(random.integers(2**31))
        return feature_conversation(
            length, people, widths, len(classes), own_seed, missing=missing, name=f"talk-{k}"
        )

    splits = {
        split: tuple(one() for _ in range(size))
        for split, size in zip(("train", "dev", "test"), sizes, strict=True)
    }
    return EvidenceCorpus("dummy", tuple(classes), splits)


def feature_batch(
    lengths: Sequence[int] = (5, 1, 7),
    speakers: int = 2,
    widths: Mapping[str, int] = WIDTHS,
    classes: int = len(EMOTIONS),
    seed: int = 0,
    *,
    missing: float = 0.0,
) -> Batch:
    """Conversations of the given lengths, padded, with their labels."""
    talks = [
        feature_conversation(length, speakers, widths, classes, seed + k, missing=missing)
        for k, length in enumerate(lengths)
    ]
    return collate(talks, tuple(widths))


def noise_like(evidence: EvidenceBatch, seed: int = 0) -> dict[str, torch.Tensor]:
    """Large random features of the same shapes."""
    generator = torch.Generator().manual_seed(seed)
    return {m: 3 * torch.randn(x.shape, generator=generator) for m, x in evidence.features.items()}


def _turns(length: int, speakers: int, random: np.random.Generator) -> NDArray[np.int64]:
    turns = np.concatenate([np.arange(speakers), random.integers(0, speakers, length)])[:length]
    random.shuffle(turns)
    # Speakers count in the order in which they first appear.
    first = {who: k for k, who in enumerate(dict.fromkeys(turns.tolist()))}
    return np.array([first[who] for who in turns.tolist()], np.int64)


def _lingering(speaker: NDArray[np.int64], classes: int, random: np.random.Generator) -> NDArray[np.int64]:
    last: dict[int, int] = {}
    felt: list[int] = []
    for who in speaker.tolist():
        chance = random.random()
        if chance < _KEEPS and who in last:
            felt.append(last[who])
        elif chance < _KEEPS + _CATCHES and felt:
            felt.append(felt[-1])
        else:
            felt.append(int(random.integers(classes)))
        last[who] = felt[-1]
    return np.array(felt, np.int64)


def _directions(modality: str, width: int, classes: int) -> NDArray[np.float64]:
    """Where each class lies, (classes, width), each of the modality's strength in length."""
    names = [*_STRENGTH, modality]
    drawn = np.random.default_rng([names.index(modality), width, classes]).standard_normal((classes, width))
    scale = _STRENGTH.get(modality, 1.2) / np.linalg.norm(drawn, axis=1, keepdims=True)
    return np.asarray(drawn * scale)
