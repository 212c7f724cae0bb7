"""What a run writes down of the feature corpus that it is trained on."""

from __future__ import annotations

from typing import Any

from heartsay.evidence.corpus import EvidenceCorpus, fingerprint


def describe(corpus: EvidenceCorpus) -> dict[str, Any]:
    """Name, classes, whether composed, facts, and a fingerprint."""
    return {
        "name": corpus.name,
        "classes": list(corpus.classes),
        "composed": corpus.composed,
        "facts": dict(corpus.facts),
        "fingerprint": fingerprint(corpus),
    }
