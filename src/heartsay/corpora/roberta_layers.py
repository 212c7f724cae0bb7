"""What the two RoBERTa feature files share: four layers, no utterance ids, three lists of dialogues."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from heartsay.corpora.feature_pickle import (
    Items,
    Key,
    dialogue_ids,
    feature_corpus,
    labelled_conversation,
    refuse,
    unlisted,
    vectors,
)
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation

LAYERS = ("layer 1", "layer 2", "layer 3", "layer 4")


def roberta_corpus(
    items: Items,
    path: Path,
    name: str,
    classes: tuple[str, ...],
    *,
    conversation_id: str,
    utterance_id: str,
) -> EvidenceCorpus:
    """The corpus of a RoBERTa file; its one modality is text, four layers side by side.

    Args:
        items: the file's items.
        path: the file.
        name: names the corpus.
        classes: names of the emotions by class index.
        conversation_id: a conversation's id, with its key for `{}`.
        utterance_id: what follows the conversation's id and `_`, with the utterance's number for `{}`.

    Raises:
        InputError: items that do not fit together.
    """
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
