"""Label spaces and how one maps onto another."""

from __future__ import annotations

import numpy as np
import pytest

from heartsay.errors import InputError
from heartsay.labels import CREMA_D, EMORYNLP, EMOTIONS, FER_PLUS, IEMOCAP, LabelSpace

SPACES = (EMOTIONS, EMORYNLP, CREMA_D, FER_PLUS, IEMOCAP)


def test_the_known_spaces_name_their_neutral() -> None:
    assert [space.names[space.neutral or 0] for space in SPACES] == ["neutral"] * 5
    assert (len(EMOTIONS), len(EMORYNLP), len(CREMA_D), len(FER_PLUS), len(IEMOCAP)) == (7, 7, 6, 8, 6)


def test_an_index_and_an_unknown_name() -> None:
    assert EMOTIONS.index("joy") == 4
    assert "joy" in EMOTIONS
    assert "bored" not in EMOTIONS
    with pytest.raises(InputError, match=r"neutral, surprise.*'bored'"):
        EMOTIONS.index("bored")


@pytest.mark.parametrize("names", [(), ("joy", "joy")])
def test_a_space_needs_names_each_once(names: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        LabelSpace(names)


def test_neutral_is_one_of_the_names() -> None:
    with pytest.raises(InputError, match="2"):
        LabelSpace(("calm", "merry"), 2)


@pytest.mark.parametrize("space", SPACES)
def test_a_space_maps_onto_itself(space: LabelSpace) -> None:
    assert (space.to(space) == np.eye(len(space))).all()


def test_what_has_another_name_is_found_both_ways() -> None:
    assert CREMA_D.to(EMOTIONS)[CREMA_D.index("sadness"), EMOTIONS.index("sadness")] == 1.0
    some = LabelSpace(("happy", "excited", "mad"))
    assert some.to(EMOTIONS).argmax(1).tolist() == [4, 4, 6]
    assert LabelSpace(("joy", "fear")).to(EMORYNLP).argmax(1).tolist() == [1, 6]
    with pytest.raises(InputError, match="joy"):  # happy and excited would both do
        LabelSpace(("joy",)).to(IEMOCAP)


def test_shares_sum_to_one() -> None:
    weights = LabelSpace(("bitter", "joy")).to(EMOTIONS, {"bitter": {"anger": 3.0, "sadness": 1.0}})
    assert weights.sum(1).tolist() == [1.0, 1.0]
    assert (weights[0, EMOTIONS.index("anger")], weights[0, EMOTIONS.index("sadness")]) == (0.75, 0.25)


@pytest.mark.parametrize(
    ("space", "lacking"),
    [
        (EMORYNLP, "peaceful, powerful"),
        (FER_PLUS, "contempt"),
        (IEMOCAP, "frustrated"),
    ],
)
def test_a_guess_is_refused_by_name(space: LabelSpace, lacking: str) -> None:
    with pytest.raises(InputError, match=f"found none for {lacking}"):
        space.to(EMOTIONS)


def test_what_the_other_space_lacks_is_named() -> None:
    with pytest.raises(InputError, match="surprise"):
        EMOTIONS.to(CREMA_D)


def test_labels_without_a_counterpart_are_absent_where_that_is_asked_for() -> None:
    assert EMORYNLP.names_in(EMOTIONS) == {
        "neutral": "neutral",
        "joyful": "joy",
        "mad": "anger",
        "sad": "sadness",
        "scared": "fear",
    }
    back = EMOTIONS.names_in(EMORYNLP)
    assert back == {name: own for own, name in EMORYNLP.names_in(EMOTIONS).items()}
    assert IEMOCAP.names_in(EMOTIONS)["excited"] == "joy"
    assert "joy" not in EMOTIONS.names_in(IEMOCAP)


def test_shares_of_several_are_no_single_name() -> None:
    space, into = LabelSpace(("bitter", "mad")), {"bitter": {"anger": 3.0, "sadness": 1.0}}
    assert space.shares_in(EMOTIONS, into) == {"bitter": {"anger": 0.75, "sadness": 0.25}}
    assert space.names_in(EMOTIONS) == {"mad": "anger"}
