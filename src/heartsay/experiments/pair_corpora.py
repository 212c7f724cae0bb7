"""Corpora of emotion-cause pairs as cached utterance vectors: what pair scorers are compared on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from heartsay.conversation import Conversation
from heartsay.corpora import drop_held_out, load
from heartsay.errors import InputError
from heartsay.evidence.features import SPLITS, FeatureConversation, FeatureCorpus, Floats, speaker_indices
from heartsay.evidence.reading import UNLABELLED
from heartsay.experiments.feature_corpora import ENCODER_FOLDER
from heartsay.labels import EMOTIONS
from heartsay.progress import Report, silent
from heartsay.training.tasks.utterance_encoder import FineTuning, fine_tune, meld_training_utterances
from heartsay.training.text_features import cached_text_vectors

PAIR_CORPORA = ("ecf", "reccon")


def load_pair_corpus(name: str, cache: Path, report: Report = silent) -> FeatureCorpus:
    """A corpus of emotion-cause pairs with a text vector per utterance.

    The vectors come from MiniLM, fine-tuned for emotions on single utterances of MELD's training split less
    everything that is in a development or test split of MELD or ECF; ECF's training conversations lose the
    same. They are computed on first use and kept in the cache.

    Args:
        name: one of `PAIR_CORPORA`.
        cache: folder of the features.
        report: progress callback.

    Raises:
        InputError: no such corpus, or its files are absent or not what they claim.
    """
    if name not in PAIR_CORPORA:
        raise InputError(
            expected=f"a corpus of pairs ({', '.join(PAIR_CORPORA)})",
            found=repr(name),
            where="corpus name",
            do="choose one of these",
        )
    report({"message": f"Reading {name}"})
    splits = {split: load(name, split) for split in SPLITS}
    if name == "ecf":
        splits["train"] = drop_held_out(splits["train"])
        splits["dev"] = drop_held_out(splits["dev"], against=("test",))
    texts = {
        utterance_id(split, c, k): u.text or ""
        for split in SPLITS
        for c in splits[split]
        for k, u in enumerate(c.utterances)
    }
    settings = FineTuning()
    encoder = str(fine_tune(meld_training_utterances(), settings, cache / ENCODER_FOLDER, report=report))
    vectors = cached_text_vectors(texts, encoder, cache / f"text-minilm-finetuned-{name}.npz", report=report)
    return FeatureCorpus(
        name,
        EMOTIONS.names,
        {split: _conversations(split, splits[split], vectors) for split in SPLITS},
        facts={"text": "MiniLM fine-tuned on single utterances of MELD's training split"},
    )


def utterance_id(split: str, conversation: Conversation, index: int) -> str:
    """An id that is unique over all splits of a corpus."""
    return f"{split}_{conversation.id}_{index}"


def _conversations(
    split: str, conversations: Iterable[Conversation], vectors: dict[str, Floats]
) -> tuple[FeatureConversation, ...]:
    return tuple(_conversation(split, c, vectors) for c in conversations)


def _conversation(split: str, c: Conversation, vectors: dict[str, Floats]) -> FeatureConversation:
    ids = tuple(utterance_id(split, c, k) for k in range(len(c.utterances)))
    pair = np.zeros((len(ids), len(ids)), bool)
    for emotion, cause in c.pairs or ():
        pair[emotion, cause] = True
    emotions = [UNLABELLED if u.emotion is None else EMOTIONS.index(u.emotion) for u in c.utterances]
    return FeatureConversation(
        id=f"{split}_{c.id}",
        utterances=ids,
        speaker=speaker_indices([u.speaker for u in c.utterances]),
        emotion=np.array(emotions, np.int64),
        features={"text": np.stack([vectors[i] for i in ids])},
        present={"text": np.ones(len(ids), bool)},
        pair=pair,
    )
