"""A file, or a folder, whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from heartsay.errors import DAMAGE, HeartsayError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEMPORARY = ".heartsay-*.part"
"""Name of a file that is not whole yet."""


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path to write to, beside `path`; on success it takes the place of `path`.

    On any error, Ctrl-C included, it is removed and `path` is as it was before. What is not a regular file
    (`/dev/null`, a pipe) is handed out itself, and a link is followed.

    Raises:
        HeartsayError: no room, no permission, no such folder, or any other answer of the system, in words.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise HeartsayError(f"{path}: cannot be written, because it is a folder; name a file.")
    if target.exists() and not target.is_file():
        with in_words(path):
            yield target
        return
    temporary = target.parent / TEMPORARY.replace("*", secrets.token_hex(6))
    try:
        with in_words(path):
            yield temporary
            temporary.replace(target)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str | Iterable[str]) -> None:
    """Write text, whole or in pieces, as UTF-8 with plain line ends.

    Half of a surrogate pair, which UTF-8 cannot hold, becomes a question mark.

    Raises:
        HeartsayError: as `atomic_path`.
    """
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="replace", newline="\n") as file,
    ):
        file.writelines([text] if isinstance(text, str) else text)


def write_arrays(path: str | Path, arrays: Mapping[str, NDArray[Any]], *, compress: bool = True) -> None:
    """Write arrays by name as a NumPy archive, without pickles.

    Raises:
        HeartsayError: as `atomic_path`.
    """
    import numpy as np

    with atomic_path(path) as temporary, temporary.open("wb") as file:
        (np.savez_compressed if compress else np.savez)(file, allow_pickle=False, **arrays)


def read_arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    """The arrays of a NumPy archive by name; nothing in it is run.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it is no archive of arrays, or damaged.
    """
    import zlib
    from tokenize import TokenError
    from zipfile import BadZipFile

    import numpy as np

    damage: tuple[type[Exception], ...] = (*DAMAGE, BadZipFile, zlib.error, TokenError, SyntaxError)
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
            if foreign := [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]:
                raise ValueError(f"{foreign[0]} is no array")
            if spoilt := [name for name, array in arrays.items() if not _is_text(array)]:
                raise ValueError(f"{spoilt[0]} holds what is no character")
            return arrays
    except FileNotFoundError:
        raise
    except damage as error:
        first = (str(error).splitlines() or [""])[0]
        raise ValueError(f"no whole archive of arrays: {first[:120]}") from error


def read_json(path: str | Path) -> Any:
    """The JSON of a file, whose texts can all be written again.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it is no JSON, or a text holds half a character.
        RecursionError: it is nested too deeply.
    """
    text = Path(path).read_text("utf-8")
    value = json.loads(text)
    if "\\u" in text:  # halves of characters can only be spelt so
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _is_text(array: NDArray[Any]) -> bool:
    """Whether an array holds characters alone, if it is one of texts."""
    import numpy as np

    if array.dtype.kind != "U" or not array.dtype.itemsize:
        return True
    points = np.ascontiguousarray(array).reshape(-1).view(np.uint32)
    points = points if array.dtype.isnative else points.byteswap()
    return not points.size or int(points.max()) <= sys.maxunicode


def remove_leftovers(folder: Path) -> None:
    """Remove what a kill left half-written in a folder to which nobody else writes."""
    for path in folder.glob(TEMPORARY):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def lock(file: IO[bytes], folder: Path) -> None:
    """Hold an open file of a folder, so that no second run writes there, until it is closed.

    Raises:
        HeartsayError: another run holds it.
    """
    try:
        import fcntl
    except ImportError:  # not on this system; then nothing warns of two runs at once
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HeartsayError(
            f"another run is writing into {folder}; wait for it, or name another folder with --out."
        ) from None


@contextmanager
def atomic_folder(folder: str | Path) -> Iterator[Path]:
    """An empty folder to fill, beside `folder`; on success it takes the place of `folder` and all within.

    On any error, Ctrl-C included, it is removed and `folder` is as it was before. A link is followed. Of what
    is killed no folder is left in part; killed between the two renames that this takes, both are whole in a
    folder `.heartsay-*.part` beside, and none is in place.

    Raises:
        HeartsayError: as `atomic_path`.
    """
    target = Path(os.path.realpath(folder))
    prefix, suffix = TEMPORARY.split("*")
    with in_words(folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=prefix, suffix=suffix, dir=target.parent) as scratch:
            beside, before = Path(scratch) / "new", Path(scratch) / "before"
            beside.mkdir()
            yield beside
            try:
                if target.exists():
                    target.replace(before)
                beside.replace(target)
            except BaseException:
                if before.exists():
                    before.replace(target)
                raise


@contextmanager
def files_into(folder: Path) -> Iterator[Path]:
    """A temporary folder to write several files to; on success they take their places in `folder`.

    One after the other they do: a kill meanwhile leaves some new beside some old. Files that hold only
    together need `atomic_folder`.

    Raises:
        HeartsayError: as `atomic_path`.
    """
    prefix, suffix = TEMPORARY.split("*")
    with (
        in_words(folder),
        tempfile.TemporaryDirectory(prefix=prefix, suffix=suffix, dir=folder) as temporary,
    ):
        yield Path(temporary)
        for path in Path(temporary).iterdir():
            path.replace(folder / path.name)


@contextmanager
def in_words(path: str | Path) -> Iterator[None]:
    """Say a refusal of the system, such as a full disk, in a sentence about the file that was to be written.

    Raises:
        HeartsayError: no room, no permission, no such folder, or any other answer of the system.
    """
    try:
        yield
    except HeartsayError:
        raise
    except Exception as error:
        reason = _answer_of_the_system(error)
        if reason is None:
            raise
        raise HeartsayError(_sentence(path, reason)) from error


_NUMBER = re.compile(r"\(os error (\d{1,3})\)")
"""How libraries written in Rust say what the system answered."""


def _answer_of_the_system(error: BaseException | None) -> OSError | None:
    """The system's answer behind an error: torch's and safetensors' writers hide a full disk in their own."""
    if isinstance(error, OSError):
        return error
    while error is not None:
        if getattr(error, "errno", None) == errno.ENOSPC or "no space left" in str(error).lower():
            return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if (number := _NUMBER.search(str(error))) is not None:
            return OSError(int(number[1]), os.strerror(int(number[1])))
        error = error.__cause__ or error.__context__
    return None


def _sentence(path: str | Path, error: OSError) -> str:
    # pyarrow's errors carry the number in their text only.
    reason = str(error).lower()
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "no space left" in reason or "quota exceeded" in reason:
        return f"{path}: no room left on the disk, nothing was written; make room or name another folder."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) or "permission denied" in reason:
        return f"{path}: writing there is not permitted, nothing was written; name another folder."
    if error.errno in (errno.ENOENT, errno.ENOTDIR) and not Path(path).parent.is_dir():
        return f"{path}: its folder does not exist, nothing was written; create the folder first."
    return f"{path}: cannot be written ({error.strerror or error}); nothing was written."
