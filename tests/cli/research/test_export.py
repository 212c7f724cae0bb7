"""`heartsay calibrate` and `heartsay export`: from a run to a model's folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from tests.dummies.commands import Ran, contents, one_sentence, run
from tests.dummies.corpora import DIALOGUES, ECF_OF_ONE, MELD_OF_ONE
from tests.dummies.model import build_calibration

from heartsay.experiments.release.manifest import replace_file
from heartsay.runtime import Bundle

pytestmark = pytest.mark.timeout(600)


def test_a_run_is_calibrated_from_what_it_kept(trained: tuple[Ran, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(trained[1], tmp_path / "run")
    ran = run("calibrate", folder, "--json")  # needs no corpora
    assert (ran.code, ran.err) == (0, "")
    said = ran.said()
    assert said["written"] == str(folder / "calibration.json")
    assert said["calibration_conversations"] == DIALOGUES["dev"]
    assert 0 < said["set_threshold_90"] < 1
    written = json.loads((folder / "calibration.json").read_text("utf-8"))
    (alone,) = written["emotions"]  # the run kept the full reading alone
    assert said["temperature"] == alone["mixture"]["temperature"]
    assert said["abstain_below"] == alone["abstention"]["threshold"]
    assert said["felt_from"] == alone.get("felt_threshold")
    assert said["pair_threshold"] == written["pair_threshold"]
    assert "set threshold 90" in run("calibrate", folder).out


def test_sets_that_hold_every_emotion_have_no_threshold(changed: tuple[Path, Path]) -> None:
    model, data = changed
    for file in ("meld/dev_sent_emo.csv", "ecf/dev.txt"):
        shutil.copy(data / file.replace("dev", "test"), data / file)
    (data / "meld/test_sent_emo.csv").write_text(MELD_OF_ONE, "utf-8")
    (data / "ecf/test.txt").write_text(ECF_OF_ONE, "utf-8")
    ran = run("calibrate", model, "--json", data=data)
    assert ran.code == 0
    said = ran.said()
    assert said["calibration_conversations"] == DIALOGUES["test"]
    assert said["set_threshold_90"] is None
    assert "every emotion" in run("calibrate", model, data=data).out


def test_the_exported_folder_holds_what_its_manifest_says(exported: Path, trained: tuple[Ran, Path]) -> None:
    manifest = json.loads((exported / "model.json").read_text("utf-8"))
    assert set(contents(exported)) == {"model.json", *manifest["sha256"]}
    assert manifest["name"] == "tiny"
    assert Bundle.load(exported).card is None


def test_a_new_calibration_renews_the_hash(exported: Path, data: Path, tmp_path: Path) -> None:
    model = shutil.copytree(exported, tmp_path / "model")
    replace_file(model, "calibration.json", json.dumps(build_calibration().to_dict()))
    wrong = Bundle.load(model)

    ran = run("calibrate", model, "--json", data=data)

    assert (ran.code, ran.err) == (0, "")
    assert ran.said()["written"] == str(model / "calibration.json")
    stated = json.loads((model / "model.json").read_text("utf-8"))["sha256"]["calibration.json"]
    assert hashlib.sha256((model / "calibration.json").read_bytes()).hexdigest() == stated
    right = Bundle.load(model)
    assert right.fingerprint != wrong.fingerprint
    # It was calibrated when it was exported, on the same data.
    assert contents(model) == contents(exported)


def test_an_export_replaces_models_and_nothing_else(
    trained: tuple[Ran, Path], exported: Path, data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(exported, other)
    (other / "model.onnx").write_bytes(b"an older model")
    assert run("export", trained[1], "--out", other, data=data).code == 0
    assert contents(other).keys() == contents(exported).keys()
    Bundle.load(other)

    mine = tmp_path / "mine"
    mine.mkdir()
    assert run("export", trained[1], "--out", mine, data=data).code == 0

    (tmp_path / "thesis.txt").write_text("years of work")
    for folder in (tmp_path, trained[1]):
        before = contents(folder)
        ran = run("export", trained[1], "--out", folder, "--json", data=data)
        assert ran.code == 2
        assert one_sentence(ran)
        assert str(folder) in ran.said()["error"]
        assert contents(folder) == before


def test_an_export_without_a_place_lies_in_its_run(
    trained: tuple[Ran, Path], exported: Path, data: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(trained[1], tmp_path / "run")
    ran = run("export", folder, "--precision", "float", data=data)
    assert ran.code == 0
    assert f"Written: {folder / 'exported'}" in ran.out
    # The first export stored the weights as 8-bit integers.
    assert (folder / "exported/fusion.onnx").read_bytes() != (exported / "fusion.onnx").read_bytes()
