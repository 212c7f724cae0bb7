"""CREMA-D's real voices with faces of FER+ that show what people saw in the actor's own face.

The videos are large and not needed for this: people rated each clip from the face alone, and each clip is
given a photograph whose votes are like those ratings. Voices, faces and all ratings are real, the pairing is
not: nobody rated this face with this voice, and what a clip shows as a whole was rated with the actor's own
face. Such a corpus is composed, and called so.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.conflict.subsets import ConflictBenchmark, ConflictItem
from heartsay.corpora.refusal import refuse
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus, LabelledConversation
from heartsay.labels import CREMA_D, FER_PLUS

NAME = "crema-d-matched"

NEAREST = 8
"""How many of the likest photographs one is drawn from."""

Vectors = Mapping[str, NDArray[np.float32]]


def match_faces(
    items: Sequence[ConflictItem], votes: NDArray[np.integer], seed: int = 0
) -> NDArray[np.int64]:
    """Row of the photograph that each clip is given, (N,), a pure function of the clip's id and the seed.

    The distance of a photograph to a clip is that of their shares of votes, summed over CREMA-D's six
    emotions and the rest, which CREMA-D's raters could not choose. Where most raters of a clip's face saw one
    emotion, only photographs of which most people said the same count.

    Args:
        items: clips with votes for `face`.
        votes: of the photographs, (M, 10), as `ferplus.Faces` has them.
        seed: of the draw among the nearest.

    Raises:
        InputError: no photograph shows what a clip's face shows.
    """
    seen = _shares_of(votes)
    leading = np.where((seen == seen.max(1, keepdims=True)).sum(1) == 1, seen.argmax(1), -1)
    rows = np.empty(len(items), np.int64)
    for n, item in enumerate(items):
        wanted = np.array([*item.votes["face"], 0], np.float64)
        distance = np.abs(seen - wanted / wanted.sum()).sum(1)
        if item.face is not None:
            distance[leading != CREMA_D.index(item.face)] = np.inf
        nearest = np.argsort(distance, kind="stable")[:NEAREST]
        nearest = nearest[np.isfinite(distance[nearest])]
        if not len(nearest):
            do = "give more faces"
            refuse(NAME, f"a photograph of {item.face} for {item.id}", "none", do)
        random = np.random.default_rng([seed, zlib.crc32(item.id.encode())])
        rows[n] = nearest[int(random.integers(len(nearest)))]
    return rows


def matched_corpus(
    benchmark: ConflictBenchmark,
    splits: Mapping[str, str],
    voice: Vectors,
    votes: Mapping[str, NDArray[np.integer]],
    face: Vectors,
    facts: Mapping[str, str],
    seed: int = 0,
) -> EvidenceCorpus:
    """The corpus: each clip whose label as a whole is decided, a conversation of its own named by its actor.

    Args:
        benchmark: of CREMA-D, with votes.
        splits: of each actor.
        voice: a vector by clip id; a clip without one is left out.
        votes: of the photographs by split, (M, 10).
        face: vectors of these photographs, (M, D_face), by split.
        facts: further ones for the card.
        seed: of the draw among photographs.

    Raises:
        InputError: as `match_faces`, or an actor is in no split.
    """
    found, told = {}, {}
    for split in SPLITS:
        items = [i for i in benchmark.where(splits, split).items if i.label is not None and i.id in voice]
        rows = match_faces(items, votes[split], seed)
        found[split] = tuple(
            _conversation(item, voice[item.id], face[split][row])
            for item, row in zip(items, rows.tolist(), strict=True)
        )
        actors, faces = len({item.speaker for item in items}), len(set(rows.tolist()))
        told[split] = f"{len(items)} clips of {actors} actors with {faces} different photographs"
    made = {
        "composed": "Real voices (CREMA-D) and real faces (FER+); each clip is given a photograph whose "
        "votes are like those of the people who rated the actor's face alone.",
        "licences": "CREMA-D: ODbL 1.0, contents DbCL 1.0. FER+: MIT for the votes; the images are for "
        "research and not passed on.",
        "labels": "What most raters of the whole clip chose, voice and own face together; clips in which two "
        "emotions are level are left out.",
        "seed": str(seed),
    }
    return EvidenceCorpus(NAME, CREMA_D.names, found, composed=True, facts={**made, **told, **facts})


def _conversation(
    item: ConflictItem, voice: NDArray[np.float32], face: NDArray[np.float32]
) -> LabelledConversation:
    one = Utterance(item.id, item.speaker, None, emotion=item.label)
    features = {"voice": voice[None].astype(np.float32), "face": face[None].astype(np.float32)}
    return LabelledConversation.of(
        Conversation(f"{item.speaker}/{item.id}", (one,)), features, labels=CREMA_D
    )


def _shares_of(votes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Shares of FER+'s votes for CREMA-D's six and for all else, (M, 7)."""
    carry = np.zeros((votes.shape[1], len(CREMA_D) + 1))
    for row, name in enumerate(FER_PLUS):
        carry[row, CREMA_D.index(name) if name in CREMA_D.names else len(CREMA_D)] = 1
    carry[len(FER_PLUS) :, len(CREMA_D)] = 1
    shares = votes @ carry
    return np.asarray(shares / np.maximum(shares.sum(1, keepdims=True), 1))
