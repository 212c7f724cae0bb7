import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.metrics.contribution import coalitions, contribution_shares, shapley_values

PLAYERS = ("text", "voice", "face", "own context", "other context")
games = st.tuples(st.integers(1, 5), st.integers(0, 2**32 - 1))


def game(players, seed, utterances=3):
    rng = np.random.default_rng(seed)
    return PLAYERS[:players], {c: rng.normal(size=utterances) for c in coalitions(PLAYERS[:players])}


def over_all_orders(players, values):
    """The definition: what each player adds when it joins, averaged over all orders of joining."""
    orders = list(itertools.permutations(range(len(players))))
    total = np.zeros((len(players), len(values[frozenset()])))
    for order in orders:
        inside = frozenset()
        for p in order:
            total[p] += values[inside | {players[p]}] - values[inside]
            inside = inside | {players[p]}
    return total / len(orders)


def test_coalitions_by_bits():
    assert coalitions(["a", "b"]) == (frozenset(), {"a"}, {"b"}, {"a", "b"})


def test_glove_game_has_its_known_values():
    """Shapley's classic: one left glove, two right ones, a pair is worth 1."""
    players = ("left", "right", "other right")
    values = {c: [float("left" in c and len(c) > 1)] for c in coalitions(players)}
    np.testing.assert_allclose(shapley_values(players, values).ravel(), [2 / 3, 1 / 6, 1 / 6])


@settings(max_examples=40, deadline=None)
@given(games)
def test_agrees_with_the_definition_and_is_efficient(drawn):
    players, values = game(*drawn)
    contributions = shapley_values(players, values)
    np.testing.assert_allclose(contributions, over_all_orders(players, values), atol=1e-12)
    np.testing.assert_allclose(
        contributions.sum(axis=0), values[frozenset(players)] - values[frozenset()], atol=1e-12
    )


@settings(max_examples=40, deadline=None)
@given(st.tuples(st.integers(2, 5), st.integers(0, 2**32 - 1)))
def test_null_player_gets_nothing_and_equals_get_the_same(drawn):
    players, values = game(*drawn)
    null = players[0]
    without = {c: values[c - {null}] for c in values}
    np.testing.assert_allclose(shapley_values(players, without)[0], 0.0, atol=1e-12)

    one, other = players[:2]
    swap = {one: other, other: one}
    both = {c: values[c] + values[frozenset(swap.get(p, p) for p in c)] for c in values}
    first, second = shapley_values(players, both)[:2]
    np.testing.assert_allclose(first, second, atol=1e-12)


def test_order_of_players_only_orders_the_result():
    players, values = game(4, 7)
    forward = shapley_values(players, values)
    np.testing.assert_allclose(shapley_values(players[::-1], values), forward[::-1])


def test_shares_count_for_and_against():
    shares = contribution_shares([[0.3, 0.0, -1.0], [-0.1, 0.0, 0.0]])
    np.testing.assert_allclose(shares, [[0.75, np.nan, 1.0], [0.25, np.nan, 0.0]])


@settings(max_examples=30, deadline=None)
@given(games)
def test_shares_are_shares(drawn):
    players, values = game(*drawn)
    contributions = shapley_values(players, values)
    shares = contribution_shares(contributions)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=0), 1.0)
    np.testing.assert_allclose(contribution_shares(-3 * contributions), shares)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coalitions([]), "between 1 and 5"),
        (lambda: coalitions("abcdef"), "between 1 and 5"),
        (lambda: coalitions(["a", "a"]), "different"),
        (lambda: shapley_values(["a"], {frozenset(): [0.0]}), "missing: a"),
        (lambda: shapley_values(["a"], {frozenset(): [0.0], frozenset("a"): [0.0, 1.0]}), "one length"),
        (lambda: shapley_values(["a"], {frozenset(): [0.0], frozenset("a"): [np.nan]}), "value of a"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
