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

from heartsay.corpora.feature_pickle import FeatureFile, Key, as_published
from heartsay.corpora.iemocap_features import CLASSES
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.labels import EMOTIONS

LAYERS = ("layer 1", "layer 2", "layer 3", "layer 4")
REST = (*LAYERS, "sentences", "training ids", "test ids", "validation ids")
MELD_NAMES = ("speakers", "labels", "sentiments", *REST)
IEMOCAP_NAMES = ("speakers", "labels", *REST)


@as_published
def read_meld(content: Any, path: Path) -> EvidenceCorpus:
    """The corpus of the content of MELD's file.

    Conversation ids are like `dia12`, in the file's numbering over all splits; utterance ids like
    `dia12_utt0`.

    Raises:
        InputError: items that do not fit together.
    """
    file = FeatureFile(content, MELD_NAMES, path)
    return _corpus(file, "meld-roberta", EMOTIONS.names, "dia{}", "utt{}")


@as_published
def read_iemocap(content: Any, path: Path) -> EvidenceCorpus:
    """The corpus of the content of IEMOCAP's file.

    Conversation ids are like `Ses01F_impro01`; utterances count from 0.

    Raises:
        InputError: items that do not fit together.
    """
    return _corpus(FeatureFile(content, IEMOCAP_NAMES, path), "iemocap-roberta", CLASSES, "{}", "{}")


def _corpus(
    file: FeatureFile, name: str, classes: tuple[str, ...], conversation_id: str, utterance_id: str
) -> EvidenceCorpus:
    """Its one modality is text, four layers side by side; ids have the key or the number for `{}`."""
    development = file.dialogues("validation ids")
    if not development:
        file.refuse("validation ids", "dialogues to choose by", "none")

    def conversation(key: Key) -> LabelledConversation:
        layers = [file.vectors(layer, key) for layer in LAYERS]
        shapes = {values.shape for values, _ in layers}
        if len(shapes) != 1:
            file.refuse(f"dialogue {key}", "four layers of one shape", str(sorted(shapes)))
        text = np.concatenate([values for values, _ in layers], axis=1)
        present = np.any([found for _, found in layers], axis=0)
        id_ = conversation_id.format(key)
        utterances = [f"{id_}_{utterance_id.format(k)}" for k in range(len(text))]
        return file.conversation(key, id_, utterances, len(classes), {"text": (text, present)})

    return file.corpus(
        name,
        classes,
        {"train": file.dialogues("training ids"), "dev": development, "test": file.dialogues("test ids")},
        conversation,
        split="the file's own",
        text="four RoBERTa layers side by side",
    )
