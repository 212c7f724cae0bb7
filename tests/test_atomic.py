import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from heartsay.atomic import (
    atomic_folder,
    atomic_path,
    files_into,
    in_words,
    remove_leftovers,
    write_arrays,
    write_text,
)
from heartsay.errors import HeartsayError


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_is_there_when_all_is_written_and_not_before(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
    assert target.read_text() == "new"
    assert left_behind(tmp_path) == ["out.json"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, HeartsayError])
def test_nothing_is_left_of_a_write_that_fails(tmp_path, error):
    target = tmp_path / "out.json"
    target.write_text("old")

    def write_half():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert target.read_text() == "old"
    assert left_behind(tmp_path) == ["out.json"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no room left on the disk"),
        (errno.EDQUOT, "no room left on the disk"),
        (errno.EACCES, "not permitted"),
        (errno.EROFS, "not permitted"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_the_systems_answers_in_words(tmp_path, number, words):
    with pytest.raises(HeartsayError, match=words) as caught, atomic_path(tmp_path / "out.json"):
        raise OSError(number, os.strerror(number))
    assert "nothing was written" in str(caught.value)
    assert left_behind(tmp_path) == []


def test_no_such_folder_and_a_folder_in_the_way(tmp_path):
    with (
        pytest.raises(HeartsayError, match="its folder does not exist"),
        atomic_path(tmp_path / "a" / "b") as path,
    ):
        path.write_text("x")
    with pytest.raises(HeartsayError, match="it is a folder"), atomic_path(tmp_path) as path:
        path.write_text("x")


def test_an_answer_that_is_words_without_a_number(tmp_path):
    with pytest.raises(HeartsayError, match="no room left"), atomic_path(tmp_path / "out.parquet"):
        raise OSError("Error writing bytes to file. Detail: No space left on device")


def test_what_is_no_regular_file_is_written_to_and_not_replaced(tmp_path):
    # A pipe of the test's own: a mistake here must never reach a real device.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with atomic_path(pipe) as path:
        assert path == pipe
    assert pipe.is_fifo()
    assert left_behind(tmp_path) == ["pipe"]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    with atomic_path(tmp_path / "link.json") as path:
        path.write_text("new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_writing_replaces_what_was_there_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    write_text(path, ["ein ", "grüner\n", "Satz"])
    assert path.read_bytes() == "ein grüner\nSatz".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    def breaks() -> Iterator[str]:
        yield "half"
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        write_text(path, breaks())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_text_that_is_no_unicode_is_written_anyway(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_text(path, ["half of a pair: \ud83d."])
    assert path.read_text(encoding="utf-8") == "half of a pair: ?."


def test_a_full_disk_is_found_behind_a_writers_own_error(tmp_path):
    def write():
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            raise RuntimeError("unexpected pos 704 vs 598")

    def write_words():
        raise ValueError("I/O error: No space left on device")

    def fail():
        try:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        except OSError as error:
            raise KeyError("a fault of the program, not of the disk") from error

    for writer in (write, write_words):
        with pytest.raises(HeartsayError, match="no room left"), atomic_path(tmp_path / "state.pt"):
            writer()
    with pytest.raises(KeyError), atomic_path(tmp_path / "state.pt"):
        fail()
    assert left_behind(tmp_path) == []


def test_arrays_are_written_whole_and_without_pickles(tmp_path):
    np = pytest.importorskip("numpy")
    write_arrays(tmp_path / "a.npz", {"id": np.array(["x"]), "features": np.eye(2)})
    with np.load(tmp_path / "a.npz", allow_pickle=False) as stored:
        assert set(stored.files) == {"id", "features"}
    with pytest.raises(ValueError, match="Object arrays"):
        write_arrays(tmp_path / "b.npz", {"a": np.array([object()])})
    assert left_behind(tmp_path) == ["a.npz"]


def test_several_files_take_their_places_together(tmp_path):
    (tmp_path / "old.txt").write_text("old")

    def interrupted():
        with files_into(tmp_path) as beside:
            (beside / "old.txt").write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert left_behind(tmp_path) == ["old.txt"]
    assert (tmp_path / "old.txt").read_text() == "old"
    with files_into(tmp_path) as beside:
        (beside / "old.txt").write_text("new")
        (beside / "other.txt").write_text("new")
    assert left_behind(tmp_path) == ["old.txt", "other.txt"]
    assert (tmp_path / "old.txt").read_text() == "new"


@pytest.mark.parametrize("call", [1, 2])
def test_a_folder_that_is_replaced_is_the_old_or_the_new_one_whenever_that_is_stopped(
    tmp_path, monkeypatch, call
):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).write_text("old")
    calls = itertools.count(1)

    def stopped(path, target, replace=Path.replace):
        if next(calls) == call:
            raise KeyboardInterrupt
        return replace(path, target)

    def interrupted():
        with atomic_folder(folder) as beside:
            for name in ("a", "b"):
                (beside / name).write_text("new")

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys("abc", "old")
    interrupted()
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys("ab", "new")
    assert left_behind(tmp_path) == ["folder"]


def test_what_a_kill_left_is_removed(tmp_path):
    (tmp_path / ".heartsay-0123.part").write_text("half")
    (tmp_path / ".heartsay-4567.part").mkdir()
    (tmp_path / "whole.txt").write_text("whole")
    remove_leftovers(tmp_path)
    assert left_behind(tmp_path) == ["whole.txt"]


def test_what_a_library_in_rust_was_answered_is_said(tmp_path: Path) -> None:
    said = pytest.raises(HeartsayError, match=r"a\.bin: cannot be written \(File too large\)")
    with said, in_words(tmp_path / "a.bin"):
        raise RuntimeError("Error while serializing: I/O error: File too large (os error 27)")
