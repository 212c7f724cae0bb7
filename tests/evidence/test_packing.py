from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.evidence.packing import (
    Pack,
    Segment,
    Window,
    batches_by_length,
    collate,
    cut_segments,
    make_packs,
    plan_windows,
)
from heartsay.evidence.views import OTHER_CONTEXT, OWN_CONTEXT, without

LEAD = 1


@dataclass(frozen=True)
class Talk:
    """A conversation whose every token is unique, so that it can be found again wherever it went."""

    utterances: list[list[int]]
    speakers: list[int]
    budget: int

    @cached_property
    def segments(self) -> list[Segment]:
        return cut_segments(self.utterances, self.speakers, self.budget // 2)

    @cached_property
    def windows(self) -> list[Window]:
        return plan_windows([len(s.tokens) for s in self.segments], self.budget)

    @cached_property
    def said_in(self) -> dict[int, int]:
        """The utterance of each token."""
        return {token: k for k, tokens in enumerate(self.utterances) for token in tokens}


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    sizes = draw(st.lists(st.integers(1, 20), min_size=1, max_size=16))
    speakers = draw(st.lists(st.integers(0, 2), min_size=len(sizes), max_size=len(sizes)))
    ends = np.cumsum([10, *sizes]).tolist()
    return Talk([list(range(a, b)) for a, b in pairwise(ends)], speakers, draw(st.integers(4, 120)))


def read_tokens(packs: list[Pack], utterances: int) -> list[float]:
    """How many tokens of each utterance are read, over all packs."""
    total = np.zeros(utterances)
    for p in packs:
        total[p.utterance] += p.weight
    return total.tolist()


@settings(max_examples=50, deadline=None)
@given(talks())
def test_cutting_loses_and_moves_no_token(talk: Talk) -> None:
    longest = talk.budget // 2
    whole = {k: [t for s in talk.segments if s.utterance == k for t in s.tokens] for k in range(16)}
    assert [whole[k] for k in range(len(talk.utterances))] == talk.utterances
    assert all(1 <= len(s.tokens) <= longest for s in talk.segments)
    assert all(s.speaker == talk.speakers[s.utterance] for s in talk.segments)
    runs = [sum(s.utterance == k for s in talk.segments) for k in range(len(talk.utterances))]
    assert runs == [-(-len(tokens) // longest) for tokens in talk.utterances]


@settings(max_examples=50, deadline=None)
@given(talks())
def test_windows_read_every_segment_once_and_keep_the_budget(talk: Talk) -> None:
    lengths = [len(s.tokens) for s in talk.segments]
    windows = talk.windows
    assert [k for w in windows for k in w.read] == list(range(len(lengths)))
    for w in windows:
        assert w.start <= w.read.start < w.read.stop <= w.stop
        assert sum(lengths[w.start : w.stop]) <= talk.budget
    assert (len(windows) == 1) == (sum(lengths) <= talk.budget)


@settings(max_examples=50, deadline=None)
@given(talks())
def test_windows_leave_no_room_for_another_segment(talk: Talk) -> None:
    lengths = [len(s.tokens) for s in talk.segments]
    for w in talk.windows:
        spare = talk.budget - sum(lengths[w.start : w.stop])
        assert w.start == 0 or lengths[w.start - 1] > spare
        assert w.stop == len(lengths) or lengths[w.stop] > spare


def test_most_context_lies_before_what_is_read() -> None:
    middle = plan_windows([10] * 40, 100)[3]
    before, after = middle.read.start - middle.start, middle.stop - middle.read.stop
    assert len(middle.read) == 5
    assert before > after > 0


def test_windows_of_nothing_and_of_too_much() -> None:
    assert plan_windows([], 100) == []
    with pytest.raises(ValueError, match="51 tokens"):
        plan_windows([3, 51], 100)


@settings(max_examples=50, deadline=None)
@given(talks())
def test_packs_hold_what_their_window_shows_and_read_every_token_once(talk: Talk) -> None:
    packs = make_packs(talk.segments, talk.windows, LEAD)
    assert read_tokens(packs, len(talk.utterances)) == [len(tokens) for tokens in talk.utterances]
    for p, w in zip(packs, talk.windows, strict=True):
        seen = [int(t) for s in talk.segments[w.start : w.stop] for t in s.tokens]
        assert p.tokens.tolist() == [LEAD, *seen]
        assert p.owner[0] == -1
        assert p.utterance[p.owner[1:]].tolist() == [talk.said_in[t] for t in seen]
        assert (np.diff(p.utterance) > 0).all()
        assert p.speaker.tolist() == [talk.speakers[k] for k in p.utterance]
        assert len(p.tokens) <= talk.budget + 1


def test_an_utterance_longer_than_a_window_is_read_in_parts() -> None:
    talk = Talk([[10, 11], list(range(20, 120)), [130]], [0, 1, 0], budget=40)
    packs = make_packs(talk.segments, talk.windows, LEAD)
    parts = [float(p.weight[p.utterance == 1].sum()) for p in packs]
    assert len([part for part in parts if part > 0]) > 1
    assert sum(parts) == 100
    assert all(p.utterance.tolist() == sorted(set(p.utterance.tolist())) for p in packs)


@settings(max_examples=50, deadline=None)
@given(talks())
def test_without_own_context_hides_the_speakers_other_turns_and_nothing_else(talk: Talk) -> None:
    expected = []
    for w in talk.windows:
        seen = [int(t) for s in talk.segments[w.start : w.stop] for t in s.tokens]
        for target in sorted({talk.segments[k].utterance for k in w.read}):
            left = [
                t
                for t in seen
                if talk.said_in[t] == target or talk.speakers[talk.said_in[t]] != talk.speakers[target]
            ]
            if left != seen:
                read = sum(
                    len(talk.segments[k].tokens) for k in w.read if talk.segments[k].utterance == target
                )
                expected.append(([LEAD, *left], {target: read}))
    assert described(make_packs(talk.segments, talk.windows, LEAD, OWN_CONTEXT)) == expected


@settings(max_examples=50, deadline=None)
@given(talks())
def test_without_other_context_shows_the_speakers_own_turns_alone(talk: Talk) -> None:
    expected = []
    for w in talk.windows:
        seen = [int(t) for s in talk.segments[w.start : w.stop] for t in s.tokens]
        for speaker in dict.fromkeys(talk.segments[k].speaker for k in w.read):
            left = [t for t in seen if talk.speakers[talk.said_in[t]] == speaker]
            if left != seen:
                read: dict[int, int] = {}
                for k in w.read:
                    if talk.segments[k].speaker == speaker:
                        utterance = talk.segments[k].utterance
                        read[utterance] = read.get(utterance, 0) + len(talk.segments[k].tokens)
                expected.append(([LEAD, *left], read))
    assert described(make_packs(talk.segments, talk.windows, LEAD, OTHER_CONTEXT)) == expected


def described(packs: list[Pack]) -> list[tuple[list[int], dict[int, int]]]:
    """Tokens of each pack, and how many tokens of which utterances it reads."""
    return [
        (
            p.tokens.tolist(),
            {int(k): int(w) for k, w in zip(p.utterance, p.weight, strict=True) if w > 0},
        )
        for p in packs
    ]


@pytest.mark.parametrize("speakers", [[0, 1, 2], [0]])
def test_speakers_without_other_turns_have_no_view_without_them(speakers: list[int]) -> None:
    talk = Talk([[10 * k] for k in range(1, len(speakers) + 1)], speakers, budget=50)
    assert make_packs(talk.segments, talk.windows, LEAD, OWN_CONTEXT) == []


def test_a_monologue_has_no_view_without_others() -> None:
    talk = Talk([[10], [20], [30]], [0, 0, 0], budget=50)
    assert make_packs(talk.segments, talk.windows, LEAD, OTHER_CONTEXT) == []


@settings(max_examples=50, deadline=None)
@given(talks())
def test_a_batch_holds_its_packs_and_padding(talk: Talk) -> None:
    packs = make_packs(talk.segments, talk.windows, LEAD)
    tokens, owner, speaker = collate(packs, pad=0)
    assert tokens.shape == owner.shape == (len(packs), max(len(p.tokens) for p in packs))
    assert speaker.shape == (len(packs), max(len(p.speaker) for p in packs))
    for b, p in enumerate(packs):
        assert tokens[b, : len(p.tokens)].tolist() == p.tokens.tolist()
        assert owner[b, : len(p.owner)].tolist() == p.owner.tolist()
        assert speaker[b, : len(p.speaker)].tolist() == p.speaker.tolist()
        assert set(tokens[b, len(p.tokens) :].tolist()) <= {0}
        assert set(owner[b, len(p.owner) :].tolist()) <= {-1}
        assert set(speaker[b, len(p.speaker) :].tolist()) <= {-1}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 50), max_size=30), st.integers(1, 200))
def test_batches_cover_every_sequence_once_within_the_budget(lengths: list[int], budget: int) -> None:
    groups = batches_by_length(lengths, budget)
    assert sorted(k for group in groups for k in group) == list(range(len(lengths)))
    for group in groups:
        sizes = [lengths[k] for k in group]
        assert sizes == sorted(sizes)
        assert len(group) == 1 or len(group) * max(sizes) <= budget


def test_words_that_a_view_takes_away_are_in_no_sequence() -> None:
    talk = Talk([[10, 11], [20], [30, 31, 32]], [0, 1, 0], budget=40)
    present = {"text": np.array([True] * 3), "voice": np.array([True, False, True])}
    (packed,) = make_packs(talk.segments, talk.windows, LEAD, without("text"), present)
    assert packed.tokens.tolist() == [LEAD]
    assert packed.utterance[packed.weight > 0].tolist() == [0, 2]  # of the second nothing is left
    assert packed.present["text"].tolist() == [False] * 3
    (packed,) = make_packs(talk.segments, talk.windows, LEAD, without("voice"), present)
    assert packed.tokens.tolist() == [LEAD, 10, 11, 20, 30, 31, 32]
