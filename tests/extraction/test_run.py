"""Clips to a store: what is amiss is listed, a kill changes nothing, damage is found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.dummies.clip_folders import FOLDERS, write_meld_clips
from tests.dummies.commands import ROOT, contents, one_sentence, run
from tests.dummies.corpora import write_corpora, write_encoder
from tests.dummies.recordings import record, tone

from heartsay.atomic import lock
from heartsay.evidence.store import read_store
from heartsay.extraction import run as extraction
from heartsay.media import VOICE47_RATE, read_audio, resampled, voice47

SLOWLY = """
import sys, time
from heartsay.extraction import run
from heartsay import cli
describe = run.describe
def slow(*a):
    time.sleep(0.05)
    return describe(*a)
run.describe, run.PART = slow, 7
cli.main()
"""


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small MELD with its tables under `data` and its clips under `clips`, four of them amiss."""
    folder = tmp_path_factory.mktemp("meld")
    write_corpora(folder / "data", leak=False)
    write_meld_clips(folder / "clips")
    train = folder / "clips" / FOLDERS["train"]
    (train / "dia0_utt0.wav").unlink()
    (train / "dia0_utt1.wav").write_bytes(b"RIFF no sound here")
    record(train / "dia0_utt2.wav", np.zeros(4800))
    whole = record(train / "dia1_utt0.wav", tone(2.0)).read_bytes()
    (train / "dia1_utt0.wav").write_bytes(whole[: len(whole) // 2])
    record(train / "dia77_utt0.wav", tone(0.3))
    return folder


def features(raw: Path, out: Path, *options: str | Path) -> Any:
    arguments = ("--corpus", "meld", "--out", out, *options)
    return run("features", raw / "clips", *arguments, data=raw / "data")


def test_clips_that_are_amiss_are_listed_and_absent(raw: Path, tmp_path: Path) -> None:
    ran = features(raw, tmp_path / "store", "--with", "voice47,log-mel", "--json")
    assert (ran.code, ran.err) == (0, "")
    said = ran.said()
    assert said["problems"] == {"missing": 2, "undecodable": 1, "silent": 1, "damaged": 1, "strange": 1}
    store = read_store(tmp_path / "store")
    kinds = {p.kind: (p.utterance, p.path) for p in reversed(store.problems)}
    assert kinds["missing"] == ("train_dia0_utt0", None)
    assert kinds["undecodable"] == ("train_dia0_utt1", "train_splits/dia0_utt1.wav")
    assert kinds["strange"] == (None, "train_splits/dia77_utt0.wav")
    index = {(row["utterance"], row["feature"]): row for row in store.index()}
    assert [index[f"train_dia0_utt{k}", "voice47"]["rows"] for k in range(3)] == [0, 0, 0]
    assert index["train_dia1_utt0", "voice47"]["rows"] == 1  # what was decoded is used
    first = index["dev_dia0_utt0", "voice47"]
    assert (first["sample_rate"], first["seconds"], first["speaker"]) == (16_000, 0.3, "Ada")
    assert index["dev_dia0_utt0", "log-mel"]["rows"] == 1 + (4800 - 400) // 160
    samples, rate = read_audio(raw / "clips" / FOLDERS["dev"] / "dia0_utt0.wav")
    expected = voice47(resampled(samples, rate, VOICE47_RATE))
    np.testing.assert_array_equal(store.rows("dev", "voice47")[0][0], expected)
    told = features(raw, tmp_path / "store", "--with", "voice47,log-mel")
    assert "train_dia0_utt0: no file is named like this utterance" in told.out
    assert "Complete already" in told.out


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    assert features(raw, whole, "--with", "voice47,functionals").code == 0
    killed = tmp_path / "killed"
    options = [
        "features",
        raw / "clips",
        "--corpus",
        "meld",
        "--out",
        killed,
        "--with",
        "voice47,functionals",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "HEARTSAY_DATA": str(raw / "data")}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, *map(str, options)], env=environment, stderr=subprocess.PIPE
    )
    while not list(killed.glob("parts/train-7.safetensors")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extraction, "PART", 7)
        read: list[Path | None] = []
        describe = extraction.describe
        patch.setattr(extraction, "describe", lambda p, e: (read.append(p), describe(p, e))[1])
        assert features(raw, killed, "--with", "voice47,functionals").code == 0
    assert raw / "clips" / FOLDERS["train"] / "dia1_utt0.wav" not in read  # of the first part
    assert len(read) > 20
    assert contents(killed) == contents(whole)


def test_a_store_is_not_mixed_with_another(raw: Path, tmp_path: Path) -> None:
    assert features(raw, tmp_path / "store").code == 0
    before = contents(tmp_path / "store")
    ran = features(raw, tmp_path / "store", "--with", "log-mel")
    assert (ran.code, one_sentence(ran)) == (2, True)
    assert "other features" in ran.err
    assert contents(tmp_path / "store") == before


def test_a_check_finds_changed_numbers_and_changed_clips(raw: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert features(raw, store).code == 0
    assert features(raw, store, "--check").code == 0
    path = store / "dev" / "voice47.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    clip = raw / "clips" / FOLDERS["test"] / "dia0_utt0.wav"
    was = clip.read_bytes()
    clip.write_bytes(was + b"x")
    try:
        ran = features(raw, store, "--check", "--json")
    finally:
        clip.write_bytes(was)
    assert ran.code == 1
    found = {d["where"]: d["what"] for d in ran.said()["differences"]}
    assert found["test".join(("output_repeated_splits_", "/dia0_utt0.wav"))] == "the clip has changed"
    assert "not the rows that were written" in found["dev/voice47"]


def test_a_backbone_trains_on_words_and_voices_of_a_store(raw: Path, tmp_path: Path) -> None:
    encoder = write_encoder(tmp_path / "tiny")
    store = tmp_path / "store"
    ran = features(raw, store, "--with", f"voice47,text:{encoder}", "--json")
    assert (ran.code, ran.err) == (0, "")
    text = read_store(store).features["text-tiny"]
    assert (text.width, text.version[:7]) == (16, "sha256:")
    settings = tmp_path / "tiny.yaml"
    settings.write_text(
        "name: tiny\ncorpus: meld-text\nbackbone: {name: evidence-attention, settings: {width: 8, layers: 1,"
        " heads: 2}}\nobjective: {name: cmerc}\nepochs: 1\nlearning_rate: 0.01\n"
    )
    ran = run("train", settings, "--corpus", f"store:{store}", "--out", tmp_path / "run", "--json")
    assert (ran.code, ran.err) == (0, "")
    said = ran.said()
    assert (said["corpus"], said["composed"], said["published"]) == ("store-meld", False, {})
    assert 0 <= said["best"]["test_weighted_f1"] <= 100
    facts = json.loads((tmp_path / "run" / "run.json").read_text())["data"]["facts"]
    assert facts["text"] == f"text-tiny: {text.encoder} {text.version}"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--with", "voice48"), "features out of voice47"),
        (("--with", ""), "found none"),
        (("--with", "voice47,voice47"), "voice47 twice"),
        (("--with", "text:no-such-folder"), "nothing is fetched"),
        (("--corpus", "mosei"), "a corpus of clips out of meld"),
        (("--transcript", "talk.csv"), "none, since MELD has its own"),
        (("--check",), "the manifest of a store"),
    ],
)
def test_what_cannot_be_made_gets_one_sentence(
    raw: Path, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    ran = features(raw, tmp_path / "store", *options)
    assert (ran.code, one_sentence(ran)) == (2, True)
    assert sentence in ran.err
    assert not (tmp_path / "store").exists()


def test_two_runs_do_not_write_one_store(raw: Path, tmp_path: Path) -> None:
    parts = tmp_path / "store" / "parts"
    parts.mkdir(parents=True)
    with (parts / "lock").open("wb") as held:
        lock(held, parts)
        ran = features(raw, tmp_path / "store")
    assert (ran.code, one_sentence(ran)) == (2, True)
    assert "another run is writing" in ran.err
    assert features(raw, tmp_path / "store").code == 0


def test_words_are_needed_for_text_alone(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    record(tmp_path / "clips" / "a.wav", tone(0.5))
    encoder = write_encoder(tmp_path / "tiny")
    ran = run("features", tmp_path / "clips", "--with", f"text:{encoder}", "--out", tmp_path / "store")
    assert (ran.code, one_sentence(ran)) == (2, True)
    assert "no utterance has words" in ran.err
    assert not (tmp_path / "store").exists()
