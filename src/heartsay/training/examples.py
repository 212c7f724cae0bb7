"""What a run is trained and judged on: MELD and ECF, without leaks between them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from heartsay.conversation import Conversation
from heartsay.corpora import drop_held_out, ecf_to_meld, load
from heartsay.errors import InputError
from heartsay.evidence.labels import SoftLabels
from heartsay.progress import Report, silent

Scene = tuple[Conversation, ...]
"""One scene in the wordings that it is known in; a pass over the data reads one of them."""


@dataclass(frozen=True)
class TrainingData:
    """Scenes to train on and conversations to choose by, per corpus.

    Attributes:
        scenes: training scenes; no utterance of any development or test split is among them.
        development: development conversations by corpus; no test utterance is among them.
        soft: what teachers say of each scene, whose wordings have the same utterances; None without teachers.
    """

    scenes: tuple[Scene, ...]
    development: Mapping[str, tuple[Conversation, ...]]
    soft: tuple[SoftLabels, ...] | None = None

    def fingerprint(self) -> str:
        """A hash of everything that training and choosing see."""
        digest = hashlib.sha256()
        for group in (*self.scenes, *(self.development[name] for name in sorted(self.development))):
            for c in group:
                turns = [(u.speaker, u.text, u.emotion, u.votes) for u in c.utterances]
                digest.update(
                    repr((turns, None if c.pairs is None else sorted(c.pairs))).encode("utf-8", "replace")
                )
        for soft in self.soft or ():
            digest.update(soft.emotion.tobytes() + soft.pair.tobytes())
        return digest.hexdigest()[:16]


def load_training_data(report: Report = silent) -> TrainingData:
    """Read MELD and ECF and join what they hold twice.

    ECF annotates causes on MELD's scenes in a wording of its own ("I am" for "I'm"). A scene that both
    hold whole is one scene with two wordings, and MELD's wording takes over ECF's pairs.

    Raises:
        InputError: a corpus file is absent or not what it claims, or nothing is left of a split.
    """
    report({"message": "Reading the corpora"})
    meld = drop_held_out(load("meld", "train"))
    ecf = drop_held_out(load("ecf", "train"))
    data = TrainingData(
        merge_scenes(meld, ecf, ecf_to_meld()),
        {name: development_data(name) for name in ("meld", "ecf")},
    )
    if not (data.scenes and all(data.development.values())):
        raise InputError(
            expected="training and development conversations that are in no held-out split",
            found="none of one kind",
            where="MELD and ECF",
            do="use the files as published",
        )
    return data


def development_data(name: str) -> tuple[Conversation, ...]:
    """A corpus's development split less every utterance that is in a test split of MELD or ECF.

    Raises:
        InputError: a corpus file is absent or not what it claims.
    """
    return tuple(drop_held_out(load(name, "dev"), against=("test",)))


def merge_scenes(
    meld: Sequence[Conversation], ecf: Sequence[Conversation], ecf_map: Mapping[tuple[str, int], str]
) -> tuple[Scene, ...]:
    """Pair each ECF conversation with the MELD dialogue that holds the same utterances, where one does.

    Args:
        meld: MELD dialogues whose utterance ids are MELD ids.
        ecf: ECF conversations whose utterance ids count from 1 in the whole conversation.
        ecf_map: (ECF conversation id, 0-based utterance index) to MELD id.
    """
    by_utterances = {tuple(u.id for u in c.utterances): c for c in meld}
    scenes: list[Scene] = []
    joined: set[str] = set()
    for conversation in ecf:
        ids = tuple(ecf_map.get((conversation.id, int(u.id) - 1), "") for u in conversation.utterances)
        twin = by_utterances.get(ids)
        if twin is None:
            scenes.append((conversation,))
        else:
            scenes.append((conversation, replace(twin, pairs=conversation.pairs)))
            joined.add(twin.id)
    covered = set(ecf_map.values())
    rest = [c for c in meld if c.id not in joined]
    # A dialogue that ECF holds in other pieces still trains the emotion head in MELD's own cut.
    scenes += [(c,) for c in rest if not all(u.id in covered for u in c.utterances)]
    return tuple(scenes)
