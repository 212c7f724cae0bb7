"""A file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from heartsay.errors import HeartsayError


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
        with _in_words(path):
            yield target
        return
    temporary = target.parent / f".heartsay-{secrets.token_hex(6)}.part"
    try:
        with _in_words(path):
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


@contextmanager
def _in_words(path: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HeartsayError(_sentence(path, error)) from error


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
