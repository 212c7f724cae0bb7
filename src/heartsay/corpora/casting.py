"""Casting of the composed corpus: the recording and the face that each utterance is given.

Each speaker of a conversation is lent an actor of CREMA-D, each utterance a recording of that actor and a
face of FER+. What people heard in the recording agrees with the utterance's emotion at a stated rate, and is
otherwise an emotion drawn evenly from the others; what people saw in the face likewise, independently. The
choice is a pure function of the recipe and its seed, conversation by conversation: leaving one out does not
change the others, and a higher rate only adds agreement.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.crema_d import Clip
from heartsay.corpora.genders import gender_of
from heartsay.corpora.refusal import refuse
from heartsay.evidence.corpus import SPLITS
from heartsay.labels import EMOTIONS

COMPOSED = "composed corpus"
"""Where a composition is refused."""

ACTOR_SHARES = (0.5, 0.2, 0.3)
"""Shares of the actors of each gender that go to train, dev and test."""

STAND_INS: Mapping[str, tuple[str, ...]] = {"surprise": ("fear", "joy")}
"""Nobody could vote for surprise in CREMA-D. Clips heard as fear or joy and rated more intense than half of
those stand in for it; they also serve as fear and joy, so the voice alone cannot tell surprise from them."""


@dataclass(frozen=True)
class Recipe:
    """How signals are chosen.

    Attributes:
        voice_rate: how often the emotion heard in the clip is the utterance's.
        face_rate: how often the emotion seen in the face is the utterance's.
        seed: of every choice.

    Raises:
        InputError: a rate is not between 0 and 1.
    """

    voice_rate: float = 0.6
    face_rate: float = 0.6
    seed: int = 1

    def __post_init__(self) -> None:
        for name, rate in (("voice_rate", self.voice_rate), ("face_rate", self.face_rate)):
            if not 0 <= rate <= 1:
                refuse(name, "a rate from 0 to 1", f"{rate}", "give a share of utterances")


@dataclass(frozen=True)
class LabelledFaces:
    """The faces of one split.

    Attributes:
        name: names each face, unique over the splits, (N,).
        emotion: what most people saw in it, one of `EMOTIONS`; anything else is never chosen, (N,).
        features: (N, D).
    """

    name: Sequence[str]
    emotion: Sequence[str]
    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Choice:
    """What one utterance was given.

    Attributes:
        utterance: its id.
        emotion: its gold emotion.
        voice: the emotion that its voice was to have.
        clip: the clip chosen for that.
        heard: whether people heard that emotion in the clip; where the actor has no such clip, the one
            with the largest share of votes for it was taken instead.
        face: the emotion of its face.
        row: which face of the split it is.
    """

    utterance: str
    emotion: str
    voice: str
    clip: str
    heard: bool
    face: str
    row: int


class _Voices:
    """One split's clips by actor and by what was heard, in a fixed order."""

    def __init__(self, clips: Sequence[Clip], loud: Mapping[str, float]) -> None:
        self.clips = sorted(clips, key=lambda clip: clip.id)
        self.genders = {clip.actor: clip.gender for clip in self.clips}
        self.heard: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.closest: dict[tuple[str, str], str] = {}
        for clip in self.clips:
            if clip.heard is not None:
                self.heard[clip.actor, clip.heard].append(clip.id)
            for emotion, sources in STAND_INS.items():
                if clip.heard in sources and clip.intensity > loud[clip.heard]:
                    self.heard[clip.actor, emotion].append(clip.id)
        for actor in self.genders:
            own = [clip for clip in self.clips if clip.actor == actor]
            for emotion in EMOTIONS:
                sources = STAND_INS.get(emotion, (emotion,))
                self.closest[actor, emotion] = max(own, key=lambda clip: clip.share(sources)).id

    def actors(self, gender: str | None) -> list[str]:
        return sorted(actor for actor, own in self.genders.items() if gender in (None, own))


def split_actors(clips: Sequence[Clip], seed: int) -> dict[str, list[Clip]]:
    """Deal the actors of each gender out to the splits by `ACTOR_SHARES`; their clips go with them."""
    random = np.random.default_rng([seed, 0])
    split_of: dict[str, str] = {}
    for gender in ("female", "male"):
        actors = random.permutation(sorted({clip.actor for clip in clips if clip.gender == gender})).tolist()
        edges = np.rint(np.cumsum((0, *ACTOR_SHARES)) * len(actors)).astype(int)
        for split, start, stop in zip(SPLITS, edges[:-1], edges[1:], strict=True):
            split_of |= dict.fromkeys(actors[start:stop], split)
    return {split: [clip for clip in clips if split_of[clip.actor] == split] for split in SPLITS}


def choose(
    conversations: Mapping[str, Sequence[Conversation]],
    clips: Mapping[str, Sequence[Clip]],
    faces: Mapping[str, LabelledFaces],
    recipe: Recipe,
) -> dict[str, list[list[Choice]]]:
    """Choose a clip and a face for every utterance.

    Args:
        conversations: with gold emotions, by split.
        clips: by split; no actor in two of them.
        faces: by split.
        recipe: rates and seed.

    Returns:
        For each split one list per conversation, in the order of the utterances.

    Raises:
        InputError: an actor or a face is in two splits, an utterance has no emotion, or a split has too
            few actors or no face of an emotion.
    """
    _no_overlap("an actor", {split: {clip.actor for clip in clips[split]} for split in SPLITS})
    _no_overlap("a face", {split: set(faces[split].name) for split in SPLITS})
    every = [clip for split in SPLITS for clip in clips[split]]
    sources = {source for emotions in STAND_INS.values() for source in emotions}
    loud = {s: float(np.median([c.intensity for c in every if c.heard == s] or [0.0])) for s in sources}
    chosen: dict[str, list[list[Choice]]] = {}
    for split in SPLITS:
        voices = _Voices(clips[split], loud)
        rows = {e: np.flatnonzero(np.asarray(faces[split].emotion) == e) for e in EMOTIONS}
        lacking = [e for e in EMOTIONS if not len(rows[e])]
        if conversations[split] and lacking:
            found = f"none of {', '.join(lacking)}"
            refuse(COMPOSED, f"faces of every emotion in {split}", found, "give more faces")
        chosen[split] = [_choose_one(c, voices, rows, recipe, split) for c in conversations[split]]
    return chosen


def _choose_one(
    conversation: Conversation,
    voices: _Voices,
    rows: Mapping[str, NDArray[np.int64]],
    recipe: Recipe,
    split: str,
) -> list[Choice]:
    # A stream per conversation, so that the choices of one do not hang on the others.
    random = np.random.default_rng([recipe.seed, zlib.crc32(conversation.id.encode())])
    gold = [_gold(utterance, conversation) for utterance in conversation.utterances]
    voice = drawn_emotions(gold, recipe.voice_rate, random)
    face = drawn_emotions(gold, recipe.face_rate, random)
    speakers = [utterance.speaker for utterance in conversation.utterances]
    actors = _cast(conversation.id, speakers, voice, voices, random, split)
    choices = []
    for utterance, emotion, heard, seen in zip(conversation.utterances, gold, voice, face, strict=True):
        draw_clip, draw_face = random.random(2)
        key = actors[utterance.speaker], heard
        fitting = voices.heard.get(key, [])
        clip = fitting[int(draw_clip * len(fitting))] if fitting else voices.closest[key]
        row = int(rows[seen][int(draw_face * len(rows[seen]))])
        choices.append(Choice(utterance.id, emotion, heard, clip, bool(fitting), seen, row))
    return choices


def drawn_emotions(gold: Sequence[str], rate: float, random: np.random.Generator) -> list[str]:
    """The emotion that each utterance's signal is to have: its own at a rate, otherwise evenly another."""
    draws, others = random.random(len(gold)), random.integers(len(EMOTIONS) - 1, size=len(gold))
    return [
        emotion if draw < rate else [e for e in EMOTIONS if e != emotion][other]
        for emotion, draw, other in zip(gold, draws, others, strict=True)
    ]


def _cast(
    name: str,
    speakers: Sequence[str],
    wanted: Sequence[str],
    voices: _Voices,
    random: np.random.Generator,
    split: str,
) -> dict[str, str]:
    """An actor for each speaker, no actor twice: of the right gender, and among those the ones with clips for
    most of the utterances.
    """
    cast: dict[str, str] = {}
    for speaker in sorted(set(speakers), key=lambda s: (gender_of(s) is None, speakers.index(s))):
        free = [actor for actor in voices.actors(gender_of(speaker)) if actor not in cast.values()]
        if not free:
            found = f"{len(voices.genders)} actors in {split}, all of {speaker}'s gender taken"
            refuse(COMPOSED, f"an actor for every speaker of {name}", found, "give more clips")
        needs = [emotion for emotion, who in zip(wanted, speakers, strict=True) if who == speaker]
        covered = [sum(bool(voices.heard.get((actor, emotion))) for emotion in needs) for actor in free]
        best = [actor for actor, count in zip(free, covered, strict=True) if count == max(covered)]
        cast[speaker] = best[int(random.integers(len(best)))]
    return cast


def _gold(utterance: Utterance, conversation: Conversation) -> str:
    if utterance.emotion is None:
        where = f"{conversation.id}, {utterance.id}"
        refuse(where, "a gold emotion", "none", "use labelled conversations")
    return utterance.emotion


def _no_overlap(what: str, members: Mapping[str, set[str]]) -> None:
    for a, b in (("train", "dev"), ("train", "test"), ("dev", "test")):
        both = sorted(members[a] & members[b])
        if both:
            found = f"{both[0]} in {a} and in {b}"
            refuse(COMPOSED, f"{what} in one split only", found, "split them again")
