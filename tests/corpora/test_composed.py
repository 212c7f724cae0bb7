from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora import crema_d, ferplus, load
from heartsay.corpora.casting import Choice, LabelledFaces, Recipe, choose, split_actors
from heartsay.corpora.composed import compose
from heartsay.corpora.crema_d import Clip
from heartsay.corpora.genders import gender_of
from heartsay.errors import InputError
from heartsay.evidence.corpus import SPLITS
from heartsay.labels import EMOTIONS

SPEAKERS = ("Ross", "Rachel", "All", "Monica")
SIZES = {"train": 60, "dev": 10, "test": 30}


def clips() -> list[Clip]:
    """Twenty actors of each gender; each says every emotion twice, once weak and once strong."""
    made = []
    for actor in range(40):
        for which, emotion in enumerate(crema_d.EMOTIONS):
            for intensity in (30.0, 80.0):
                if actor == 0 and emotion == "sadness":
                    continue  # this one is never heard as sad
                votes = tuple(8 if k == which else int(k == 5) for k in range(6))
                name = f"{actor:04d}_{emotion}_{intensity:.0f}"
                gender = "male" if actor % 2 else "female"
                made.append(Clip(name, f"{actor:04d}", gender, emotion, votes, intensity, Path(name)))
    return made


def conversations() -> dict[str, list[Conversation]]:
    random = np.random.default_rng(0)
    made: dict[str, list[Conversation]] = {}
    for split, count in SIZES.items():
        made[split] = []
        for number in range(count):
            utterances = tuple(
                Utterance(
                    f"{split}{number}_{k}",
                    SPEAKERS[random.integers(4)],
                    "So.",
                    emotion=EMOTIONS.names[random.integers(7)],
                )
                for k in range(random.integers(1, 20))
            )
            made[split].append(Conversation(f"{split}{number}", utterances))
    return made


def faces() -> dict[str, LabelledFaces]:
    """Ten faces of each emotion and of contempt; a face's feature is its number."""
    seen = [*EMOTIONS, "contempt"] * 10
    numbers = {split: 1000.0 * k + np.arange(80) for k, split in enumerate(SPLITS)}
    return {
        split: LabelledFaces([f"{split}{k}" for k in range(80)], seen, numbers[split][:, None].astype("f4"))
        for split in SPLITS
    }


def chosen(recipe: Recipe) -> dict[str, list[list[Choice]]]:
    return choose(conversations(), split_actors(clips(), recipe.seed), faces(), recipe)


def flat(choices: Mapping[str, Sequence[Sequence[Choice]]]) -> list[Choice]:
    return [choice for split in SPLITS for conversation in choices[split] for choice in conversation]


def test_no_actor_is_in_two_splits_and_genders_are_shared_out() -> None:
    actors = {s: {c.actor: c.gender for c in own} for s, own in split_actors(clips(), 1).items()}
    assert {s: len(own) for s, own in actors.items()} == {"train": 20, "dev": 8, "test": 12}
    assert all(list(own.values()).count("male") == len(own) / 2 for own in actors.values())
    assert len(set().union(*actors.values())) == 40


def test_one_actor_per_speaker_of_the_gender_that_the_name_tells() -> None:
    genders = {clip.actor: clip.gender for clip in clips()}
    choices = chosen(Recipe())
    for split, talks in conversations().items():
        for talk, given in zip(talks, choices[split], strict=True):
            cast = {(u.speaker, c.clip[:4]) for u, c in zip(talk.utterances, given, strict=True)}
            assert len({actor for _, actor in cast}) == len({speaker for speaker, _ in cast}) == len(cast)
            assert all(gender_of(speaker) in (None, genders[actor]) for speaker, actor in cast)


@pytest.mark.parametrize("rate", [0.0, 0.35, 1.0])
def test_signals_agree_at_the_stated_rate(rate: float) -> None:
    choices = flat(chosen(Recipe(voice_rate=rate, face_rate=1 - rate)))
    noise = 3 * 0.5 / np.sqrt(len(choices)) * (0 < rate < 1)
    assert np.mean([c.voice == c.emotion for c in choices]) == pytest.approx(rate, abs=noise)
    assert np.mean([c.face == c.emotion for c in choices]) == pytest.approx(1 - rate, abs=noise)


def test_what_disagrees_is_spread_evenly_and_independent() -> None:
    choices = flat(chosen(Recipe(voice_rate=0, face_rate=0.5)))
    counts = [sum(c.voice == e for c in choices if c.emotion != e) for e in EMOTIONS]
    assert min(counts) > 0.7 * max(counts)
    both = flat(chosen(Recipe(voice_rate=0.5, face_rate=0.5)))
    voice, face = (np.array([getattr(c, m) == c.emotion for c in both]) for m in ("voice", "face"))
    assert abs(np.corrcoef(voice, face)[0, 1]) < 0.12


def test_clip_and_face_are_what_was_wanted() -> None:
    for choice in flat(chosen(Recipe())):
        heard, strong = choice.clip[5:].rsplit("_", 1)
        if choice.voice == "surprise":
            assert heard in ("fear", "joy")
            assert strong == "80"
        elif choice.heard:
            assert heard == choice.voice
        else:
            assert (choice.voice, choice.clip[:4]) == ("sadness", "0000")
        assert [*EMOTIONS, "contempt"][choice.row % 8] == choice.face


def test_a_higher_rate_only_adds_agreement() -> None:
    low, high = flat(chosen(Recipe(face_rate=0.4))), flat(chosen(Recipe(face_rate=0.7)))
    changed = [(a, b) for a, b in zip(low, high, strict=True) if a.face != b.face]
    assert changed
    assert all(b.face == b.emotion for _, b in changed)


def test_choices_hang_on_the_seed_and_not_on_other_conversations() -> None:
    recipe, deal = Recipe(seed=3), split_actors(clips(), 3)
    all_of_them, talks = choose(conversations(), deal, faces(), recipe), conversations()
    fewer = {split: own[1:] for split, own in talks.items()}
    assert choose(fewer, deal, faces(), recipe) == {s: own[1:] for s, own in all_of_them.items()}
    assert choose(talks, deal, faces(), Recipe(seed=4)) != all_of_them


def test_the_corpus_holds_the_chosen_features_and_says_that_it_is_composed() -> None:
    talks, recipe = conversations(), Recipe()
    text = {u.id: np.full(3, len(u.id), "f4") for own in talks.values() for t in own for u in t.utterances}
    voice = {clip.id: np.array([number], "f4") for number, clip in enumerate(clips())}
    corpus = compose(talks, text, clips(), voice, faces(), recipe, {"face features": "numbers"})
    assert corpus.composed
    assert corpus.widths == {"text": 3, "voice": 1, "face": 1}
    assert corpus.facts["face features"] == "numbers"
    assert "fear or joy" in corpus.facts["surprise"]
    choices = chosen(recipe)
    for split in SPLITS:
        for conversation, given in zip(corpus.splits[split], choices[split], strict=True):
            assert [EMOTIONS.names[e] for e in conversation.emotion] == [c.emotion for c in given]
            assert conversation.evidence.features["voice"][:, 0].tolist() == [voice[c.clip][0] for c in given]
            assert (conversation.evidence.features["face"] % 1000)[:, 0].tolist() == [c.row for c in given]
    values = [
        {float(x) for c in corpus.splits[split] for x in c.evidence.features[m][:, 0]}
        for m in ("voice", "face")
        for split in SPLITS
    ]
    assert all(not values[a] & values[b] for a, b in ((0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)))


def test_overlap_and_gaps_are_refused() -> None:
    deal, talks = split_actors(clips(), 1), conversations()
    with pytest.raises(InputError, match="an actor in one split only"):
        choose(talks, {**deal, "dev": deal["test"]}, faces(), Recipe())
    with pytest.raises(InputError, match="a face in one split only"):
        choose(talks, deal, {**faces(), "dev": faces()["test"]}, Recipe())
    with pytest.raises(InputError, match="an actor for every speaker"):
        choose(talks, {**deal, "dev": deal["dev"][:12]}, faces(), Recipe())
    with pytest.raises(InputError, match="text features of train0_0"):
        compose(talks, {}, clips(), {}, faces(), Recipe(), {})
    with pytest.raises(InputError, match="from 0 to 1"):
        Recipe(voice_rate=1.2)


def test_the_real_corpora_meet_the_recipe(real_root: Path) -> None:
    talks = {split: load("meld", split, real_root) for split in SPLITS}
    real = crema_d.read_clips(real_root)
    seen = {}
    for split, file in zip(SPLITS, ("train", "valid", "test"), strict=True):
        pool = ferplus.read_faces(file, real_root)
        labels = [(*ferplus.EMOTIONS, "none")[e] for e in pool.emotion]
        seen[split] = LabelledFaces(pool.name.tolist(), labels, np.zeros((len(pool), 1), "f4"))
    recipe = Recipe(voice_rate=0.6, face_rate=0.5, seed=0)
    choices = choose(talks, split_actors(real, recipe.seed), seen, recipe)
    heard = {clip.id: clip.heard for clip in real}
    for own in choices.values():
        flat_own = [c for conversation in own for c in conversation]
        noise = 3.5 * 0.5 / np.sqrt(len(flat_own))
        certain = [c for c in flat_own if c.emotion != "surprise"]
        agree = np.mean([heard[c.clip] == c.emotion for c in certain])
        assert agree == pytest.approx(
            0.6 + 0.02, abs=noise + 0.02
        )  # a stand-in for surprise may fit by chance
        assert np.mean([c.face == c.emotion for c in flat_own]) == pytest.approx(0.5, abs=noise)
        assert np.mean([c.heard for c in flat_own]) > 0.99
