import json

import numpy as np
import pytest
from tests.calibration.test_risk_control import draw, wrong_shares

from heartsay.calibration import fit_link_rule, fit_logistic_calibration
from heartsay.calibration.links import EVERY, LinkSelection, fit_link_selection

NAMES = ("evidence", "noise")


def links(rng, conversations):
    """Features (N, 2), gold and conversation of candidate links; the first feature says something."""
    confidence, correct, group = draw(rng, conversations)
    return np.c_[np.log(confidence / (1 - confidence)), rng.normal(size=len(group))], correct, group


def test_no_conversation_serves_both_score_and_rule():
    features, correct, group = links(np.random.default_rng(0), 60)
    selection = fit_link_selection(features, correct, group, NAMES)
    mine = group % EVERY == 0
    assert selection.score == fit_logistic_calibration(features[mine], correct[mine], NAMES)
    scores = selection.score.apply(features[~mine])
    assert selection.rule == fit_link_rule(scores, correct[~mine], group[~mine])
    assert selection.rule.conversations == 45
    # What the rule's conversations hold moves the rule, never the score, and the other way round.
    flipped = np.where(mine, correct, ~correct)
    assert fit_link_selection(features, flipped, group, NAMES).score == selection.score


def test_the_split_does_not_depend_on_what_conversations_are_called():
    features, correct, group = links(np.random.default_rng(1), 30)
    named = np.array([f"talk {997 * k % 1000}" for k in range(30)])[group]
    assert fit_link_selection(features, correct, named, NAMES) == fit_link_selection(
        features, correct, group, NAMES
    )


@pytest.mark.parametrize("level", [0.3, 0.5])
def test_keeps_the_expected_share_with_a_score_of_few_conversations(level):
    """Four conversations fit the score, twelve the rule: the guarantee does not wait for large numbers."""
    rng = np.random.default_rng(2)
    features, correct, group = links(rng, 1_000)
    shares, shown = [], []
    for _ in range(120):
        kept = fit_link_selection(*links(rng, 16), NAMES).show(features, level)
        shares.append(wrong_shares(kept, correct, group).mean())
        shown.append(kept.sum() / 1_000)
    assert np.mean(shares) <= level
    assert np.mean(shown) > 0.2


def test_the_lowest_level_is_the_first_that_shows_a_link():
    features, correct, group = links(np.random.default_rng(3), 120)
    selection = fit_link_selection(features, correct, group, NAMES)
    lowest = selection.lowest_level
    assert lowest is not None
    certain = np.array([[50.0, 0.0]])
    assert selection.show(certain, lowest).all()
    assert not selection.show(certain, lowest - 0.01).any()
    hopeless = fit_link_selection(features, np.zeros(len(group), bool), group, NAMES)
    assert hopeless.lowest_level is None


def test_it_survives_json_and_refuses_other_things():
    selection = fit_link_selection(*links(np.random.default_rng(4), 40), NAMES)
    assert LinkSelection.from_dict(json.loads(json.dumps(selection.to_dict()))) == selection
    with pytest.raises(ValueError, match="rule"):
        LinkSelection.from_dict({"method": "link selection", "score": selection.score.to_dict()})
    with pytest.raises(ValueError, match="links"):
        LinkSelection.from_dict({**selection.to_dict(), "method": "links"})


def test_one_conversation_is_not_enough():
    with pytest.raises(ValueError, match="two development conversations"):
        fit_link_selection([[0.0, 0.0]], [True], [0], NAMES)
