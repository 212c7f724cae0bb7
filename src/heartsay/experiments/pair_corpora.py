"""Corpora of emotion-cause pairs as cached utterance vectors: what pair scorers are compared on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.corpora import drop_held_out, load
from heartsay.errors import InputError
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus
from heartsay.experiments.feature_corpora import ENCODER_FOLDER, with_words
from heartsay.labels import EMOTIONS
from heartsay.progress import Report, silent
from heartsay.training.tasks.utterance_encoder import FineTuning, fine_tune, meld_training_utterances
from heartsay.training.text_features import cached_text_vectors, utterance_texts

PAIR_CORPORA = ("ecf", "reccon")


def load_pair_corpus(name: str, cache: Path, report: Report = silent) -> EvidenceCorpus:
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
    named = {split: [renamed(c, split) for c in conversations] for split, conversations in splits.items()}
    texts = utterance_texts(c for conversations in named.values() for c in conversations)
    settings = FineTuning()
    encoder = str(fine_tune(meld_training_utterances(), settings, cache / ENCODER_FOLDER, report=report))
    vectors = cached_text_vectors(texts, encoder, cache / f"text-minilm-finetuned-{name}.npz", report=report)
    return EvidenceCorpus(
        name,
        EMOTIONS.names,
        {split: with_words(conversations, vectors) for split, conversations in named.items()},
        facts={"text": "MiniLM fine-tuned on single utterances of MELD's training split"},
    )


def renamed(conversation: Conversation, split: str) -> Conversation:
    """The conversation with ids that are unique over all splits of a corpus."""
    id_ = f"{split}_{conversation.id}"
    utterances = (replace(u, id=f"{id_}_{k}") for k, u in enumerate(conversation.utterances))
    return replace(conversation, id=id_, utterances=tuple(utterances))
