from __future__ import annotations

from typing import Literal

import pytest

from heartsay.errors import InputError
from heartsay.settings import checked_setting


@pytest.mark.parametrize(
    ("value", "annotation", "becomes"),
    [
        (1, float, 1.0),
        ([1, 2], tuple[int, ...], (1, 2)),
        (None, float | None, None),
        ("a", Literal["a", "b"], "a"),
    ],
)
def test_a_value_becomes_what_the_constructor_takes(value, annotation, becomes) -> None:
    found = checked_setting(value, annotation, "here", "do this")
    assert found == becomes
    assert type(found) is type(becomes)


@pytest.mark.parametrize(
    ("value", "annotation"), [("0.5", float), (True, float), (0.5, int), ("c", Literal["a", "b"]), ({1}, int)]
)
def test_anything_else_is_refused_with_the_place_and_what_to_do(value, annotation) -> None:
    with pytest.raises(InputError) as error:
        checked_setting(value, annotation, "here", "do this")
    assert "here" in str(error.value)
    assert "do this" in str(error.value)
