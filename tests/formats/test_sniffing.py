import pytest
from tests.formats.samples import KITCHEN

from heartsay.formats import (
    conversation_to_csv,
    conversation_to_json,
    conversation_to_srt,
    conversation_to_webvtt,
    sniff,
)


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (conversation_to_json(KITCHEN), "json"),
        (conversation_to_csv(KITCHEN), "csv"),
        (conversation_to_webvtt(KITCHEN), "webvtt"),
        (conversation_to_srt(KITCHEN), "subrip"),
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
    assert sniff(head) == form
    assert sniff(head.replace("\n", "\r\n")) == form


def test_a_suffix_that_names_a_format_is_believed():
    assert sniff("WEBVTT\n", ".csv") == "csv"
    assert sniff("text", ".ndjson") == "json"
    assert sniff("WEBVTT\n", ".txt") == "webvtt"
