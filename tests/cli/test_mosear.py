"""A quick look at MoSE and AR by the command alone, from corpora in their published files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.dummies.clips import write_crema_d, write_ferplus
from typer.testing import CliRunner

from heartsay.cli.app import app
from heartsay.experiments.mosear.plan import HEADLINE, MATCHED, QUICK


def test_a_quick_look_from_the_data_to_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_crema_d(tmp_path)
    write_ferplus(tmp_path)
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path))
    words = ["reproduce", "mosear", "--quick", "--workers", "1", "--json"]
    places = {"work": "runs", "results": "results", "cache": "cache"}
    folders = [part for name, at in places.items() for part in (f"--{name}", str(tmp_path / at))]
    first = CliRunner().invoke(app, [*words, *folders], catch_exceptions=False)
    assert first.exit_code == 0, first.output
    content = json.loads(first.stdout)
    assert (content["done"], content["runs"], content["failed"]) == (12, 12, {})
    assert {row["method"] for row in content["rows"]} == set(QUICK)
    assert {row["corpus"] for row in content["rows"]} == {MATCHED}
    assert all(row["face_aligned_count"] and row["voice_aligned_count"] for row in content["rows"])
    assert set(content["vectors"]) == {MATCHED}
    elsewhere = [c for c in content["comparisons"] if c["role"] == "headline elsewhere"]
    assert {c["first"] for c in elsewhere} == {HEADLINE}
    # Again nothing is done, and nothing changes.
    again = CliRunner().invoke(app, [*words, *folders], catch_exceptions=False)
    assert json.loads(again.stdout) == content
