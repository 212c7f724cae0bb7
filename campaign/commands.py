"""Commands that are killed or starved: what each reads, and how it is called first and to go on."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HEARTSAY = [sys.executable, "-m", "heartsay.cli"]
DEMO = Path(__file__).parents[1] / "src" / "heartsay" / "demo"

TURNS = (
    ("Ana", "I got the job!"),
    ("Ben", "No way, really?"),
    ("Ana", "Leave me alone."),
    ("Ben", "Oh, fine."),
)

TINY = """\
name: tiny
corpus: meld-voices
backbone: {name: evidence-attention, settings: {width: 8, layers: 1, heads: 2}}
objective: {name: base}
epochs: 30
batch_size: 4
learning_rate: 0.01
"""


class Command(NamedTuple):
    """One command.

    Attributes:
        name: of the command.
        prepare: writes what it reads into a folder in which it is then run; once is enough.
        arguments: for a folder of its output, and whether it goes on.
        code: with which it ends.
    """

    name: str
    prepare: Callable[[Path], None]
    arguments: Callable[[Path, bool], list[str]]
    code: int = 0


def _talks(root: Path) -> None:
    folder = root / "talks"
    if folder.exists():
        return
    folder.mkdir()
    for number in range(400):
        turns = [TURNS[(number + k) % 4] for k in range(3 + number % 9)]
        utterances = [{"speaker": who, "text": said} for who, said in turns]
        (folder / f"{number:03}.json").write_text(json.dumps({"utterances": utterances}))
    (folder / "bad.json").write_text("{")
    # Of a few weights: a run is to be killed at many places, not within the products of a model.
    from tests.dummies.model import model_folder

    shutil.copytree(model_folder(), root / "model")


def _analyze(out: Path, goes_on: bool) -> list[str]:
    command = ["analyze", "talks", "--model", "model", "--out", str(out), "--json"]
    return [*command, "--format", "json,csv,parquet,html", *(["--resume"] * goes_on)]


def _clips(root: Path) -> None:
    from tests.dummies.clip_folders import write_meld_clips
    from tests.dummies.corpora import write_corpora

    if not (root / "clips").exists():
        write_corpora(root / "data", leak=False)
        write_meld_clips(root / "clips")
    os.environ["HEARTSAY_DATA"] = str(root / "data")


def _features(out: Path, goes_on: bool) -> list[str]:
    return ["features", "clips", "--corpus", "meld", "--with", "voice47,log-mel", "--out", str(out)]


def _store(root: Path) -> None:
    from campaign.faults import run

    _clips(root)
    (root / "tiny.yaml").write_text(TINY)
    if not (root / "store").exists():
        made = run(["features", "clips", "--corpus", "meld", "--with", "voice47", "--out", "store"], root)
        if made.code:
            sys.exit(f"features does not run: {made.said}")


def _train(out: Path, goes_on: bool) -> list[str]:
    return ["train", "tiny.yaml", "--corpus", "store:store", "--out", str(out)]


def _recording(root: Path) -> None:
    if not (root / "heard.ogg").exists():
        shutil.copyfile(DEMO / "call-back.ogg", root / "heard.ogg")


def _listen(out: Path, goes_on: bool) -> list[str]:
    return ["analyze", "heard.ogg", "--out", str(out), "--json", *(["--resume"] * goes_on)]


COMMANDS: dict[str, Command] = {
    each.name: each
    for each in (
        Command("analyze", _talks, _analyze, code=1),  # one of its inputs is damaged
        Command("features", _clips, _features),
        Command("train", _store, _train),
        Command("recordings", _recording, _listen),
    )
}
"""By name."""
