"""`MELD_features_raw1.pkl`: text, audio and visual features of MELD, as MMGCN's loaders read it.

Ten items: utterance ids, speakers (one-hot), labels, text (600), audio (300), visual (342), sentences, the
training dialogues, the test dialogues, and one that loaders ignore. The list called training holds MELD's
training *and* development dialogues, 1,152 of them, numbered in that order. They are taken apart by number:
the last 114 are the development split. Where the list is whole, its utterances must be 9,989 and 1,109 then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heartsay.corpora.feature_pickle import MULTIMODAL_NAMES, FeatureFile, Key, as_published
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.labels import EMOTIONS

NAMES = (*MULTIMODAL_NAMES, "what loaders ignore")

DEVELOPMENT_DIALOGUES = 114
TRAINING_UTTERANCES, DEVELOPMENT_UTTERANCES = 9989, 1109


@as_published
def read(content: Any, path: Path) -> EvidenceCorpus:
    """The corpus of the content of such a file.

    Conversation ids are like `dia12`, utterance ids like `dia12_utt3`, in the file's own numbering over all
    splits.

    Raises:
        InputError: items that do not fit together.
    """
    file = FeatureFile(content, NAMES, path)
    training, development = split_training(file)

    def conversation(key: Key) -> LabelledConversation:
        return file.conversation(
            key, f"dia{key}", _utterance_ids(file, key), len(EMOTIONS), file.multimodal(key)
        )

    return file.corpus(
        "meld-features",
        EMOTIONS.names,
        {"train": training, "dev": development, "test": file.dialogues("test ids")},
        conversation,
        split="the list called training holds training and development dialogues; by number, the last "
        f"{DEVELOPMENT_DIALOGUES} are development",
    )


def sentences(content: Any, path: Path) -> dict[str, str]:
    """Words by utterance id, under the ids of `read`; blank ones are left out.

    Raises:
        InputError: items that do not fit together.
    """
    file = FeatureFile(content, NAMES, path)
    return file.sentences(lambda key: _utterance_ids(file, key))


def _utterance_ids(file: FeatureFile, key: Key) -> list[str]:
    return [f"dia{key}_utt{id_}" for id_ in file.utterance_ids(key)]


def split_training(file: FeatureFile) -> tuple[list[Key], list[Key]]:
    """Take the list called training apart into training and development dialogues."""
    listed = file.dialogues("training ids")
    if not all(isinstance(key, int) for key in listed):
        file.refuse("training ids", "dialogue numbers", repr(listed[:3])[:60])
    ids = sorted(listed, key=int)
    if len(ids) <= DEVELOPMENT_DIALOGUES:
        file.refuse(
            "training ids",
            f"training dialogues and the {DEVELOPMENT_DIALOGUES} of development after them",
            f"{len(ids)} in all",
        )
    training, development = ids[:-DEVELOPMENT_DIALOGUES], ids[-DEVELOPMENT_DIALOGUES:]
    known = [sum(len(file.rows("labels", key)) for key in part) for part in (training, development)]
    whole = TRAINING_UTTERANCES + DEVELOPMENT_UTTERANCES
    if sum(known) == whole and known[1] != DEVELOPMENT_UTTERANCES:
        file.refuse(
            "training ids",
            f"{DEVELOPMENT_UTTERANCES} utterances in the last {DEVELOPMENT_DIALOGUES} dialogues",
            str(known[1]),
        )
    return training, development
