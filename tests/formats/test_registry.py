import pytest
from tests.formats.samples import KITCHEN

from heartsay import formats
from heartsay.errors import InputError
from heartsay.formats import FORMATS, sniff


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (formats.write(KITCHEN, "json"), "json"),
        (formats.write(KITCHEN, "csv"), "csv"),
        (formats.write(KITCHEN, "webvtt"), "webvtt"),
        (formats.write(KITCHEN, "subrip"), "subrip"),
        ("12 2\n(1,1)\n1 | Ana | joy | Hi . | x", "ecf"),
        ("12 2\n\n1 | Ana | joy | Hi . | x", "ecf"),
        ("\ufeff\n  [", "json"),
        ("00:00:01,000 --> 00:00:02,000\nHi", "subrip"),
        ("Utterance;Speaker;Mood\n", "csv"),
        ("Dear all,\nthis is a text about a speaker.\n", None),
        ("text\nalone\n", None),
        ("12 2\nnothing of the kind\n", None),
        ("", None),
    ],
)
def test_the_beginning_tells_the_format(head, form):
    for text in (head, head.replace("\n", "\r\n")):
        found = sniff(text)
        assert (found and found.name) == form


def test_a_suffix_that_names_a_format_is_believed():
    assert sniff("WEBVTT\n", ".csv") is FORMATS["csv"]
    assert sniff("text", ".ndjson") is FORMATS["json"]
    assert sniff("WEBVTT\n", ".txt") is FORMATS["webvtt"]


@pytest.mark.parametrize("spec", FORMATS.values(), ids=FORMATS)
def test_a_format_that_is_written_begins_as_it_says(spec):
    if spec.write is None:
        with pytest.raises(InputError, match=f"a format that is written .*found {spec.name}"):
            formats.write(KITCHEN, spec)
    else:
        assert sniff(formats.write(KITCHEN, spec)) is spec
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in spec.suffixes)
