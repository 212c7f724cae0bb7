from pathlib import Path

import pytest
from hypothesis import given
from tests.formats.samples import modest, words

from heartsay.formats import output_path


@pytest.mark.parametrize(
    ("identifier", "path"),
    [
        ("meld/dia0", "meld/dia0"),
        ("Zoë’s call", "Zoë’s call"),
        ("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd"),
        ("/abs", "%/abs"),
        ("a:b*c", "a%3Ab%2Ac"),
        ("100%", "100%25"),
        ("nul.x", "%6Eul.x"),
        ("dot.", "dot%2E"),
        (".hidden", "%2Ehidden"),
    ],
)
def test_output_path(identifier, path):
    assert output_path(identifier).as_posix() == path


def test_a_long_id_ends_in_a_hash():
    one, two = output_path("é" * 300 + "1"), output_path("é" * 300 + "2")
    assert one != two
    assert max(len(path.name.encode()) for path in (one, two)) <= 120


@modest
@given(words, words)
def test_paths_stay_inside_and_apart(one, two):
    root = Path("/root/out")
    inside = (root / output_path(one)).resolve()
    assert root in inside.parents
    assert one == two or output_path(one) != output_path(two)
