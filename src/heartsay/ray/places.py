"""Where inputs lie and outputs go: folders of this machine, and object stores, by pyarrow's file systems."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from heartsay.errors import HeartsayError, InputError


@dataclass(frozen=True)
class Place:
    """A file or a folder, named by a path or an address such as `s3://bucket/folder`.

    It holds names alone, so that it can be sent to another machine.
    """

    name: str

    @property
    def local(self) -> Path | None:
        """The path on this machine; None for an object store."""
        filesystem, path = opened(self.name)
        return Path(path) if filesystem.type_name == "local" else None

    def __truediv__(self, part: str) -> Place:
        base, mark, query = self.name.partition("?") if "://" in self.name else (self.name, "", "")
        return Place(f"{base.rstrip('/')}/{part}{mark}{query}")

    def __str__(self) -> str:
        return self.name


@cache
def opened(name: str) -> tuple[Any, str]:
    """The file system of a place, and its path there.

    Raises:
        InputError: an address of a kind that pyarrow does not know.
    """
    from pyarrow import ArrowException, fs

    if "://" not in name:
        return fs.LocalFileSystem(), os.path.abspath(name)  # noqa: PTH100 - links keep their names
    try:
        filesystem, path = fs.FileSystem.from_uri(name)
    except (ArrowException, OSError, ValueError) as error:
        raise InputError(
            expected="a path, or an address such as s3://, gs://, abfs:// or file://",
            found=_said(error),
            where=name,
            do="check the address, and whether this installation of pyarrow has such a file system",
        ) from error
    return filesystem, path


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


@contextmanager
def in_words(place: Place | str) -> Iterator[None]:
    """Say what a file system answers in a sentence about the place.

    Raises:
        HeartsayError: no permission, no room, nothing there, or any other answer.
    """
    try:
        yield
    except HeartsayError:
        raise
    except OSError as error:  # pyarrow's are these too, most with the number in their text only
        text = _said(error).lower()
        if error.errno in (errno.EACCES, errno.EPERM) or any(
            word in text
            for word in ("access_denied", "access denied", "invalid_access", "forbidden", "permission", "403")
        ):
            raise HeartsayError(
                f"{place}: no permission ({_said(error)}); give the workers' account the right to list, read"
                " and write there, or name another place."
            ) from error
        if "no_such_bucket" in text:
            raise HeartsayError(f"{place}: there is no such bucket; make it or check the address.") from error
        if error.errno == errno.ENOSPC or "no space left" in text:
            raise HeartsayError(f"{place}: no room left; make room or name another place.") from error
        raise HeartsayError(f"{place}: {_said(error)}.") from error


def read_bytes(place: Place) -> bytes | None:
    """What a file holds; None where there is none.

    Raises:
        HeartsayError: as `in_words`.
    """
    filesystem, path = opened(place.name)
    with in_words(place):
        try:
            with filesystem.open_input_file(path) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return None


def write_bytes(place: Place, content: bytes) -> None:
    """Write a file whole or not at all: under another name first.

    Raises:
        HeartsayError: as `in_words`.
    """
    with _whole(place) as (filesystem, temporary), filesystem.open_output_stream(temporary) as file:
        file.write(content)


def put_file(local: Path, place: Place) -> None:
    """Copy a file of this machine to a place, whole or not at all.

    Raises:
        HeartsayError: as `in_words`.
    """
    from pyarrow import fs

    with _whole(place) as (filesystem, temporary):
        fs.copy_files(str(local), temporary, fs.LocalFileSystem(), filesystem)


@contextmanager
def _whole(place: Place) -> Iterator[tuple[Any, str]]:
    """A file system and a name beside a place, which what was written there gets in the end."""
    filesystem, path = opened(place.name)
    with in_words(place):
        filesystem.create_dir(os.path.dirname(path), recursive=True)  # noqa: PTH120
        temporary = temporary_name(path)
        try:
            yield filesystem, temporary
            filesystem.move(temporary, path)
        except BaseException:
            _forget(filesystem, temporary)
            raise


def temporary_name(path: str) -> str:
    """A name beside a path for what is not whole yet, as `atomic.TEMPORARY`."""
    folder, _, _ = path.rpartition("/")
    return f"{folder}/.heartsay-{secrets.token_hex(6)}.part"


def _forget(filesystem: Any, path: str) -> None:
    with suppress(OSError):  # it was never made, or what went wrong is said already
        filesystem.delete_file(path)


def listed(place: Place) -> dict[str, int]:
    """The files of a folder, those of folders within it included: their paths below it, and bytes.

    Raises:
        HeartsayError: as `in_words`.
    """
    from pyarrow import fs

    filesystem, path = opened(place.name)
    with in_words(place):
        found = filesystem.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
        # Path and root may differ in a slash at the beginning.
        root = len(path.strip("/")) + 1
        return {
            info.path.strip("/")[root:]: info.size or 0 for info in found if info.type == fs.FileType.File
        }


def remove_file(place: Place) -> None:
    """Remove a file that is there.

    Raises:
        HeartsayError: as `in_words`.
    """
    filesystem, path = opened(place.name)
    with in_words(place):
        filesystem.delete_file(path)


def remove_folder(place: Place) -> None:
    """Remove a folder with all in it; one that is not there is none.

    Raises:
        HeartsayError: as `in_words`.
    """
    filesystem, path = opened(place.name)
    with in_words(place):
        filesystem.delete_dir_contents(path, missing_dir_ok=True)
        with suppress(FileNotFoundError):
            filesystem.delete_dir(path)
