"""The allow-list reader gives back data as it was, and runs nothing whatever a file asks for."""

from __future__ import annotations

import contextlib
import os
import pickle
import pickletools
import resource
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsay.corpora import safe_pickle
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.errors import InputError


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_containers_and_arrays_come_back_as_they_were(tmp_path: Path, protocol: int) -> None:
    shared = [1, 2]
    content: Any = {
        "arrays": [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3))],
        "texts": np.array(["one", "três"]),
        "ragged": np.array([[1, 2], [3]], dtype=object),
        "scalars": (np.float32(0.5), np.int64(-3), np.bool_(True)),
        "plain": [None, True, 3, -(10**20), 2.5, "ü", b"\xff\x00", {1, 2}, frozenset({3})],
        "ordered": OrderedDict([("b", 1), ("a", 2)]),
        "default": defaultdict(list, {7: [8]}),
        "shared": (shared, shared),
        3: np.zeros((0, 4), np.float16),
    }
    read = load_pickle(write(tmp_path / "file.pkl", pickle.dumps(content, protocol=protocol)))
    assert list(read) == list(content)
    for got, given_ in zip(read["arrays"], content["arrays"], strict=True):
        np.testing.assert_array_equal(got, given_)
        assert got.dtype == given_.dtype
    assert read["texts"].tolist() == ["one", "três"]
    assert read["ragged"].tolist() == [[1, 2], [3]]
    assert read["scalars"] == (0.5, -3, True)
    assert read["plain"] == content["plain"]
    assert list(read["ordered"].items()) == [("b", 1), ("a", 2)]
    assert read["default"] == {7: [8]}
    assert read["shared"][0] is read["shared"][1]
    assert (read[3].shape, read[3].dtype) == ((0, 4), np.float16)


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
        max_leaves=12,
    ),
    st.integers(0, pickle.HIGHEST_PROTOCOL),
)
def test_any_plain_data_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: object, protocol: int
) -> None:
    path = tmp_path_factory.mktemp("pickles") / "file.pkl"
    assert load_pickle(write(path, pickle.dumps(data, protocol=protocol))) == data


def test_a_file_of_python_2_is_read_as_latin_1(tmp_path: Path) -> None:
    # {'caf\xe9': array([1., 2.])} as Python 2 and numpy 1 pickled it, protocol 2: byte strings throughout.
    numbers = np.array([1.0, 2.0]).tobytes()
    program = (
        b"\x80\x02}q\x00U\x04caf\xe9q\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03"
        b"K\x00\x85q\x04U\x01bq\x05\x87q\x06Rq\x07(K\x01K\x02\x85q\x08cnumpy\ndtype\nq\x09U\x02f8q\x0a"
        b"K\x00K\x01\x87q\x0bRq\x0c(K\x03U\x01<q\x0dNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0eb"
        b"\x89U\x10" + numbers + b"q\x0ftq\x10bs."
    )
    read = load_pickle(write(tmp_path / "old.pkl", program))
    assert list(read) == ["café"]
    assert read["café"].tolist() == [1.0, 2.0]


class Runs:
    """Unpickles by calling something."""

    def __init__(self, call: Callable[..., Any], *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> Any:
        return self.call, self.arguments


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_that_tries_to_run_code_is_refused_and_nothing_has_run(
    tmp_path: Path, protocol: int
) -> None:
    proof = tmp_path / "proof"
    program = pickle.dumps({"text": [Runs(os.system, f"touch {proof}")]}, protocol=protocol)
    path = write(tmp_path / "evil.pkl", program)
    with pytest.raises(InputError, match=rf"{os.system.__module__}\.system"):
        load_pickle(path)
    assert not proof.exists()
    pickle.loads(program)  # the program does work where it is let
    assert proof.exists()


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        (eval, ("1",)),
        (getattr, ("x", "upper")),
        (np.load, ("somewhere",)),
        (np.zeros, (10,)),
        (np.ndarray, ((1 << 40,),)),
        (bytearray, (1 << 40,)),
        (range, (3,)),
    ],
)
def test_what_is_not_data_is_refused(
    tmp_path: Path, call: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(InputError):
        load_pickle(write(tmp_path / "file.pkl", pickle.dumps([Runs(call, *arguments)], protocol=2)))


@pytest.mark.parametrize(
    "program",
    [
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n.",  # a function, handed out as if it were data
        b"\x80\x02]cnumpy\nndarray\na.",
        b"\x80\x02cnumpy\nndarray\n\x8a\x06\x00\x00\x00\x00\x00\x01\x85R.",  # ndarray(2 ** 40)
        b"\x80\x02c__builtin__\nbytes\n\x8a\x06\x00\x00\x00\x00\x00\x01\x85R.",  # bytes(2 ** 40)
        b"\x80\x02]r\xff\xff\xff\x7f.",  # a memo of two billion objects
        b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\x00\x00ab.",  # a byte string longer than memory
        b"\x80\x02Pelsewhere\n.",  # an object outside the file
        b"\x80\x02(iposix\nsystem\n.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    ],
)
def test_hand_written_programs_are_refused(tmp_path: Path, program: bytes) -> None:
    with pytest.raises(InputError):
        load_pickle(write(tmp_path / "file.pkl", program))


def test_an_array_must_have_the_bytes_that_its_shape_asks_for(tmp_path: Path) -> None:
    program = pickle.dumps(np.arange(3.0), protocol=2)
    assert load_pickle(write(tmp_path / "good.pkl", program)).tolist() == [0.0, 1.0, 2.0]
    codes = [code.name for code, _, _ in pickletools.genops(program)]
    assert codes.count("BININT1") > 1
    spoilt = program.replace(b"K\x03\x85", b"K\x09\x85", 1)
    assert spoilt != program
    with pytest.raises(InputError, match="shape"):
        load_pickle(write(tmp_path / "bad.pkl", spoilt))


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html>", b"PK\x03\x04 zip", b"\x80\x04"])
def test_what_is_no_pickle_gets_its_sentence(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"file\.pkl: expected a pickle of arrays"):
        load_pickle(write(tmp_path / "file.pkl", content))


def test_half_a_file_a_missing_one_and_a_huge_one_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pickle.dumps({"a": np.arange(100.0)})
    for length in range(0, len(whole) - 1, 7):
        with pytest.raises(InputError):
            load_pickle(write(tmp_path / "half.pkl", whole[:length]))
    with pytest.raises(InputError, match="No such file"):
        load_pickle(tmp_path / "nothing.pkl")
    monkeypatch.setattr(safe_pickle, "limit", lambda name: 10)
    with pytest.raises(InputError, match=r"more than 10; .* --limit pickle_bytes=VALUE"):
        load_pickle(write(tmp_path / "whole.pkl", whole))


def test_a_list_that_holds_itself_does_not_hang(tmp_path: Path) -> None:
    loop: list[Any] = [np.arange(2)]
    loop.append(loop)
    read = load_pickle(write(tmp_path / "loop.pkl", pickle.dumps(loop)))
    assert read[1] is read
    assert read[0].tolist() == [0, 1]


def test_nesting_has_an_end_and_repetition_costs_nothing(tmp_path: Path) -> None:
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InputError, match="deep"):
        load_pickle(write(tmp_path / "deep.pkl", pickle.dumps(deep)))
    wide: Any = [0]
    for _ in range(50):
        wide = [wide, wide]  # 2 ** 50 paths to one number
    assert len(load_pickle(write(tmp_path / "wide.pkl", pickle.dumps(wide)))) == 2


DTYPE = b"cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85R"
ARRAY = (
    b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR(K\x01K\x01\x85"
    + DTYPE
    + b"\x89]"
)

STARVING = {
    "a key of tuples that double": b"\x80\x02}(K\x01"
    + b"".join(b"q%ch%c\x86" % (k, k) for k in range(60))
    + b"K\x01u.",
    "bytes of an integer": b"\x80\x02cnumpy.core.numeric\n_frombuffer\n(\x8a\x05\x00\x00\x00\x00\x05"
    b"cnumpy\ndtype\nX\x02\x00\x00\x00u1K\x00K\x01\x87R\x8a\x05\x00\x00\x00\x00\x05\x85X\x01\x00\x00\x00CtR.",
    "one text encoded again and again": b"\x80\x02X"
    + (10**6).to_bytes(4, "little")
    + b"a" * 10**6
    + b"q\x000]("
    + b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R" * 4000
    + b"e.",
    "arrays in arrays": b"\x80\x02" + ARRAY * 5000 + b"N" + b"atb" * 5000 + b".",
    "one tuple, many times": pickle.dumps([tuple(range(1000))] * 10_000, protocol=2),
}


@pytest.mark.parametrize("program", STARVING.values(), ids=STARVING)
def test_programs_that_starve_cost_nothing(tmp_path: Path, program: bytes) -> None:
    path = tmp_path / "starving.pkl"
    path.write_bytes(program)
    begun, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.suppress(InputError):
        assert load_pickle(path)[0] == tuple(range(1000))  # the last one is data
    assert time.process_time() - begun < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def test_all_but_plain_repetition_is_refused(tmp_path: Path) -> None:
    refused = []
    for name, program in STARVING.items():
        (tmp_path / "p.pkl").write_bytes(program)
        try:
            load_pickle(tmp_path / "p.pkl")
        except InputError:
            refused.append(name)
    assert refused == list(STARVING)[:-1]
