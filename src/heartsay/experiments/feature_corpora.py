"""The corpora that experiments on features name, each read or made on demand.

`CORPORA` is the list: a name and a function that loads it; `module:Name` is such a function of a user's own.
`file:PATH` reads one of the field's four feature files, whichever it is; `file:PATH+PATH` puts the RoBERTa
text of the second in place of the first's, which is how M3Net is published, and `file:PATH+minilm` vectors of
the file's own sentences. `store:FOLDER` is what `heartsay features` wrote, `store:FOLDER+FEATURE+FEATURE`
some of it. `PAIR_CORPORA` are those of emotion-cause pairs, as text vectors alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from heartsay import extension
from heartsay.conversation import Conversation
from heartsay.corpora import drop_held_out, iemocap_features, load, meld_features, roberta_features
from heartsay.corpora.casting import Recipe
from heartsay.corpora.feature_pickle import with_text, with_text_of
from heartsay.corpora.meld import MELD
from heartsay.corpora.meld_voices import meld_voices
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.errors import HeartsayError, InputError
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus, LabelledConversation
from heartsay.evidence.evidence import FloatArray
from heartsay.evidence.store import read_store
from heartsay.labels import EMOTIONS
from heartsay.progress import Report, silent

FINE_TUNED, FROZEN = "text-minilm-finetuned.npz", "text-minilm-frozen.npz"
"""Cache files with a vector for each of MELD's utterances."""

ENCODER_FOLDER = "minilm-utterances"
"""How folders in the cache with an encoder that was fine-tuned on MELD's training utterances begin."""

MINILM = "minilm"

STORE = "store:"
"""How a store of features is named."""

CROSS_VALIDATED, FOLDS = ("meld-voices", "meld-voices-frozen"), 5
"""Corpora whose splits are folds over dialogues, and how many."""

PAIR_CORPORA = ("ecf", "reccon")
"""Corpora of emotion-cause pairs."""

Load = Callable[[Path, int | None, int, Report], EvidenceCorpus]
"""From the cache folder, the fold or None, the seed and a progress callback, to a corpus."""


def load_feature_corpus(
    name: str, cache: Path, *, fold: int | None, seed: int, report: Report = silent
) -> EvidenceCorpus:
    """Load a corpus by its name; what has to be computed first is kept in the cache.

    Args:
        name: a name of `CORPORA`, `file:PATH`, `store:FOLDER`, or `module:Name` of a function that takes
            cache, fold and seed and returns a corpus.
        cache: folder for text features and whatever else is expensive.
        fold: which fold, for a corpus that is cross-validated; None for the others.
        seed: of the folds, of the split that a file does not have, or of the composition.
        report: progress callback.

    Raises:
        InputError: no such corpus, a fold where there are none or none where there are some, or files that
            are absent or not what they claim.
    """
    if name.startswith("file:"):
        _check_fold(name, fold)
        return _from_files(name.removeprefix("file:"), cache, seed, report)
    if name.startswith(STORE):
        _check_fold(name, fold)
        return _from_store(name.removeprefix(STORE))
    if extension.is_reference(name):
        return _of_a_users_own(name, cache, fold, seed)
    if name not in CORPORA:
        raise InputError(
            expected=f"a corpus ({', '.join(CORPORA)}, file:PATH, store:FOLDER, module:Name)",
            found=repr(name),
            where="corpus name",
            do="choose one of these",
        )
    _check_fold(name, fold)
    return CORPORA[name](cache, fold, seed, report)


def fold_of(name: str, seed: int) -> int | None:
    """The fold that a run with a seed is tested on: seeds 1 to 5 test on every fold once."""
    return (seed - 1) % FOLDS if name in CROSS_VALIDATED else None


def meld_text_vectors(cache: Path, *, fine_tuned: bool, report: Report = silent) -> dict[str, FloatArray]:
    """A MiniLM vector for each utterance of MELD, (384,) by utterance id.

    On first use they are computed, and before that the encoder is fine-tuned, if so asked: minutes on one
    core for the first, about a quarter of an hour for the second; a fine-tuning that was killed goes on.

    Raises:
        InputError: MELD or ECF are absent or not what they claim.
        MissingDependencyError: MiniLM is not installed.
    """
    from heartsay.training.text_features import utterance_texts

    report({"message": "Reading MELD"})
    texts = utterance_texts(c for split in SPLITS for c in load("meld", split))
    return _vectors(texts, cache, FINE_TUNED if fine_tuned else FROZEN, fine_tuned, report)


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
        InputError: the corpus's files are absent or not what they claim.
    """
    from heartsay.training.text_features import utterance_texts

    report({"message": f"Reading {name}"})
    splits = {split: load(name, split) for split in SPLITS}
    if name == "ecf":
        splits["train"] = drop_held_out(splits["train"])
        splits["dev"] = drop_held_out(splits["dev"], against=("test",))
    named = {split: [_renamed(c, split) for c in conversations] for split, conversations in splits.items()}
    texts = utterance_texts(c for conversations in named.values() for c in conversations)
    vectors = _vectors(texts, cache, f"text-minilm-finetuned-{name}.npz", True, report)
    facts = {"text": "MiniLM fine-tuned on single utterances of MELD's training split"}
    return _of_words(name, named, vectors, facts)


def _vectors(
    texts: Mapping[str, str], cache: Path, file: str, fine_tuned: bool, report: Report
) -> dict[str, FloatArray]:
    """MiniLM's vectors of texts, kept in a file of the cache, as is the encoder once it is fine-tuned."""
    from heartsay.training.tasks.utterance_encoder import FineTuning, fine_tune, meld_training_utterances
    from heartsay.training.text_features import cached_text_vectors

    encoder = MINILM
    if fine_tuned:
        settings = FineTuning(encoder=MINILM)
        data = meld_training_utterances()
        # Other words or labels make another encoder, beside this one.
        folder = cache / f"{ENCODER_FOLDER}-{data.fingerprint()[:8]}"
        encoder = str(fine_tune(data, settings, folder, report=report))
    return cached_text_vectors(texts, encoder, cache / file, report=report)


def _renamed(conversation: Conversation, split: str) -> Conversation:
    """The conversation with ids that are unique over all splits of a corpus."""
    id_ = f"{split}_{conversation.id}"
    utterances = (replace(u, id=f"{id_}_{k}") for k, u in enumerate(conversation.utterances))
    return replace(conversation, id=id_, utterances=tuple(utterances))


def _of_words(
    name: str,
    splits: Mapping[str, Iterable[Conversation]],
    vectors: Mapping[str, FloatArray],
    facts: Mapping[str, str],
) -> EvidenceCorpus:
    """A corpus of one modality, given a text vector by utterance id."""
    labelled = {
        split: tuple(
            LabelledConversation.of(c, {"text": np.stack([vectors[u.id] for u in c.utterances])})
            for c in conversations
        )
        for split, conversations in splits.items()
    }
    return EvidenceCorpus(name, EMOTIONS.names, labelled, facts=facts)


def _voices(cache: Path, fold: int | None, seed: int, report: Report, *, fine_tuned: bool) -> EvidenceCorpus:
    assert fold is not None
    text = meld_text_vectors(cache, fine_tuned=fine_tuned, report=report)
    corpus = meld_voices(None, text, fold, seed=seed)
    return with_text(corpus, text, _origin(fine_tuned))


def _text(cache: Path, fold: int | None, seed: int, report: Report, *, fine_tuned: bool) -> EvidenceCorpus:
    vectors = meld_text_vectors(cache, fine_tuned=fine_tuned, report=report)
    facts = {"origin": "MELD, its own splits", "licence": MELD.licence, "text": _origin(fine_tuned)}
    return _of_words("meld-text", {split: load("meld", split) for split in SPLITS}, vectors, facts)


def _composed(cache: Path, fold: int | None, seed: int, report: Report) -> EvidenceCorpus:
    from heartsay.training.composed_features import composed_corpus

    # Frozen: an encoder that was trained on the training split would make its words all too telling in it.
    text = meld_text_vectors(cache, fine_tuned=False, report=report)
    return composed_corpus(cache, text, Recipe(seed=seed), {"text": _origin(False)}, report)


def _matched(cache: Path, fold: int | None, seed: int, report: Report) -> EvidenceCorpus:
    from heartsay.training.matched_features import matched_from_files

    return matched_from_files(cache, seed, report)


def _origin(fine_tuned: bool) -> str:
    if not fine_tuned:
        return "frozen MiniLM on single utterances"
    return "MiniLM fine-tuned on single utterances of MELD's training split, which it therefore fits too well"


CORPORA: dict[str, Load] = {
    "meld-voices": partial(_voices, fine_tuned=True),
    "meld-voices-frozen": partial(_voices, fine_tuned=False),
    "meld-text": partial(_text, fine_tuned=True),
    "meld-text-frozen": partial(_text, fine_tuned=False),
    "composed": _composed,
    "crema-d-matched": _matched,
}
"""Every corpus that has a name; a new one is one more line."""


def _of_a_users_own(name: str, cache: Path, fold: int | None, seed: int) -> EvidenceCorpus:
    make = extension.load(name, FunctionType, "a corpus of features")
    try:
        made: Any = make(cache, fold, seed)
    except (HeartsayError, OSError):
        raise
    except (Exception, SystemExit) as error:  # whatever a stranger's function does
        raise InputError(
            expected="a function of a folder for what is kept, a fold and a seed that returns a corpus",
            found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
            where=repr(name),
            do="correct the function",
        ) from error
    if not isinstance(made, EvidenceCorpus):
        raise InputError(
            expected="a function that returns a corpus of features",
            found=f"one that returns {type(made).__name__}",
            where=repr(name),
            do="return an EvidenceCorpus",
        )
    return made


def _from_store(name: str) -> EvidenceCorpus:
    # A folder may hold a plus sign itself.
    folder, *chosen = [name] if Path(name).is_dir() else name.split("+")
    return read_store(folder).evidence_corpus(chosen)


def _from_files(paths: str, cache: Path, seed: int, report: Report) -> EvidenceCorpus:
    # A path may hold a plus sign itself.
    first, _, second = (paths, "", "") if Path(paths).is_file() else paths.partition("+")
    content = load_pickle(Path(first))
    corpus = _recognised(content, Path(first), seed)
    if not second:
        return corpus
    if second == MINILM:
        vectors = _sentence_vectors(corpus, content, Path(first), cache, report)
        return with_text(corpus, vectors, _origin(False))
    return with_text_of(corpus, _recognised(load_pickle(Path(second)), Path(second), seed))


def _recognised(content: Any, path: Path, seed: int) -> EvidenceCorpus:
    """Which of the four it is shows in the number of items and in how dialogues are named."""
    if isinstance(content, (list, tuple)):
        by_number = isinstance(content[0], dict) and all(isinstance(key, int) for key in content[0])
        match len(content), by_number:
            case 9, _:
                return iemocap_features.read(content, path, seed)
            case 10, True:
                return meld_features.read(content, path)
            case 10, False:
                return roberta_features.read_iemocap(content, path)
            case 11, _:
                return roberta_features.read_meld(content, path)
    raise InputError(
        expected="9, 10 or 11 items, as IEMOCAP's and MELD's feature files have",
        found=f"{len(content)} items" if isinstance(content, (list, tuple)) else type(content).__name__,
        where=str(path),
        do="use a feature file as its makers published it",
    )


def _sentence_vectors(
    corpus: EvidenceCorpus, content: Any, path: Path, cache: Path, report: Report
) -> dict[str, FloatArray]:
    readers = {"iemocap-features": iemocap_features, "meld-features": meld_features}
    if corpus.name not in readers:
        raise InputError(
            expected="a file with utterance ids and sentences",
            found=corpus.name,
            where=str(path),
            do="name IEMOCAP_features.pkl or MELD_features_raw1.pkl first",
        )
    texts = readers[corpus.name].sentences(content, path)
    return _vectors(texts, cache, f"text-minilm-{corpus.name}.npz", False, report)


def _check_fold(name: str, fold: int | None) -> None:
    has_folds = name in CROSS_VALIDATED
    if has_folds == (fold is None):
        raise InputError(
            expected="a fold" if has_folds else "no fold",
            found="none" if fold is None else f"fold {fold}",
            where=name,
            do="name the fold, from 0: this corpus is cross-validated"
            if has_folds
            else "leave it out: this corpus has splits of its own",
        )
    if fold is not None and not 0 <= fold < FOLDS:
        raise InputError(
            expected=f"a fold from 0 to {FOLDS - 1}", found=str(fold), where=name, do="name one of these"
        )
