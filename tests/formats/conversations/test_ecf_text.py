import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.samples import modest, read_as, read_text, texts

from heartsay.errors import InputError
from heartsay.formats import read_all

TWO = """12 3
(2,1),(2,2), (3,1)
1 | Ana | neutral | The kettle is empty . | Show_S1E2: 00:00:10.000 - 00:00:11.250
2 | Ben | anger | Again | or still ? | Show_S1E2: 00:00:12.000 - 00:00:13.500
3 | Ben | surprise | Who drinks it all ? | Show_S1E2: 00:00:13.000 - 00:00:14.000
15 1

1 | Cleo | neutral | Me . | train_dia559_utt0
"""


def test_conversations_pairs_and_times():
    first, second = read_text(TWO, "dev.txt")
    assert (first.id, second.id) == ("dev/12", "dev/15")
    assert texts(first)[1] == ("Ben", "Again | or still ?")
    assert [(item.id, item.start, item.end) for item in first.utterances[:2]] == [
        ("1", 10.0, 11.25),
        ("2", 12.0, 13.5),
    ]
    assert [item.emotion for item in first.utterances] == ["neutral", "anger", "surprise"]
    assert first.pairs == {(1, 0), (1, 1), (2, 0)}
    assert (second.pairs, second.utterances[0].start) == (frozenset(), None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("15 1", "15 2", "end of file: expected 2 utterances of conversation '15', found 1"),
        ("2 | Ben | anger", "3 | Ben | anger", r"line 4: expected a line '2 \| speaker"),
        ("(2,1),", "(2;1),", "line 2: expected a line of pairs"),
        ("(2,1),", "(4,1),", "line 2: .*a pair with '4'"),
        ("(2,1),", "(0,1),", "line 2: .*a pair with '0'"),
        ("15 1", "12 1", "line 6: .*'12' a second time"),
        ("15 1", "fifteen", "line 6: expected a line 'conversation_id"),
        ("00:00:12.000", "00:00:72.000", "line 4: expected times"),
    ],
)
def test_what_is_amiss_is_said_with_its_line(old, new, message):
    with pytest.raises(InputError, match=message):
        read_text(TWO.replace(old, new, 1), "dev.txt")


@modest
@given(st.text(alphabet=st.sampled_from("01234(), |\nAnajoy:.-"), max_size=100))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(InputError):
        assert list(read_as("ecf", TWO.encode() + text.encode()))


@pytest.mark.skipif("HEARTSAY_DATA" not in os.environ, reason="needs ECF's texts in HEARTSAY_DATA")
@pytest.mark.parametrize(
    ("split", "conversations", "utterances", "pairs"),
    [("train", 1001, 9966, 7055), ("dev", 112, 1087, 866), ("test", 261, 2566, 1873)],
)
def test_ecfs_own_files(split, conversations, utterances, pairs):
    path = Path(os.environ["HEARTSAY_DATA"]) / "ecf" / f"{split}.txt"
    if not path.exists():
        pytest.skip(f"no {path.name} there")
    found = list(read_all(path))
    assert len(found) == conversations
    assert sum(map(len, found)) == utterances
    assert sum(len(one.pairs or ()) for one in found) == pairs
