"""What a run writes down of the feature corpus that it is trained on."""

from __future__ import annotations

import hashlib
from typing import Any

from heartsay.evidence.features import SPLITS, FeatureCorpus


def describe(corpus: FeatureCorpus) -> dict[str, Any]:
    """Name, classes, whether composed, facts, and a fingerprint."""
    return {
        "name": corpus.name,
        "classes": list(corpus.classes),
        "composed": corpus.composed,
        "facts": dict(corpus.facts),
        "fingerprint": fingerprint(corpus),
    }


def fingerprint(corpus: FeatureCorpus) -> str:
    """A hash of everything that training and reading see."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for conversation in corpus.splits[split]:
            digest.update("\n".join((split, conversation.id, *conversation.utterances)).encode())
            digest.update(conversation.emotion.tobytes())
            digest.update(conversation.speaker.tobytes())
            for modality in sorted(conversation.features):
                here = conversation.present[modality]
                digest.update(f"{modality} {here.tolist()}".encode())
                digest.update(conversation.features[modality][here].tobytes())  # others mean nothing
            if conversation.pair is not None:
                digest.update(conversation.pair.tobytes())
    return digest.hexdigest()[:16]
