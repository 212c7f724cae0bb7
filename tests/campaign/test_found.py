"""What odd inputs once broke, each the smallest of its kind, is read or refused in one sentence."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from campaign.faults import Ended
from campaign.faults import verdict as left
from campaign.fuzz import verdict
from campaign.seeds import SEEDS
from tests.campaign.test_fuzz import skip_without


def talk(**turn: object) -> bytes:
    """A conversation of one turn, as corpora of causes are published."""
    return json.dumps({"1": [[{"turn": 1, "speaker": "A", "utterance": "Hi.", **turn}]]}).encode()


def seeded(target: str, name: str, **changes: object) -> bytes:
    """A whole example of JSON with other values."""
    return json.dumps({**json.loads(SEEDS[target]()[name]), **changes}).encode()


def archive(without: str, **others: np.ndarray) -> bytes:
    """FER+'s arrays of two faces, of which one is no array, or is another."""
    arrays = {"image": np.zeros((2, 48, 48), np.uint8), "votes": np.ones((2, 10), np.uint8)}
    arrays |= {"name": np.array(["a", "b"]), **others}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.save(data, array)
            file.writestr(f"{name}.npy", b"none" if name == without else data.getvalue())
    return written.getvalue()


EMORYNLP = b"Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode,Sr No.\n"

FOUND = (
    ("settings", "flow.yaml", b'{"base": "\\0", e}'),
    ("settings", "flow.yaml", b'{"base": "\\0.yaml"}'),
    ("settings", "flow.yaml", b'{"base": "\\ud800.yaml"}'),
    ("settings", "flow.yaml", b'{"base": "' + b"x" * 5_000 + b'.yaml"}'),
    ("settings", "flow.yaml", b'{"base": "' + b"x/" * 5_000 + b'.yaml"}'),
    ("models", "model.json", seeded("models", "model.json", sha256={"\ud800": "0"})),
    ("models", "model.json", seeded("models", "model.json", sha256={"a\0b": "0"})),
    ("models", "model.json", seeded("models", "model.json", version="\ud800")),
    ("adaptations", "adaptation.json", seeded("adaptations", "adaptation.json", guess="\ud800")),
    ("results", "progress.jsonl", b'{"settings": {"model": "x"}}\n{"analysis": {"conversation": "\x93"\n'),
    ("runs", "metrics.jsonl", b"[1]\n"),
    ("runs", "metrics.jsonl", b"\xff\n"),
    ("runs", "run.json", b'{"chosen": 3}'),
    ("runs", "run.json", b'{"chosen": {"pairs": 9}}'),
    ("adaptations", "adaptation.json", b'{"base": {"model": null}}'),
    ("adaptations", "adaptation.json", b'{"base": 1' + b"0" * 5_000 + b"}"),
    ("results", "progress.jsonl", b'{"settings": {"model": [1, null]}}\n'),
    ("results", "progress.jsonl", b'{"settings": 7}\n'),
    ("corpora", "reccon.json", talk(emotion=[1])),
    ("corpora", "mecad.json", talk(emotion={"a": 1}, utterance_name="u")),
    ("corpora", "reccon.json", talk(emotion=None)),
    ("corpora", "set_1.csv", b"video_name,label\n1," + b"1" * 4_304),
    ("corpora", "emorynlp.csv", EMORYNLP + b"Hi.,['A'],Joyful,1,1,1," + b"1" * 4_304 + b",1\n"),
    ("corpora", "faces.npz", archive("votes")),
    ("corpora", "faces.npz", archive("image")),
    ("corpora", "faces.npz", archive("", image=np.array(1))),
    ("corpora", "faces.npz", archive("", name=np.full(2, 2**31, np.uint32).view("U1"))),
    ("runs", "readings.npz", archive("", classes=np.full(2, 2**31, np.uint32).view("U1"))),
    ("stores", "store.json", b'{"store": 1, "features": 2}'),
)


@pytest.mark.parametrize(("target", "name", "data"), FOUND)
def test_what_was_found_is_mended(target: str, name: str, data: bytes, tmp_path: Path) -> None:
    skip_without(target)
    path = tmp_path / name
    path.write_bytes(data)
    assert verdict(target, path) == "refused"


@pytest.mark.parametrize(
    ("ended", "whole", "found"),
    [
        (Ended(0, ""), True, "a result"),
        (Ended(2, "No room."), False, "a sentence"),
        (Ended(0, ""), False, "LESS THAN A RESULT, IN SILENCE"),
        (Ended(1, "Traceback (most recent call last):"), False, "TRACEBACK"),
        (Ended(-signal.SIGKILL, ""), False, "ended by the system"),
    ],
)
def test_faults_are_told_apart(ended: Ended, whole: bool, found: str, tmp_path: Path) -> None:
    assert left(ended, tmp_path, 0, whole) == found
    (tmp_path / ".heartsay-x.part").touch()
    assert left(ended, tmp_path, 0, whole) == "LEFTOVERS"


@pytest.mark.skipif(os.name != "posix", reason="only Unix bounds the memory of a process")
def test_too_little_memory_is_said_before_a_library_ends_over_it(tmp_path: Path) -> None:
    import resource

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))

    command = [sys.executable, "-m", "heartsay.cli", "analyze", "-"]
    ran = subprocess.run(command, input=b"A: Hi", capture_output=True, preexec_fn=bound, cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr.decode().startswith("memory: expected 1,000 MB of address space at least, found")
    assert ran.stderr.count(b"\n") == 1


MANY = 1_000_000
"""Characters: what grows with the square of their number takes hours for so many."""

LONG = {
    "blanks.vtt": "<" + " " * MANY + ">x",
    "classes.vtt": "<c." * (MANY // 3),
    "bold.vtt": "<b " * (MANY // 3),
    "voices.vtt": "<v " * (MANY // 3),
    "blanks.srt": "<" + " " * MANY + ">x",
    "overrides.srt": "{\\" * (MANY // 2),
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.timeout(60)
def test_tags_without_an_end_are_read_in_linear_time(name: str, tmp_path: Path) -> None:
    head = "WEBVTT\n\n" if name.endswith("vtt") else "1\n"
    (tmp_path / name).write_text(f"{head}00:00:00.000 --> 00:00:02.000\n{LONG[name]}\n")
    assert verdict("conversations", tmp_path / name) in ("read", "refused")


@pytest.mark.parametrize(
    "changes",
    [{"pairs": "(1,1)," * (MANY // 6)}, {"text": "1." * (MANY // 2)}, {"text": "1.好 " * (MANY // 4)}],
)
@pytest.mark.timeout(60)
def test_pairs_and_turns_without_end_are_read_in_linear_time(changes: dict[str, str], tmp_path: Path) -> None:
    talk = {"dia_id": 1, "dia_len": 1, "text": "1.小雨：好。", "pairs": "", **changes}
    (tmp_path / "mec4.json").write_text(json.dumps([talk], ensure_ascii=False), "utf-8")
    assert verdict("conversations", tmp_path / "mec4.json") in ("read", "refused")


def test_a_table_whose_columns_have_no_names_is_none(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    path = tmp_path / "utterances.parquet"
    parquet.write_table(pa.table({"conversation": ["a"], "QQQQ": ["b"]}), path)
    data = path.read_bytes().replace(b"QQQQ", b"\xdbQQQ")
    path.write_bytes(data)
    assert verdict("results", path) == "refused"
