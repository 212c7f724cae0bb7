"""The manifest of an exported model: what is in the folder, and the hash of each file that counts."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from heartsay.atomic import atomic_folder, write_text


def sha256(path: Path) -> str:
    """Hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, files: tuple[str, ...], **facts: Any) -> None:
    """Write ``model.json``: the facts, and the hashes of the files."""
    hashes = {name: sha256(folder / name) for name in files}
    write_text(folder / "model.json", json.dumps({**facts, "sha256": hashes}, indent=1) + "\n")


def replace_file(folder: Path, name: str, text: str) -> None:
    """Replace a file of an exported model and renew its hash, both at once."""
    manifest: dict[str, Any] = json.loads((folder / "model.json").read_text("utf-8"))
    with atomic_folder(folder) as beside:
        shutil.copytree(folder, beside, dirs_exist_ok=True)
        write_text(beside / name, text)
        manifest["sha256"][name] = sha256(beside / name)
        write_text(beside / "model.json", json.dumps(manifest, indent=1) + "\n")
