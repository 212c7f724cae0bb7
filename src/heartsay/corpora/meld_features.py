"""`MELD_features_raw1.pkl`: text, audio and visual features of MELD, as MMGCN's loaders read it.

Ten items: utterance ids, speakers (one-hot), labels, text (600), audio (300), visual (342), sentences, the
training dialogues, the test dialogues, and one that loaders ignore. The list called training holds MELD's
training *and* development dialogues, 1,152 of them, numbered in that order. They are taken apart by number:
the last 114 are the development split. Where the list is whole, its utterances must be 9,989 and 1,109 then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heartsay.corpora import feature_pickle
from heartsay.corpora.feature_pickle import (
    MULTIMODAL,
    Items,
    Key,
    dialogue_ids,
    feature_corpus,
    labelled_conversation,
    named_items,
    refuse,
    rows,
    unlisted,
    utterance_ids,
    vectors,
)
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.labels import EMOTIONS

NAMES = (
    "utterance ids",
    "speakers",
    "labels",
    "text",
    "audio",
    "visual",
    "sentences",
    "training ids",
    "test ids",
    "what loaders ignore",
)

DEVELOPMENT_DIALOGUES = 114
TRAINING_UTTERANCES, DEVELOPMENT_UTTERANCES = 9989, 1109


def read(path: Path) -> EvidenceCorpus:
    """Read the file.

    Conversation ids are like `dia12`, utterance ids like `dia12_utt3`, in the file's own numbering over all
    splits.

    Raises:
        InputError: no allowed pickle, or items that do not fit together.
    """
    return from_content(load_pickle(path), path)


def from_content(content: Any, path: Path) -> EvidenceCorpus:
    """The corpus that the content of such a file holds; see `read`."""
    items = named_items(content, NAMES, path)
    training, development = split_training(items, path)
    splits = {"train": training, "dev": development, "test": dialogue_ids(items, "test ids", path)}

    def conversation(key: Key) -> LabelledConversation:
        return labelled_conversation(
            items,
            key,
            path,
            id_=f"dia{key}",
            utterances=_ids(items, key, path),
            classes=len(EMOTIONS),
            features={m: vectors(items, item, key, path) for m, item in MULTIMODAL.items()},
        )

    facts = {
        "file": path.name,
        "split": "the list called training holds training and development dialogues; by number, the last "
        f"{DEVELOPMENT_DIALOGUES} are development",
        "dialogues in no split": unlisted(items, "labels", splits),
    }
    return feature_corpus(
        path=path,
        name="meld-features",
        classes=EMOTIONS.names,
        splits=splits,
        conversation=conversation,
        facts=facts,
    )


def sentences(path: Path) -> dict[str, str]:
    """Words by utterance id, under the ids of `read`; blank ones are left out.

    Raises:
        InputError: no allowed pickle, or items that do not fit together.
    """
    items = named_items(load_pickle(path), NAMES, path)
    keys = [key for name in ("training ids", "test ids") for key in dialogue_ids(items, name, path)]
    return feature_pickle.sentences(items, keys, path, lambda key: _ids(items, key, path))


def _ids(items: Items, key: Key, path: Path) -> list[str]:
    return [f"dia{key}_utt{id_}" for id_ in utterance_ids(items, "utterance ids", key, path)]


def split_training(items: Items, path: Path) -> tuple[list[Key], list[Key]]:
    """Take the list called training apart into training and development dialogues."""
    listed = dialogue_ids(items, "training ids", path)
    if not all(isinstance(key, int) for key in listed):
        refuse(f"{path}, training ids", "dialogue numbers", repr(listed[:3])[:60])
    ids = sorted(listed, key=int)
    if len(ids) <= DEVELOPMENT_DIALOGUES:
        refuse(
            f"{path}, training ids",
            f"training dialogues and the {DEVELOPMENT_DIALOGUES} of development after them",
            f"{len(ids)} in all",
        )
    training, development = ids[:-DEVELOPMENT_DIALOGUES], ids[-DEVELOPMENT_DIALOGUES:]
    known = [sum(len(rows(items, "labels", key, path)) for key in part) for part in (training, development)]
    whole = TRAINING_UTTERANCES + DEVELOPMENT_UTTERANCES
    if sum(known) == whole and known[1] != DEVELOPMENT_UTTERANCES:
        refuse(
            f"{path}, training ids",
            f"{DEVELOPMENT_UTTERANCES} utterances in the last {DEVELOPMENT_DIALOGUES} dialogues",
            str(known[1]),
        )
    return training, development
