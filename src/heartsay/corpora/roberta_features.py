"""`meld_features_roberta.pkl` and `iemocap_features_roberta.pkl`: four RoBERTa layers, published with COSMIC.

MELD's has eleven items: speakers (one-hot), labels, sentiments, four layers (1,024 each), sentences, and the
training, test and validation dialogues, which are MELD's own splits. IEMOCAP's has no sentiments, its
speakers are `M` and `F`, and its validation dialogues are some of the training sessions'. The layers become
one text vector of 4 x 1,024.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from heartsay.corpora.feature_pickle import (
    Items,
    Key,
    dialogue_ids,
    feature_corpus,
    labelled_conversation,
    named_items,
    refuse,
    unlisted,
    vectors,
)
from heartsay.corpora.iemocap_features import CLASSES
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.labels import EMOTIONS

LAYERS = ("layer 1", "layer 2", "layer 3", "layer 4")
REST = (*LAYERS, "sentences", "training ids", "test ids", "validation ids")
MELD_NAMES = ("speakers", "labels", "sentiments", *REST)
IEMOCAP_NAMES = ("speakers", "labels", *REST)


def read_meld(content: Any, path: Path) -> EvidenceCorpus:
    """The corpus of the content of MELD's file.

    Conversation ids are like `dia12`, in the file's numbering over all splits; utterance ids like
    `dia12_utt0`.

    Raises:
        InputError: items that do not fit together.
    """
    items = named_items(content, MELD_NAMES, path)
    return _corpus(items, path, "meld-roberta", EMOTIONS.names, "dia{}", "utt{}")


def read_iemocap(content: Any, path: Path) -> EvidenceCorpus:
    """The corpus of the content of IEMOCAP's file.

    Conversation ids are like `Ses01F_impro01`; utterances count from 0.

    Raises:
        InputError: items that do not fit together.
    """
    return _corpus(named_items(content, IEMOCAP_NAMES, path), path, "iemocap-roberta", CLASSES, "{}", "{}")


def _corpus(
    items: Items,
    path: Path,
    name: str,
    classes: tuple[str, ...],
    conversation_id: str,
    utterance_id: str,
) -> EvidenceCorpus:
    splits = {
        "train": dialogue_ids(items, "training ids", path),
        "dev": dialogue_ids(items, "validation ids", path),
        "test": dialogue_ids(items, "test ids", path),
    }
    if not splits["dev"]:
        refuse(f"{path}, validation ids", "dialogues to choose by", "none")

    def conversation(key: Key) -> LabelledConversation:
        layers = [vectors(items, layer, key, path) for layer in LAYERS]
        shapes = {values.shape for values, _ in layers}
        if len(shapes) != 1:
            refuse(f"{path}, dialogue {key}", "four layers of one shape", str(sorted(shapes)))
        text = np.concatenate([values for values, _ in layers], axis=1)
        id_ = conversation_id.format(key)
        return labelled_conversation(
            items,
            key,
            path,
            id_=id_,
            utterances=[f"{id_}_{utterance_id.format(k)}" for k in range(len(text))],
            classes=len(classes),
            features={"text": (text, np.any([present for _, present in layers], axis=0))},
        )

    facts = {
        "file": path.name,
        "split": "the file's own",
        "text": "four RoBERTa layers side by side",
        "dialogues in no split": unlisted(items, "labels", splits),
    }
    return feature_corpus(
        path=path, name=name, classes=classes, splits=splits, conversation=conversation, facts=facts
    )
