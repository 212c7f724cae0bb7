"""Three modalities by composition: real words, real voices and real faces, put together by rule.

The conversations, their words, speakers and emotions are MELD's; the voices are CREMA-D's and the faces
FER+'s, cast as `casting` says. So the signals are real and the pairing is not: timing, wording and mimicry of
one utterance do not belong together, and no number on this corpus says how well a model does on recordings of
real conversations. No actor, clip or face is in two splits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation
from heartsay.corpora.casting import COMPOSED, Choice, LabelledFaces, Recipe, choose, split_actors
from heartsay.corpora.crema_d import Clip
from heartsay.corpora.refusal import refuse
from heartsay.evidence.corpus import SPLITS, EvidenceCorpus, LabelledConversation
from heartsay.labels import EMOTIONS

Vectors = Mapping[str, NDArray[np.float32]]


def compose(
    conversations: Mapping[str, Sequence[Conversation]],
    text: Vectors,
    clips: Sequence[Clip],
    voice: Vectors,
    faces: Mapping[str, LabelledFaces],
    recipe: Recipe,
    facts: Mapping[str, str],
) -> EvidenceCorpus:
    """The composed corpus.

    Args:
        conversations: MELD's, by split.
        text: a vector per utterance id, (D_text,).
        clips: every clip of CREMA-D that may be used.
        voice: a vector per clip id, (D_voice,).
        faces: FER+'s, by split.
        recipe: rates and seed.
        facts: further ones for the card, such as how the features were made.

    Raises:
        InputError: as `choose`; or an utterance or a clip has no vector.
    """
    by_split = split_actors(clips, recipe.seed)
    chosen = choose(conversations, by_split, faces, recipe)
    splits = {
        split: tuple(
            _features(conversation, choices, text, voice, faces[split].features)
            for conversation, choices in zip(conversations[split], chosen[split], strict=True)
        )
        for split in SPLITS
    }
    facts = {**_facts(recipe, by_split, chosen), **facts}
    return EvidenceCorpus("composed", EMOTIONS.names, splits, composed=True, facts=facts)


def _features(
    conversation: Conversation,
    choices: Sequence[Choice],
    text: Vectors,
    voice: Vectors,
    faces: NDArray[np.float32],
) -> LabelledConversation:
    features = {
        "text": np.stack([_vector(text, choice.utterance, "text") for choice in choices]),
        "voice": np.stack([_vector(voice, choice.clip, "voice") for choice in choices]),
        "face": faces[[choice.row for choice in choices]],
    }
    return LabelledConversation.of(
        conversation, {m: x.astype(np.float32, copy=False) for m, x in features.items()}
    )


def _facts(
    recipe: Recipe, clips: Mapping[str, Sequence[Clip]], chosen: Mapping[str, Sequence[Sequence[Choice]]]
) -> dict[str, str]:
    """The recipe and what came of it, for the card."""
    facts = {
        "composed": "Real words (MELD), real voices (CREMA-D) and real faces (FER+), paired by rule: the "
        "signals are real, the pairing is not.",
        "licences": "MELD: GPL-3.0. CREMA-D: ODbL 1.0, contents DbCL 1.0. FER+: MIT for the votes; the "
        "images are for research and not passed on.",
        "recipe": "The emotion heard in a clip is the utterance's with probability "
        f"{recipe.voice_rate:g}, the emotion seen in a face with probability {recipe.face_rate:g}, "
        "independently; else one of the other six, evenly. One actor per speaker within a conversation, of "
        "the speaker's gender where the name tells it; a face is of nobody in particular.",
        "surprise": "CREMA-D's raters could not choose surprise: clips heard as fear or joy and rated more "
        "intense than the median of those stand in for it.",
        "labels": "A clip's emotion is the one that more raters heard, from the voice alone, than any other; "
        "a face's is the one that got more votes than anything else. Contempt is left out.",
        "splits": "No actor, clip or face is in two splits.",
        "seed": str(recipe.seed),
    }
    for split in SPLITS:
        flat = [choice for choices in chosen[split] for choice in choices]
        if not flat:
            continue
        voice = sum(c.voice == c.emotion for c in flat) / len(flat)
        face = sum(c.face == c.emotion for c in flat) / len(flat)
        facts[split] = (
            f"{len(flat)} utterances; {len({c.clip for c in flat})} clips of "
            f"{len({clip.actor for clip in clips[split]})} actors, agreement {voice:.3f}; "
            f"{len({c.row for c in flat})} faces, agreement {face:.3f}."
        )
        unheard = sum(not c.heard for c in flat)
        if unheard:
            facts[split] += (
                f" For {unheard} utterances the actor had no clip heard so, and the clip with the largest "
                "share of such votes was taken."
            )
    return facts


def _vector(vectors: Vectors, key: str, modality: str) -> NDArray[np.float32]:
    if key not in vectors:
        do = "make the features again for all of the corpus"
        refuse(COMPOSED, f"{modality} features of {key}", "none", do)
    return vectors[key]
