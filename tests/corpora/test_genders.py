from __future__ import annotations

import pytest

from heartsay.corpora.genders import gender_of


@pytest.mark.parametrize(
    ("name", "gender"),
    [
        ("Ross", "male"),
        ("Phoebe Sr", "female"),
        ("Mr. Geller", "male"),
        ("Mrs. Geller", "female"),
        ("Ross and Joey", "male"),
        ("Ross and Rachel", None),
        ("All", None),
        ("Fireman #1", "male"),
        ("", None),
    ],
)
def test_only_what_the_name_tells(name: str, gender: str | None) -> None:
    assert gender_of(name) == gender
