from pathlib import Path

import pytest
from hypothesis import given
from tests.formats.samples import modest, words

from heartsay.formats import document_path


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
def test_the_path_of_a_document(identifier, path):
    assert document_path(identifier, "json") == f"{path}.json"


def test_the_index_keeps_its_name():
    assert document_path("index", "html") == "%69ndex.html"
    assert document_path("Index", "html") == "%49ndex.html"
    assert document_path("sub/index", "html") == "sub/index.html"


def test_a_long_id_ends_in_a_hash():
    one, two = document_path("é" * 300 + "1", "json"), document_path("é" * 300 + "2", "json")
    assert one != two
    assert max(len(path.encode()) for path in (one, two)) <= 125


@modest
@given(words, words)
def test_paths_stay_inside_and_apart(one, two):
    root = Path("/root/out")
    inside = (root / document_path(one, "json")).resolve()
    assert root in inside.parents
    assert one == two or document_path(one, "json") != document_path(two, "json")
