from __future__ import annotations

import pytest

from heartsay.corpora.conflict.subsets import ConflictBenchmark, ConflictItem, kind_of, leading, subset_of
from heartsay.errors import InputError
from heartsay.labels import CREMA_D


@pytest.mark.parametrize(
    ("label", "voice", "face", "subset", "kind"),
    [
        ("joy", "joy", "joy", "consistent", None),
        ("joy", "neutral", "joy", "face_aligned", "masking"),
        ("joy", "anger", "joy", "face_aligned", "opposed"),
        ("anger", "disgust", "anger", "face_aligned", "other"),
        ("sadness", "sadness", "neutral", "voice_aligned", "masking"),
        ("sadness", "sadness", "joy", "voice_aligned", "opposed"),
        ("neutral", "neutral", "joy", "voice_aligned", "other"),
        ("joy", "anger", "fear", "neither", None),
        ("joy", "anger", "anger", "neither", None),
        (None, "joy", "joy", "undecided", None),
        ("joy", None, "joy", "undecided", None),
        ("joy", "joy", None, "undecided", None),
    ],
)
def test_who_is_right_and_how_the_other_goes_wrong(
    label: str | None, voice: str | None, face: str | None, subset: str, kind: str | None
) -> None:
    assert subset_of(label, voice, face) == subset
    assert kind_of(label, voice, face) == kind


def test_a_lead_is_one_and_under_the_strict_rule_more_than_half() -> None:
    names = ("a", "b", "c")
    assert leading((3, 2, 1), names) == "a"
    assert leading((3, 3, 1), names) is None
    assert leading((0, 0, 0), names) is None
    assert leading((3, 2, 1), names, 0.5) is None, "three of six are half, and no more"
    assert leading((4, 2, 1), names, 0.5) == "a"


def item(id_: str = "x", speaker: str = "s", text: str | None = None, label: str = "joy") -> ConflictItem:
    return ConflictItem(id_, speaker, label, "joy", "joy", text)


def test_the_words_may_give_the_answer_away() -> None:
    assert item().text_agrees is None
    assert item(text="joy").text_agrees is True
    assert item(text="anger").text_agrees is False
    counts = ConflictBenchmark("b", CREMA_D, (item(text="joy"), item("y", text="anger"))).counts()
    assert counts["text agrees"] == 1
    assert counts["consistent"] == counts["clips"] == 2


def test_what_does_not_fit_together_has_its_sentence() -> None:
    with pytest.raises(InputError, match="x twice"):
        ConflictBenchmark("b", CREMA_D, (item(), item()))
    with pytest.raises(InputError, match=r"clip x: expected labels out of anger.*'bliss'"):
        ConflictBenchmark("b", CREMA_D, (item(label="bliss"),))
    with pytest.raises(InputError, match="none for s"):
        ConflictBenchmark("b", CREMA_D, (item(),)).where({"t": "train"}, "train")
