"""MELD with real voices: its development and test dialogues with 47 voice features per utterance.

Files `audio47_{dev,test}.npz` beside MELD's own, arrays `id` (`dia0_utt0`), `features` and `names`: means and
deviations of 20 cepstral coefficients, and seven measures of spectrum, chroma and loudness, computed by
others with librosa at 22.05 kHz. There are none for the training split, so the 394 dialogues are
cross-validated, whole dialogues at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np

from heartsay.atomic import read_arrays
from heartsay.conversation import Conversation
from heartsay.corpora.meld import MELD
from heartsay.corpora.refusal import refuse
from heartsay.corpora.registry import corpus_file, load
from heartsay.errors import DAMAGE
from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation
from heartsay.evidence.evidence import FloatArray
from heartsay.labels import EMOTIONS

SPLITS_WITH_VOICES = ("dev", "test")
VOICE_FEATURES = 47
FOLDS = 5
DEVELOPMENT_SHARE = 1 / 8
"""Share of the dialogues outside the test fold that a model is chosen by."""

Item = TypeVar("Item")


def cross_validation(items: Sequence[Item], folds: int, seed: int) -> list[dict[str, tuple[Item, ...]]]:
    """Deal items, whole dialogues as a rule, into folds of train, dev and test; each is tested on once.

    The seed shuffles them, the shuffled row is cut into as many parts as there are folds, and fold k tests on
    part k. Development takes the eighth of the rest that follows upon the test part, so that it moves along.

    Raises:
        InputError: fewer than two folds, or too few items for each fold to have every split.
    """
    if folds < 2 or len(items) < max(folds, 4):
        expected = "two folds or more, and a dialogue for each split of each fold"
        found = f"{folds} folds of {len(items)} dialogues"
        refuse("cross-validation", expected, found, "give more dialogues or fewer folds")
    row = [items[k] for k in np.random.default_rng(seed).permutation(len(items))]
    cuts = [round(k * len(row) / folds) for k in range(folds + 1)]
    dealt = []
    for start, stop in pairwise(cuts):
        rest = row[stop:] + row[:start]
        dev = max(1, round(DEVELOPMENT_SHARE * len(rest)))
        dealt.append({"train": tuple(rest[dev:]), "dev": tuple(rest[:dev]), "test": tuple(row[start:stop])})
    return dealt


def meld_voices(
    data_root: Path | None, text: Mapping[str, FloatArray], fold: int, *, seed: int = 0
) -> EvidenceCorpus:
    """One fold of MELD's development and test dialogues, as words and voices.

    Ids are those of `corpora.load`: `dev_dia0`, `dev_dia0_utt0`. Features are as they come; see
    `evidence.corpus.standardised`.

    Args:
        data_root: folder that holds the corpora; the one that HEARTSAY_DATA names if None.
        text: a vector per utterance id, all of one width, from an encoder that has not seen these dialogues.
        fold: which of the `FOLDS` to test on, from 0.
        seed: of the dealing.

    Raises:
        InputError: a file is absent or not what it claims, an utterance has no text vector, or there is no
            such fold.
    """
    if not 0 <= fold < FOLDS:
        refuse("fold of meld-voices", f"a fold from 0 to {FOLDS - 1}", str(fold), "choose one of these")
    conversations: list[LabelledConversation] = []
    missing: list[str] = []
    for split in SPLITS_WITH_VOICES:
        talk = load("meld", split, data_root)
        voices = read_voices(corpus_file(MELD, f"audio47_{split}.npz", data_root), split)
        _require_known(voices, talk, split)
        missing += [u.id for c in talk for u in c.utterances if u.id not in voices]
        conversations += [_conversation(c, text, voices) for c in talk]
    dealt = cross_validation(conversations, FOLDS, seed)[fold]
    return EvidenceCorpus(
        "meld-voices",
        EMOTIONS.names,
        dealt,
        facts={
            "origin": "MELD's development and test dialogues, real words and real voices",
            "voice": "47 features per utterance, computed by others with librosa at 22.05 kHz (MIT)",
            "licence": MELD.licence,
            "split": f"cross-validation over whole dialogues, fold {fold} of {FOLDS}",
            "seed": str(seed),
            "utterances without voice": ", ".join(missing) or "none",
        },
    )


def read_voices(path: Path, split: str) -> dict[str, FloatArray]:
    """Read a split's voice features, (47,) by utterance id such as `dev_dia0_utt0`.

    Raises:
        InputError: no such arrays, another number of features, values that are not finite, or an id twice.
    """
    try:
        file = read_arrays(path)
        ids = [f"{split}_{id_}" for id_ in file["id"].tolist()]
        values = file["features"].astype(np.float32)
    except DAMAGE as error:
        refuse(path, "arrays `id` and `features` in an .npz file", str(error)[:80] or "none")
    if values.shape != (len(ids), VOICE_FEATURES):
        refuse(path, f"features of the shape {(len(ids), VOICE_FEATURES)}", str(values.shape))
    if not np.isfinite(values).all():
        broken = ids[int((~np.isfinite(values).all(axis=1)).argmax())]
        refuse(path, "finite numbers", f"NaN or infinity in {broken}")
    if len(set(ids)) != len(ids):
        refuse(path, "every utterance once", f"{len(ids) - len(set(ids))} repetitions")
    return dict(zip(ids, values, strict=True))


def _require_known(voices: Mapping[str, FloatArray], talk: Sequence[Conversation], split: str) -> None:
    known = {u.id for c in talk for u in c.utterances}
    strange = next((id_ for id_ in voices if id_ not in known), None)
    if strange is not None or not voices:
        found = "none" if strange is None else f"one for {strange}, which is none of them"
        refuse(f"audio47_{split}.npz", f"voices of the {split} split's utterances", found)


def _conversation(
    conversation: Conversation, text: Mapping[str, FloatArray], voices: Mapping[str, FloatArray]
) -> LabelledConversation:
    ids = tuple(u.id for u in conversation.utterances)
    wordless = next((id_ for id_ in ids if id_ not in text), None)
    if wordless is not None:
        refuse(f"utterance {wordless}", "a text vector", "none", "compute them for all of MELD")
    silence = np.zeros(VOICE_FEATURES, np.float32)
    return LabelledConversation.of(
        conversation,
        {
            "text": np.stack([text[id_] for id_ in ids]).astype(np.float32),
            "voice": np.stack([voices.get(id_, silence) for id_ in ids]),
        },
        {"text": np.ones(len(ids), bool), "voice": np.array([id_ in voices for id_ in ids])},
    )
