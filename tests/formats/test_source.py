import bz2
import contextlib
import gzip
import io
import lzma
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.samples import modest

from heartsay.errors import InputError
from heartsay.formats import source as module
from heartsay.formats.source import Source, open_path


def both_ways(data: bytes) -> str:
    """The text in one piece, which must be the text line by line."""
    whole = Source(io.BytesIO(data)).text()
    assert "".join(Source(io.BytesIO(data)).lines()).lstrip("\ufeff") == whole.lstrip("\ufeff")
    return whole


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding, line_end):
    lines = ["It’s – “odd”…", "Ça va, Zoë?", "plain"]
    assert both_ways(line_end.join(lines).encode(encoding)).split("\n") == lines


def test_utf_16_of_both_byte_orders():
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert both_ways(mark + "a’\nb".encode(encoding)) == "a’\nb"


def test_windows_1252_among_utf_8_is_read_right_and_counted():
    data = "é’".encode() + "é’ \x96".encode("latin-1", "ignore") + b" it\x92s"
    source = Source(io.BytesIO(data))
    assert source.text() == "é’é – it’s"
    assert source.repaired == 3
    assert Source(io.BytesIO("é’".encode())).repaired == 0


def test_a_repair_is_warned_of_where_it_was_read():
    data = b"it\x92s\nplain\nwe\x92re\n"
    by_lines = Source(io.BytesIO(data), name="x")
    assert by_lines.repairs() == []
    warning = "not everything was UTF-8: the rest was read as Windows-1252 (x)"
    assert [by_lines.repairs() for _ in by_lines.lines()] == [[warning], [], [warning]]
    whole = Source(io.BytesIO(data), name="x")
    whole.text()
    assert whole.repairs() == whole.repairs() == [warning]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Ann: Почему ты молчишь?", "cp1251"),
        ('{"utterances": [{"speaker": "Ann", "text": "Почему"}]}', "koi8-r"),
        ("speaker,text\nAnn,你为什么不说话", "gbk"),
        ("Ann: どうして黙っているの", "shift-jis"),
        ("Ann: γιατί σωπαίνεις", "cp1253"),
    ],
)
def test_other_encodings_are_read_right_or_refused_but_never_garbled(text, encoding):
    for take in (lambda source: source.text(), lambda source: "".join(source.lines())):
        source = Source(io.BytesIO(text.encode(encoding)))
        with contextlib.suppress(InputError):
            assert take(source) == text
            assert "--encoding" in source.repairs()[0]


def test_a_byte_that_means_nothing_in_windows_1252_is_refused():
    assert both_ways(b"well \x9c then") == "well œ then"
    with pytest.raises(InputError, match=r"line 2.*save it as UTF-8"):
        both_ways(b"one\nwell \x9d then")


def test_broken_utf_16_is_refused():
    with pytest.raises(InputError, match="UTF-8"):
        both_ways(b"\xff\xfea\x00\x00\xd8")


def zipped(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chat.json", b" " * size)
    return out.getvalue()


def saved_array() -> bytes:
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    return out.getvalue()


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (zipped(10_000_000), "a zip archive"),
        (gzip.compress(b"x", mtime=0), "a gzip file"),
        (bz2.compress(b"x"), "a bzip2 file"),
        (lzma.compress(b"x"), "an xz file"),
        (pickle.dumps(Bomb(), protocol=2), "a pickle"),
        (pickle.dumps(Bomb()), "a pickle"),
        (saved_array(), "a numpy array"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"%PDF-1.7", "a PDF"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "a recording"),
        (b"\x00\x00\x00\x18ftypmp42", "a recording"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        ("text".encode("utf-16-le"), "binary data, or UTF-16 without"),
    ],
)
def test_binary_files_are_refused_unopened(data, what):
    with pytest.raises(InputError, match=what):
        Source(io.BytesIO(data))


def test_words_that_look_like_magic_are_still_words():
    for start in ("RIFF", "ID3", "BZh9", "GIF8", "PAR1", "xxxxftyp"):
        assert both_ways(f"{start},text".encode()) == f"{start},text"


def test_an_old_text_pickle_is_never_opened():
    data = pickle.dumps(Bomb(), protocol=0)
    from heartsay.formats import read_all

    with pytest.raises(InputError):
        list(read_all(io.BytesIO(data)))


def test_empty_is_refused():
    with pytest.raises(InputError, match="an empty file"):
        Source(io.BytesIO(b""))


def test_nul_deep_in_a_text_is_refused():
    data = b"a\n" * 50_000 + b"b\0c\n"
    with pytest.raises(InputError, match="NUL"):
        Source(io.BytesIO(data)).text()
    with pytest.raises(InputError, match=r"line 50001.*NUL"):
        list(Source(io.BytesIO(data)).lines())


def test_what_is_read_in_one_piece_is_limited(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "limit", lambda name: 2_000_000)
    data = b"x" * 3_000_000
    with pytest.raises(InputError, match=r"one conversation per line"):
        Source(io.BytesIO(data)).text()
    with pytest.raises(InputError, match="a line of more"):
        list(Source(io.BytesIO(data)).lines())
    path = tmp_path / "big.json"
    path.write_bytes(data)
    with open_path(path) as source, pytest.raises(InputError, match=r"at most 2 MB .*found a file of 3 MB"):
        source.text()


def test_the_limit_is_seen_from_the_size_alone(tmp_path):
    path = tmp_path / "sparse.json"
    with path.open("wb") as file:
        file.write(b"[" * 70_000)
        file.truncate(300_000_000)
    with open_path(path) as source, pytest.raises(InputError, match="a file of 300 MB"):
        source.text()


def test_lines_are_read_as_they_are_needed():
    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            buffer[:4] = b"abc\n"
            return 4

    lines = Source(Endless()).lines()
    assert [next(lines) for _ in range(30_000)] == ["abc\n"] * 30_000


def test_a_callers_stream_stays_open():
    stream = io.BytesIO(b"a\n" * 100_000)
    assert sum(1 for _ in Source(stream).lines()) == 100_000
    assert not stream.closed


def test_paths_that_cannot_be_opened(tmp_path):
    for path, words in ((tmp_path / "no", "nothing of that name"), (tmp_path, "director"), ("a\0b", "null")):
        with pytest.raises(InputError, match=words), open_path(path):
            pass
    with pytest.raises(InputError) as caught, open_path("x" * 5000):
        pass
    assert len(str(caught.value)) < 600


@modest
@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_text_or_refused(data):
    try:
        text = both_ways(data)
    except InputError:
        return
    assert "\r" not in text
    text.replace("\ufeff", "").encode("utf-8")


@modest
@given(st.text(min_size=1))
def test_any_utf_8_is_read_as_it_is(text):
    text = text.replace("\0", "").replace("\r", "") + "."
    encoded = text.encode("utf-8", "ignore")
    if encoded.startswith(b"\xef\xbb\xbf"):
        return
    assert both_ways(encoded) == encoded.decode()
