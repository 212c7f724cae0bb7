"""Outer folds that nothing touches until the last command, and what is inside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from heartsay.corpora import load
from heartsay.corpora.casting import Recipe
from heartsay.corpora.meld_voices import SPLITS_WITH_VOICES, cross_validation, meld_voices
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus, LabelledConversation, fingerprint
from heartsay.experiments.feature_corpora import MINILM, meld_text_vectors
from heartsay.experiments.nested.plan import COMPOSED, DEALING, VOICES, NestedRun, Scope, encoders
from heartsay.experiments.nested.vectors import kept_vectors
from heartsay.experiments.study import Place
from heartsay.labels import EMOTIONS
from heartsay.media import FUNCTIONALS
from heartsay.models.face_network import EMBEDDING
from heartsay.progress import Report, silent
from heartsay.training.text_features import Floats, cached_text_vectors, utterance_texts

PAIRINGS = 11
"""Seed of the composed corpus, another than that of earlier studies."""

INNER = 5
"""Parts of what is not the outer test: one says which trial is best, an eighth of the others which epoch."""

SPARE = 5
"""Dialogues that a run for the outer test reads besides, so that it has three splits; they choose nothing."""

WORDS_WIDTH, MINILM_WIDTH = 768, 384
OTHER_WIDTHS = {VOICES: {"voice": 47}, COMPOSED: {"voice": len(FUNCTIONALS), "face": EMBEDDING}}
"""Sizes of vectors, for timing alone."""

Dialogues = tuple[LabelledConversation, ...]


def dealt(
    dialogues: Sequence[LabelledConversation], fold: int, folds: int, dealing: int = DEALING
) -> tuple[Dialogues, Dialogues]:
    """What is inside an outer fold, and its test."""
    parts = cross_validation(dialogues, folds, dealing)[fold]
    return (*parts["train"], *parts["dev"]), parts["test"]


def inside(
    corpus: EvidenceCorpus, fold: int, folds: int, *, final: bool, dealing: int = DEALING
) -> EvidenceCorpus:
    """The corpus of a run in an outer fold, without any dialogue of its test.

    Args:
        corpus: every dialogue of all folds.
        fold: which outer fold.
        folds: how many.
        final: for the outer test, which trains on what trials are compared by too.
        dealing: seed by which dialogues are dealt.
    """
    rest, _ = dealt(corpus.conversations(), fold, folds, dealing)
    parts = cross_validation(rest, INNER, dealing)[0]
    if final:
        train = (*parts["train"], *parts["test"][SPARE:])
        parts = {"train": train, "dev": parts["dev"], "test": parts["test"][:SPARE]}
    what = "trained for the outer test" if final else "trials"
    return replace(
        corpus, splits=parts, facts={**corpus.facts, "split": f"outer fold {fold} of {folds}, {what}"}
    )


def stand_in(name: str, scope: Scope) -> EvidenceCorpus:
    """The dialogues of a corpus with noise in the place of features: it takes as long to train on."""
    random = np.random.default_rng(0)
    widths = {"text": WORDS_WIDTH if scope.words and name == VOICES else MINILM_WIDTH, **OTHER_WIDTHS[name]}
    dialogues = [
        LabelledConversation.of(
            c, {m: random.normal(size=(len(c.utterances), w)).astype(np.float32) for m, w in widths.items()}
        )
        for split in (SPLITS[1:] if name == VOICES else SPLITS[:1])
        for c in load("meld", split)
    ]
    return EvidenceCorpus(name, EMOTIONS.names, {"train": tuple(dialogues), "dev": (), "test": ()})


def with_outer_test(corpus: EvidenceCorpus, fold: int, folds: int, dealing: int = DEALING) -> EvidenceCorpus:
    """The corpus of a run that was trained for the outer test, with that test in the place of its own.

    Whoever calls this reads the outer test: `outer` alone does, once.
    """
    made = inside(corpus, fold, folds, final=True, dealing=dealing)
    test = dealt(corpus.conversations(), fold, folds, dealing)[1]
    return replace(made, splits={**made.splits, "test": test})


def every_dialogue(
    name: str, place: Place, scope: Scope, encoder: int, report: Report = silent
) -> EvidenceCorpus:
    """All dialogues of a corpus's outer folds, with the vectors of one text encoder.

    MELD with real voices has 394, each of which has been tested in earlier studies; what is new is that no
    choice sees an outer test. The composed corpus has those of MELD's training split, none of which was ever
    tested, in new pairings; voices and faces of one outer fold are of the same people as those of another.
    """
    kept = place.features or place.cache
    if name == VOICES and report is not silent:
        _text(place.cache, kept, scope.words, encoder, report)  # what takes long says how far it is
    return _every_dialogue(name, place.cache, kept, scope.words, encoder if name == VOICES else 0)


@lru_cache(maxsize=4)
def _every_dialogue(name: str, cache: Path, kept: Path, words: str | None, encoder: int) -> EvidenceCorpus:
    if name == VOICES:
        made = meld_voices(None, _text(cache, kept, words, encoder), 0, seed=DEALING)
        return replace(made, facts={**made.facts, "text": f"{words or MINILM}, seed {encoder}"})
    from heartsay.training.composed_features import composed_corpus

    text = meld_text_vectors(cache, fine_tuned=False)
    composed = composed_corpus(cache, text, Recipe(seed=PAIRINGS), {"text": f"frozen {MINILM}"})
    return replace(composed, splits={"train": composed.splits["train"], "dev": (), "test": ()})


def vectors_file(kept: Path, words: str, encoder: int) -> Path:
    """Where the vectors of a fine-tuned text encoder are kept."""
    return kept / f"{words}-encoder-{encoder}.npz"


def _text(
    cache: Path, kept: Path, words: str | None, encoder: int, report: Report = silent
) -> dict[str, Floats]:
    """A vector for each utterance with a voice, of a frozen encoder or one fine-tuned on other dialogues.

    Those of a fine-tuned one are read from `kept`, or written there before they are used.
    """
    if words is None:
        return meld_text_vectors(cache, fine_tuned=False, report=report)
    texts = utterance_texts(c for split in SPLITS_WITH_VOICES for c in load("meld", split))
    return kept_vectors(
        vectors_file(kept, words, encoder), texts, partial(_fine_tuned, cache, words, encoder, texts, report)
    )


def _fine_tuned(
    cache: Path, words: str, encoder: int, texts: Mapping[str, str], report: Report
) -> dict[str, Floats]:
    """Vectors of an encoder that is fine-tuned first, where it is not yet."""
    from heartsay.training.tasks.utterance_encoder import FineTuning, fine_tune, meld_training_utterances

    data = meld_training_utterances()
    folder = cache / f"{words}-utterances-{data.fingerprint()[:8]}-seed-{encoder}"
    fine_tune(data, FineTuning(encoder=words), folder, seed=encoder, report=report)
    return cached_text_vectors(texts, str(folder), cache / f"text-{folder.name}.npz", report=report)


def corpus_of(run: NestedRun, place: Place, scope: Scope) -> EvidenceCorpus:
    """What a run is trained and chosen on."""
    assert run.fold is not None
    corpus = every_dialogue(run.corpus, place, scope, run.encoder)
    folds, final = scope.folds[run.corpus], run.trial is None
    return inside(corpus, run.fold, folds, final=final, dealing=scope.dealing)


def fingerprints(place: Place, scope: Scope, report: Report = silent) -> dict[str, str]:
    """What tells the vectors of each corpus and encoder from any others; it stands in the journal."""
    return {
        f"{name}, encoder {encoder}": fingerprint(every_dialogue(name, place, scope, encoder, report))
        for name in scope.corpora
        for encoder in encoders(scope, name)
    }
