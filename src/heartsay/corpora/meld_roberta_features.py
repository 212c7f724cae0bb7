"""`meld_features_roberta.pkl`: four RoBERTa layers per utterance of MELD, as published with COSMIC.

Eleven items: speakers (one-hot), emotions, sentiments, four layers (1,024 each), sentences, and the training,
test and validation dialogues, which are MELD's own splits. The layers become one text vector of 4 x 1,024.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heartsay.corpora.feature_pickle import named_items
from heartsay.corpora.roberta_layers import LAYERS, roberta_corpus
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.labels import EMOTIONS

NAMES = (
    "speakers",
    "labels",
    "sentiments",
    *LAYERS,
    "sentences",
    "training ids",
    "test ids",
    "validation ids",
)


def read(path: Path) -> EvidenceCorpus:
    """Read the file.

    Conversation ids are like `dia12`, in the file's numbering over all splits; utterances count from 0.

    Raises:
        InputError: no allowed pickle, or items that do not fit together.
    """
    return from_content(load_pickle(path), path)


def from_content(content: Any, path: Path) -> EvidenceCorpus:
    """The corpus that the content of such a file holds; see `read`."""
    items = named_items(content, NAMES, path)
    return roberta_corpus(
        items, path, "meld-roberta", EMOTIONS.names, conversation_id="dia{}", utterance_id="utt{}"
    )
