from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.errors import InputError
from heartsay.recordings.rttm import read_rttm

LINES = """;; made by hand
SPEAKER call 1 5.00 1.00 <NA> <NA> Ben <NA> <NA>
SPEAKER call 1 0.50 2.00 <NA> <NA> Ana <NA> <NA>
SPEAKER call 1 2.60 0.40 <NA> <NA> Ana <NA> <NA>
SPEAKER other 1 0.00 9.00 <NA> <NA> Eve <NA> <NA>
"""


def write(folder: Path, text: str) -> Path:
    (folder / "call.rttm").write_text(text)
    return folder / "call.rttm"


def test_turns_of_the_recording_in_order_and_joined(tmp_path: Path) -> None:
    assert read_rttm(write(tmp_path, LINES), "call") == [(0.5, 3.0, "Ana"), (5.0, 6.0, "Ben")]


def test_turns_of_one_other_name_are_taken_and_those_of_several_refused(tmp_path: Path) -> None:
    one = LINES.replace("other", "call")
    assert {turn.speaker for turn in read_rttm(write(tmp_path, one), "call (1)")} == {"Ana", "Ben", "Eve"}
    with pytest.raises(InputError, match=r"turns of 'call \(1\)'.*found those of 2 others \(call, other\)"):
        read_rttm(write(tmp_path, LINES), "call (1)")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\n", "no line that begins"),
        ("hello\n", "no line that begins with SPEAKER"),
        ("SPEAKER call 1 0.5\n", "line 1: .* 4 fields"),
        ("\nSPEAKER call 1 x 1 <NA> <NA> Ana <NA> <NA>\n", "line 2: .*times 'x' and '1'"),
        ("SPEAKER call 1 nan 1 <NA> <NA> Ana <NA> <NA>\n", "times 'nan'"),
        ("SPEAKER call 1 0 -1 <NA> <NA> Ana <NA> <NA>\n", "times '0' and '-1'"),
    ],
)
def test_what_is_no_rttm_has_its_sentence(text: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=found):
        read_rttm(write(tmp_path, text), "call")
