from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.runs import all_voices, face_training, faces, voice_training, voices

from heartsay.errors import InputError, ModelError
from heartsay.experiments.experts import release
from heartsay.experiments.experts.release import Judged, export_expert, judge_faces
from heartsay.experiments.release.manifest import sha256
from heartsay.media import log_mel, narrow_band
from heartsay.media.conditions import telephone
from heartsay.models.face_expert import FaceExpert
from heartsay.models.face_network import embed_faces
from heartsay.models.voice_network import VoiceNetwork
from heartsay.runtime.experts import GRAPH, HEADS, NARROW, Expert
from heartsay.runtime.graph import Graph
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import load_weights
from heartsay.training.tasks.face_network import train_face
from heartsay.training.tasks.voice_network import read_voices, train_voice_network

RATE = 16_000
WEIGHTS = np.full((narrow_band.INPUTS, narrow_band.OUTPUTS), 0.01, np.float32)


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, Path]:
    """A small voice expert, calibrated on dummy voices in place of CREMA-D's."""
    root = tmp_path_factory.mktemp("voice")
    run = train_voice_network(all_voices(), root / "run", voice_training(), facts={"fold": 0})

    def judged(graph: Graph, *of: object) -> Judged:
        part = voices(40, 5, "d")
        said = [
            graph.run({"frames": f[None].astype(np.float32), "real": np.ones((1, len(f)), bool)})
            for f in part.frames
        ]
        logits = {head: np.concatenate([s[head] for s in said]).astype(float) for head in HEADS["voice"]}
        votes = {"heard": (part.heard * 25).round().astype(int), "acted": np.eye(6, dtype=int)[part.acted]}
        return Judged(logits, votes, np.array(part.name))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "judge", judged)
        patch.setattr(release, "fit_narrow_band", lambda *of: WEIGHTS)
        export_expert(run, root / "exported", root)
        release.refit_expert(root / "exported", root / "refitted", root)
    return run, root / "exported"


def buzz(seconds: float, level: float = 0.3) -> np.ndarray:
    return level * np.sign(np.sin(2 * np.pi * 150 * np.arange(int(seconds * RATE)) / RATE))


def test_the_export_reads_as_the_run_does(voice: tuple[RunFolder, Path]) -> None:
    run, folder = voice
    network = VoiceNetwork((4, 6, 8))
    load_weights(network, run.weights)
    expert = Expert.load(folder)
    frames = log_mel(buzz(1.0))
    found = expert.logits({"frames": frames[None], "real": np.ones((1, len(frames)), bool)})
    for head, expected in zip(("heard", "acted"), read_voices(network, [frames]), strict=True):
        assert found[head] == pytest.approx(expected, abs=1e-4)
        assert expert.calibration[head].apply(found[head])[0] == pytest.approx(
            expert.read_voice(buzz(1.0), RATE).probabilities[head]
        )


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(RATE), "silence"),
        (buzz(1.0, 1e-5), "silence"),
        (buzz(0.05), "50 ms of sound; 400 are needed"),
        (np.zeros(0), "0 ms"),
    ],
)
def test_silence_and_fifty_milliseconds_get_no_reading(
    voice: tuple[RunFolder, Path], samples: np.ndarray, reason: str
) -> None:
    reading = Expert.load(voice[1]).read_voice(samples, RATE)
    assert reading.abstained is not None
    assert reason in reading.abstained
    assert (reading.probabilities, reading.accepted) == ({}, {})


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_other_rates_are_resampled_and_level_does_not_count(voice: tuple[RunFolder, Path], rate: int) -> None:
    expert = Expert.load(voice[1])
    time = np.arange(rate) / rate
    tone = sum(np.sin(2 * np.pi * f * time) for f in (300, 800, 1900)) / 4
    reading = expert.read_voice(tone, rate)
    assert reading.abstained is None
    assert set(reading.probabilities) == set(reading.accepted) == {"heard", "acted"}
    for head in ("heard", "acted"):
        softer = expert.read_voice(tone / 10, rate).probabilities[head]
        assert reading.probabilities[head].sum() == pytest.approx(1)
        assert softer == pytest.approx(reading.probabilities[head], abs=0.02)


def test_a_network_that_is_kept_is_fitted_to_the_same_again(voice: tuple[RunFolder, Path]) -> None:
    exported, refitted = voice[1], voice[1].with_name("refitted")
    assert sorted(p.name for p in refitted.iterdir()) == sorted(p.name for p in exported.iterdir())
    assert all((refitted / p.name).read_bytes() == p.read_bytes() for p in exported.iterdir())


def test_a_network_that_was_changed_is_not_fitted_to(voice: tuple[RunFolder, Path], tmp_path: Path) -> None:
    folder = tmp_path / "expert"
    shutil.copytree(voice[1], folder)
    with (folder / GRAPH).open("ab") as file:
        file.write(b"more")
    with pytest.raises(ModelError, match=GRAPH):
        release.refit_expert(folder, tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_what_a_narrow_line_cut_off_is_filled_in_and_said(voice: tuple[RunFolder, Path]) -> None:
    expert = Expert.load(voice[1])
    narrow = telephone(buzz(1.0).astype(np.float32), RATE)
    reading = expert.read_voice(narrow, RATE)
    assert reading.note == (
        "it came over a narrow line: what that cut off, above 3,400 Hz and below 300 Hz, is filled in as it"
        " usually goes"
    )
    frames = log_mel(narrow)
    frames = narrow_band.completed(frames, WEIGHTS, narrow_band.lacking(frames))
    logits = expert.logits({"frames": frames[None], "real": np.ones((1, len(frames)), bool)})["heard"]
    assert reading.probabilities["heard"] == pytest.approx(expert.calibration["heard"].apply(logits)[0])
    assert expert.read_voice(buzz(1.0), RATE).note is None


def test_an_expert_without_the_map_reads_narrow_voices_as_they_are(
    voice: tuple[RunFolder, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "older"
    shutil.copytree(voice[1], folder)
    (folder / NARROW).unlink()
    stated = json.loads((folder / "model.json").read_text("utf-8"))
    del stated["sha256"][NARROW]
    (folder / "model.json").write_text(json.dumps(stated), "utf-8")
    reading = Expert.load(folder).read_voice(telephone(buzz(1.0).astype(np.float32), RATE), RATE)
    assert reading.note is None
    assert reading.abstained is None


@pytest.mark.parametrize("damage", ["changed", "gone", "another shape", "no numbers", "no archive"])
def test_a_map_that_is_not_the_exported_one_is_refused(
    voice: tuple[RunFolder, Path], tmp_path: Path, damage: str
) -> None:
    folder = tmp_path / "expert"
    shutil.copytree(voice[1], folder)
    path = folder / NARROW
    if damage == "gone":
        path.unlink()
    elif damage == "no archive":
        path.write_bytes(b"PK\x03\x04 and no more")
    else:
        np.savez(path, weights=WEIGHTS * np.nan if damage == "no numbers" else WEIGHTS[:5])
    if damage not in ("changed", "gone"):
        stated = json.loads((folder / "model.json").read_text("utf-8"))
        stated["sha256"][NARROW] = sha256(path)
        (folder / "model.json").write_text(json.dumps(stated), "utf-8")
    with pytest.raises(ModelError, match=NARROW):
        Expert.load(folder)


@pytest.mark.parametrize("samples", [np.zeros((RATE, 2)), np.full(RATE, np.nan)])
def test_what_is_no_one_channel_of_sound_has_its_sentence(
    voice: tuple[RunFolder, Path], samples: np.ndarray
) -> None:
    with pytest.raises(InputError, match="one channel of finite samples"):
        Expert.load(voice[1]).read_voice(samples, RATE)


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, Path]:
    root = tmp_path_factory.mktemp("face")
    settings = face_training(network="expert", epochs=4)
    run = train_face({"train": faces(128)}, root / "run", settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "load_faces", lambda: {"dev": faces(60, 3, "e")})
        export_expert(run, root / "exported", root)
    return run, root / "exported"


def test_a_face_is_read_as_the_run_does_and_a_larger_one_by_its_means(face: tuple[RunFolder, Path]) -> None:
    run, folder = face
    expert, network = Expert.load(folder), FaceExpert()
    load_weights(network, run.weights)
    image = faces(1, 8).image[0]
    expected = expert.calibration["emotion"].apply(embed_faces(network, image[None])[0])[0]
    assert expert.read_face(image).probabilities["emotion"] == pytest.approx(expected, abs=1e-4)
    large = image.repeat(3, 0).repeat(3, 1)
    assert expert.read_face(large).probabilities["emotion"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.arange(144, dtype=np.uint8).reshape(12, 12), "12x12 pixels"),
        (np.full((48, 48), 90, np.uint8), "one grey"),
    ],
)
def test_twelve_pixels_and_one_grey_get_no_reading(
    face: tuple[RunFolder, Path], image: np.ndarray, reason: str
) -> None:
    reading = Expert.load(face[1]).read_face(image)
    assert reading.abstained is not None
    assert reason in reading.abstained
    assert reading.probabilities == {}


def test_an_expert_of_the_other_sense_and_another_array_have_their_sentences(
    face: tuple[RunFolder, Path], voice: tuple[RunFolder, Path]
) -> None:
    with pytest.raises(InputError, match="an expert of the voice, found one of the face"):
        Expert.load(face[1]).read_voice(buzz(1.0), RATE)
    with pytest.raises(InputError, match="an expert of the face, found one of the voice"):
        Expert.load(voice[1]).read_face(np.zeros((48, 48), np.uint8))
    with pytest.raises(InputError, match="grey values as uint8"):
        Expert.load(face[1]).read_face(np.zeros((48, 48, 3), np.uint8))


def test_faces_without_a_majority_are_not_judged(face: tuple[RunFolder, Path]) -> None:
    some = faces(10, 4)
    some.votes[3] = 0
    graph = Graph(face[1] / "expert.onnx", ("images",), ("emotion",))
    assert len(judge_faces(graph, some).group) == 9


def test_an_expert_takes_the_place_of_the_one_before(face: tuple[RunFolder, Path], tmp_path: Path) -> None:
    run, folder = face
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "load_faces", lambda: {"dev": faces(60, 3, "e")})
        export_expert(run, folder, tmp_path)
    assert Expert.load(folder).modality == "face"


def test_a_changed_file_and_another_run_are_refused(face: tuple[RunFolder, Path], tmp_path: Path) -> None:
    folder = face[1]
    path = folder / "calibration.json"
    whole = path.read_text()
    path.write_text(whole + " ")
    with pytest.raises(ModelError, match="is not the file that was exported"):
        Expert.load(folder)
    path.write_text(whole)
    small = train_face({"train": faces(60)}, tmp_path / "small", face_training(epochs=1))
    with pytest.raises(ModelError, match="no expert"):
        export_expert(small, tmp_path / "out", tmp_path)
