import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.samples import modest

from heartsay.formats.clock import format_clock, parse_clock


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:16:16,059", 976.059),
        ("0:12:43,012", 763.012),
        ("16:16.059", 976.059),
        ("976.059", 976.059),
        ("12,5", 12.5),
        ("7", 7.0),
        (" 100:00:00 ", 360_000.0),
        ("-0.25", -0.25),
        ("1e-05", 1e-05),
    ],
)
def test_parse_clock(text, seconds):
    assert parse_clock(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "1:75", "00:60:00", "1:2:3:4", "nan", "inf", "1_0", "12:", "--1"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="not a time"):
        parse_clock(text)


@modest
@given(st.integers(0, 400_000_000), st.sampled_from(".,"))
def test_a_written_time_reads_back_to_the_very_float(milliseconds, mark):
    seconds = float(f"{milliseconds // 1000}.{milliseconds % 1000:03d}")
    assert parse_clock(format_clock(seconds, mark)) == seconds
