"""What must not be trained on: utterances of any development or test split, in whatever corpus they recur.

MELD and ECF hold the same talk under different ids and different splits, and MELD itself holds one scene in
training and in test. An utterance is held out when any of these is true:

- *id*: its MELD id, its own or through the map that ECF publishes, is in a held-out split;
- *beside*: it is an ECF utterance without a MELD id and the nearest utterance before or after it that has
  one is held out (such an utterance is mostly a part of its neighbour in MELD);
- *context*: it and the utterance before it have the words of a held-out utterance and the one before that;
- *overlap*: it is long, and at least half of its runs of five words occur in held-out talk.

The last two know no ids, so they also find what the map misses; they cost some innocent greetings. For a
corpus whose lines no published map leads to MELD's, words are all there is, and two rules more look at them:

- *line*: it has five words or more and all of them, in order, are a held-out utterance;
- *scene*: the other rules take half of its conversation or more, so that the rest is held-out talk too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple

from heartsay.conversation import Conversation
from heartsay.corpora.ecf import ECF, MAP_FILE, numbers, read_map
from heartsay.corpora.emorynlp import EMORYNLP
from heartsay.corpora.meld import MELD
from heartsay.corpora.reccon import RECCON
from heartsay.corpora.registry import corpus_file, get, load
from heartsay.corpora.text import normalise

Reason = Literal["id", "beside", "context", "overlap", "line", "scene"]

MAPPED = (MELD.name, ECF.name)
"""Corpora whose lines the published map leads to each other."""
EVERYBODY = (*MAPPED, EMORYNLP.name, RECCON.name)
"""Corpora whose development and test splits are kept out of what `training_part` gives."""

RUN = 5
"""Words in a run of the overlap rule, and the fewest of the line rule."""
MINIMUM_RUNS = 5
"""Fewest shared runs for the overlap rule: nine words in a row, more than a set phrase has."""

_MELD_ID = re.compile(r"(train|dev|test)_dia\d+_utt\d+")


@dataclass(frozen=True)
class HeldOut:
    """What is known of the held-out utterances.

    Attributes:
        ids: their MELD ids.
        contexts: their words with the words of the utterance before, normalised; "" before the first.
        runs: every run of five words within one of them.
        lines: those of five words or more, normalised; empty where the line and scene rules shall not apply.
    """

    ids: frozenset[str]
    contexts: frozenset[tuple[str, str]] = frozenset()
    runs: frozenset[tuple[str, ...]] = field(default=frozenset(), repr=False)
    lines: frozenset[str] = field(default=frozenset(), repr=False)


def meld_ids(conversation: Conversation, ecf_map: Mapping[tuple[str, int], str]) -> list[str | None]:
    """The MELD id of each utterance: its own, else the map's, else None."""
    return [
        utterance.id if _MELD_ID.fullmatch(utterance.id) else ecf_map.get((conversation.id, index))
        for index, utterance in enumerate(conversation.utterances)
    ]


def describe(
    conversations: Iterable[Conversation],
    ecf_map: Mapping[tuple[str, int], str] | None = None,
    *,
    by_lines: bool = False,
) -> HeldOut:
    """What `reasons_to_drop` needs to know of held-out conversations; `by_lines` for the two last rules."""
    ids: set[str] = set()
    contexts: set[tuple[str, str]] = set()
    every: set[tuple[str, ...]] = set()
    lines: set[str] = set()
    for conversation in conversations:
        ids.update(id_ for id_ in meld_ids(conversation, ecf_map or {}) if id_ is not None)
        words = [normalise(utterance.text or "") for utterance in conversation.utterances]
        contexts.update(zip(["", *words], words, strict=False))
        every.update(run for text in words for run in runs(text))
        lines.update(text for text in words if by_lines and runs(text))
    return HeldOut(frozenset(ids), frozenset(contexts), frozenset(every), frozenset(lines))


def reasons_to_drop(
    conversation: Conversation, held: HeldOut, ids: Sequence[str | None]
) -> list[Reason | None]:
    """For each utterance the first rule that says it must not be trained on, or None.

    Args:
        conversation: of N utterances.
        held: what must not be trained on.
        ids: their MELD ids as `meld_ids` gives them, (N,).
    """
    in_ecf = any(id_ is not None for id_ in ids)
    before = _carry(ids)
    after = _carry(ids[::-1])[::-1]
    words = [normalise(utterance.text or "") for utterance in conversation.utterances]
    reasons: list[Reason | None] = []
    for index, previous in enumerate(["", *words[:-1]]):
        if ids[index] in held.ids:
            reasons.append("id")
        elif in_ecf and ids[index] is None and (before[index] in held.ids or after[index] in held.ids):
            reasons.append("beside")
        elif (previous, words[index]) in held.contexts:
            reasons.append("context")
        elif overlaps(words[index], held.runs):
            reasons.append("overlap")
        elif words[index] in held.lines:
            reasons.append("line")
        else:
            reasons.append(None)
    return reasons


def _carry(ids: Sequence[str | None]) -> list[str | None]:
    """Each id, or the nearest one before it."""
    carried: list[str | None] = []
    for id_ in ids:
        carried.append(id_ if id_ is not None or not carried else carried[-1])
    return carried


def runs(text: str) -> list[tuple[str, ...]]:
    """Every run of five words of a normalised text."""
    words = text.split()
    return [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]


def overlaps(text: str, held: Container[tuple[str, ...]]) -> bool:
    """Whether enough of a normalised text's runs of five words are held-out ones."""
    found = runs(text)
    shared = sum(run in held for run in found)
    return shared >= MINIMUM_RUNS and 2 * shared >= len(found)


class Cleaned(NamedTuple):
    """Conversations without held-out utterances.

    Attributes:
        conversations: what is left; those that lost every utterance are absent.
        dropped: utterances removed, by reason.
    """

    conversations: tuple[Conversation, ...]
    dropped: Mapping[Reason, int]


def clean(
    conversations: Iterable[Conversation],
    held: HeldOut,
    ecf_map: Mapping[tuple[str, int], str] | None = None,
) -> Cleaned:
    """Remove held-out utterances with the pairs that touch them; indices of pairs follow.

    Removing an utterance gives the next one a new predecessor, so this repeats until nothing is found.
    """
    kept: list[Conversation] = []
    dropped: Counter[Reason] = Counter()
    for conversation in conversations:
        # The map counts positions in the whole conversation, so ids are looked up before any removal.
        ids = meld_ids(conversation, ecf_map or {})
        known = {u.id: id_ for u, id_ in zip(conversation.utterances, ids, strict=True)}
        rest: Conversation | None = conversation
        while rest is not None:
            reasons = reasons_to_drop(rest, held, [known[u.id] for u in rest.utterances])
            if not any(reasons):
                break
            dropped.update(reason for reason in reasons if reason is not None)
            rest = _without(rest, [index for index, reason in enumerate(reasons) if reason is not None])
        if held.lines and rest is not None and 2 * len(rest) <= len(conversation):
            dropped["scene"] += len(rest)
            rest = None
        if rest is not None:
            kept.append(rest)
    return Cleaned(tuple(kept), dict(dropped))


def _without(conversation: Conversation, indices: Collection[int]) -> Conversation | None:
    """The conversation without some utterances, or None where none is left."""
    left = [index for index in range(len(conversation)) if index not in indices]
    if not left:
        return None
    place = {old: new for new, old in enumerate(left)}
    utterances = tuple(conversation.utterances[index] for index in left)
    pairs = conversation.pairs
    if pairs is not None:
        pairs = frozenset(
            (place[emotion], place[cause]) for emotion, cause in pairs if emotion in place and cause in place
        )
    return replace(conversation, utterances=utterances, pairs=pairs)


def ecf_to_meld(root: Path | None = None) -> dict[tuple[str, int], str]:
    """The map that ECF publishes: (ECF conversation id, 0-based utterance index) to MELD utterance id.

    Utterances for which the map states no id are absent.

    Args:
        root: folder that holds the corpora; by default the one that HEARTSAY_DATA names.

    Raises:
        InputError: a file is absent or not what it claims.
    """
    split_of = {
        number: split for split, file in ECF.files.items() for number in numbers(corpus_file(ECF, file, root))
    }
    return {
        (f"ecf_{split_of[number]}_{number}", index): meld_id
        for (number, index), meld_id in read_map(corpus_file(ECF, MAP_FILE, root)).items()
        if number in split_of
    }


def describe_splits(
    against: Sequence[str] = ("dev", "test"),
    root: Path | None = None,
    of: Sequence[str] = MAPPED,
    *,
    by_lines: bool = False,
) -> HeldOut:
    """What `reasons_to_drop` needs to know of these splits, as far as they exist, of these corpora.

    Raises:
        InputError: a file is absent or not what it claims.
    """
    conversations = [
        conversation
        for name in of
        for split in against
        if split in get(name).splits
        for conversation in load(name, split, root)
    ]
    return describe(conversations, ecf_to_meld(root), by_lines=by_lines)


def drop_held_out(
    conversations: Iterable[Conversation],
    against: Sequence[str] = ("dev", "test"),
    root: Path | None = None,
) -> list[Conversation]:
    """Remove every utterance that is in one of these splits of MELD or ECF; see `clean` for the counts.

    Args:
        conversations: whole conversations as `corpora.load` gives them.
        against: held-out splits; ("test",) for development data.
        root: folder that holds the corpora; by default the one that HEARTSAY_DATA names.

    Raises:
        InputError: a file is absent or not what it claims.
    """
    ecf_map = ecf_to_meld(root)
    # SemEval's training file is ECF under ECF's numbers.
    split = re.compile(r"ecf_(?:train|dev|test)_")
    again = {(split.sub("semeval_train_", id_), index): found for (id_, index), found in ecf_map.items()}
    return list(clean(conversations, describe_splits(against, root), ecf_map | again).conversations)


def training_part(name: str, root: Path | None = None) -> Cleaned:
    """The training split of a corpus less what is in a development or test split of any of `EVERYBODY`.

    Of a corpus that the map does not reach, such as EmoryNLP, by the line and scene rules too.

    Args:
        name: of a corpus with a training split.
        root: folder that holds the corpora; by default the one that HEARTSAY_DATA names.

    Raises:
        InputError: a file of any of these corpora is absent or not what it claims.
    """
    held = describe_splits(root=root, of=EVERYBODY, by_lines=name not in MAPPED)
    return clean(load(name, "train", root), held, ecf_to_meld(root))
