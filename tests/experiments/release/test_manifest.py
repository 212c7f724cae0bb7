from __future__ import annotations

import hashlib
import json
from pathlib import Path

from heartsay.experiments.release.manifest import replace_file, sha256, write_manifest


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_manifest_holds_the_facts_and_the_hash_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("a")
    (tmp_path / "b.onnx").write_text("b")
    write_manifest(tmp_path, ("a.json", "b.onnx"), format=1, name="tiny")
    assert json.loads((tmp_path / "model.json").read_text()) == {
        "format": 1,
        "name": "tiny",
        "sha256": {"a.json": digest("a"), "b.onnx": digest("b")},
    }
    assert sha256(tmp_path / "a.json") == digest("a")


def test_a_replaced_file_has_its_hash_renewed_and_the_others_keep_theirs(tmp_path: Path) -> None:
    for name in ("a.json", "b.onnx"):
        (tmp_path / name).write_text(name)
    write_manifest(tmp_path, ("a.json", "b.onnx"), name="tiny")
    replace_file(tmp_path, "a.json", "ä")
    assert (tmp_path / "a.json").read_text("utf-8") == "ä"
    manifest = json.loads((tmp_path / "model.json").read_text())
    assert manifest == {"name": "tiny", "sha256": {"a.json": digest("ä"), "b.onnx": digest("b.onnx")}}
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "b.onnx", "model.json"}
