"""What the command line says before any Ray is started, and a driver that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.dummies.commands import run
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

ROOT = Path(__file__).resolve().parents[2]
MODEL = str(model_folder())


def table(path: Path, conversations: int = 2) -> Path:
    rows = [
        {"conversation": c.id, "speaker": u.speaker, "text": u.text}
        for c in (random_conversation(seed, 20) for seed in range(conversations))
        for u in c.utterances
    ]
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    given = [str(table(tmp_path / "t.parquet")), "--engine", "ray", "--out", str(tmp_path / "out")]
    ran = run("analyze", *given, "--model", MODEL)
    assert ran.code == 2
    assert "[scale]" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", "ray", "--format", "html"], "does not know --format"),
        (["--engine", "ray", "--no-faces", "--out", "-"], "does not know --no-faces, --out -"),
        (["--workers", "2"], "go with --engine ray"),
        (["--keep", "role"], "go with --engine ray"),
        (["--engine", "ray", "--address", "127.0.0.1:1"], "expected a Ray cluster that answers"),
        (["--engine", "ray", "--address", "nowhere"], "expected auto, HOST:PORT"),
    ],
)
def test_what_has_no_meaning_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    if "--address" in options:
        pytest.importorskip("ray", reason="the extra `scale` is not installed")
    monkeypatch.chdir(tmp_path)
    ran = run("analyze", str(table(tmp_path / "t.parquet")), "--model", MODEL, *options)
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.slow
def test_a_driver_that_is_killed_loses_nothing_finished(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `scale` is not installed")
    given = [sys.executable, "-m", "heartsay.cli", "analyze", str(table(tmp_path / "t.parquet", 1000))]
    given += ["--engine", "ray", "--workers", "1", "--model", MODEL, "--out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([*given, str(tmp_path / "whole")], env=environment, check=True)
    out = tmp_path / "out"
    driver = subprocess.Popen([*given, str(out)], env=environment)
    for _ in range(1200):
        if list(out.glob("notes/*.json")) or driver.poll() is not None:
            break
        time.sleep(0.05)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    stamps = {path.stem: path.stat().st_mtime_ns for path in out.glob("partitions/*.parquet")}
    finished = {f"part-{path.stem}" for path in out.glob("notes/*.json")}
    assert 0 < len(finished) < 20
    subprocess.run([*given, str(out), "--resume"], env=environment, check=True)
    for path in out.glob("partitions/*.parquet"):
        assert path.read_bytes() == (tmp_path / "whole/partitions" / path.name).read_bytes()
        if path.stem in finished:
            assert path.stat().st_mtime_ns == stamps[path.stem]
