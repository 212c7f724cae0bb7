from __future__ import annotations

from inspect import Parameter
from typing import Any, Literal

import pytest

from heartsay.errors import InputError
from heartsay.settings import checked_settings, constructor_options


def checked(value: Any, annotation: Any) -> Any:
    option = Parameter("width", Parameter.KEYWORD_ONLY, annotation=annotation)
    return checked_settings({"width": value}, {"width": option}, "backbone here")["width"]


class Unannotated:
    def __init__(self, shape, *, price=0.5, shares: tuple[float, ...] = ()) -> None:
        """Takes a setting without annotation."""


def test_what_has_no_annotation_takes_any_value() -> None:
    options = constructor_options(Unannotated, skip=1)
    assert list(options) == ["price", "shares"]
    given = {"price": "high", "shares": [1]}
    assert checked_settings(given, options, "objective x") == {"price": "high", "shares": (1.0,)}


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
    found = checked(value, annotation)
    assert found == becomes
    assert type(found) is type(becomes)


@pytest.mark.parametrize(
    ("value", "annotation"), [("0.5", float), (True, float), (0.5, int), ("c", Literal["a", "b"]), ({1}, int)]
)
def test_anything_else_is_refused_with_the_place_and_what_to_do(value, annotation) -> None:
    with pytest.raises(InputError) as error:
        checked(value, annotation)
    assert str(error.value).startswith("backbone here, width: expected")
    assert "the settings of here are width" in str(error.value)
