"""What the page on features shows works as printed, on a small MELD and on clips of one's own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.dummies.clip_folders import write_meld_clips
from tests.dummies.commands import run
from tests.dummies.corpora import write_corpora, write_encoder
from tests.dummies.recordings import record, tone

from heartsay.evidence.store import Problem, read_store
from heartsay.extraction import FEATURES, choose

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "features.md").read_text("utf-8")


def printed(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands() -> dict[str, list[str]]:
    """The arguments of every `heartsay features` of the page, by all of it."""
    lines = [line for block in printed("sh") for line in block.splitlines()]
    shown = [line for line in lines if line.startswith("heartsay features")]
    return {line: shlex.split(line)[1:] for line in shown}


def test_the_commands_and_the_python_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_corpora(tmp_path / "data")
    write_meld_clips(tmp_path / "MELD.Raw")
    encoder = write_encoder(tmp_path / "tiny")
    (tmp_path / "clips").mkdir()
    for name in ("x1", "x2"):
        record(tmp_path / "clips" / f"{name}.wav", tone(0.5))
    (tmp_path / "talk.csv").write_text(printed("csv")[0], "utf-8")
    whole, own, check = commands().values()
    ran = run(*[word.replace("text:minilm", f"text:{encoder}") for word in whole], data=tmp_path / "data")
    assert ran.code == 0, ran.err
    ran = run(*check)
    assert (ran.code, ran.out) == (0, "store: as it was written\n")
    (block,) = printed("python")
    exec(compile(block, "features.md", "exec"), {})
    assert "('train_dia0_utt0', 'train_dia0_utt1'" in capsys.readouterr().out
    ran = run(*[word.replace("store", "own") for word in own])
    assert ran.code == 0, ran.err
    rows = read_store("own").index()
    assert [(r["utterance"], r["speaker"], r["emotion"]) for r in rows] == [
        ("x1", "Ana", "neutral"),
        ("x2", "Ben", "anger"),
    ]


def test_the_page_lists_every_feature_with_its_width() -> None:
    stated = dict(re.findall(r"^\| `([a-z0-9-]+)` \|[^|]*\| ([\d,]+)", PAGE, re.MULTILINE))
    assert stated.keys() == FEATURES.keys()
    for name in ("voice47", "functionals", "log-mel"):
        assert choose([name]).features[0].width == int(stated[name])
    pytest.importorskip("opensmile", reason="the extra acoustics is not installed")
    assert [f.width for f in choose(["egemaps", "compare"]).features] == [88, 6373]


def test_the_page_lists_every_kind_of_problem() -> None:
    said = set(re.findall(r"^\| ([a-z, ]+) \|", PAGE.partition("## What is amiss")[2], re.MULTILINE)) - {
        "kind",
        "file",
    }
    source = Path(__file__).resolve().parents[1] / "src" / "heartsay" / "extraction"
    kinds = {
        kind
        for path in (source / "clip.py", source / "run.py")
        for kind in re.findall(r'(?:Problem\(|\(\(?)"([a-z]+)", ', path.read_text("utf-8"))
    }
    assert {kind for row in said for kind in row.split(", ")} == kinds
    assert Problem("missing", None, None, "").kind in kinds
