"""`iemocap_features_roberta.pkl`: four RoBERTa layers per utterance of IEMOCAP, as published with COSMIC.

Ten items: speakers ('M', 'F'), labels, four layers (1,024 each), sentences, and the training, test and
validation dialogues. The layers become one text vector of 4 x 1,024. The validation dialogues are the
file's, some of the training sessions'.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heartsay.corpora.feature_pickle import named_items
from heartsay.corpora.iemocap_features import CLASSES
from heartsay.corpora.roberta_layers import LAYERS, roberta_corpus
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.evidence.corpus import EvidenceCorpus

NAMES = ("speakers", "labels", *LAYERS, "sentences", "training ids", "test ids", "validation ids")


def read(path: Path) -> EvidenceCorpus:
    """Read the file.

    Conversation ids are like `Ses01F_impro01`; utterances count from 0.

    Raises:
        InputError: no allowed pickle, or items that do not fit together.
    """
    return from_content(load_pickle(path), path)


def from_content(content: Any, path: Path) -> EvidenceCorpus:
    """The corpus that the content of such a file holds; see `read`."""
    items = named_items(content, NAMES, path)
    return roberta_corpus(items, path, "iemocap-roberta", CLASSES, conversation_id="{}", utterance_id="{}")
