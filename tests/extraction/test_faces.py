"""The face of who speaks in a clip becomes a vector, and where there is none that is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.dummies.commands import one_sentence, run
from tests.dummies.films import PER_SECOND, RATE, opened, openings, portrait, scene, voice
from tests.dummies.recordings import record

pytest.importorskip("cv2", reason="the extra faces is not installed")

from heartsay.evidence.store import read_store
from heartsay.models.face_expert import FaceExpert
from heartsay.models.face_network import EMBEDDING, FaceNetwork
from heartsay.training.run_folder import begin_or_continue
from heartsay.training.saving import save_weights
from heartsay.training.tasks.face_network import FaceTraining


def face_run(folder: Path, network: str, *, finished: bool = True) -> Path:
    """A run whose weights are random."""
    found = begin_or_continue(folder, FaceTraining(network=network), 1, {"fingerprint": "x"})
    torch.manual_seed(1)
    if finished:
        model = FaceExpert() if network == "expert" else FaceNetwork()
        save_weights(model.state_dict(), found.weights)
    return folder


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with a face that speaks, one without anybody, and a sound alone."""
    folder = tmp_path_factory.mktemp("clips")
    sound = voice(2.0)
    speaking = [scene((opened(portrait(), by), 240, 90)) for by in openings(sound)]
    record(folder / "face.mp4", sound, RATE, pictures=speaking, pictures_per_second=PER_SECOND)
    record(folder / "nobody.mp4", sound, RATE, pictures=[scene()] * 20, pictures_per_second=PER_SECOND)
    record(folder / "sound.wav", sound, RATE)
    return folder


@pytest.mark.parametrize(("network", "width"), [("expert", 160), ("features", EMBEDDING)])
def test_the_speaking_face_has_a_row_and_others_are_listed(
    clips: Path, tmp_path: Path, network: str, width: int
) -> None:
    expert = face_run(tmp_path / "run", network)
    out = tmp_path / "store"
    ran = run("features", clips, "--with", f"voice47,face:{expert}", "--out", out, "--json")
    assert (ran.code, ran.err) == (0, "")
    store = read_store(out)
    face, nobody, sound = store.rows("all", "face")
    assert (face.shape, nobody.shape, sound.shape) == ((1, width), (0, width), (0, width))
    assert np.isfinite(face).all()
    faceless = {p.utterance: p.what for p in store.problems if p.kind == "faceless"}
    assert faceless.keys() == {"nobody", "sound"}
    assert "no moving pictures" in faceless["sound"]
    assert all(len(rows) == 1 for rows in store.rows("all", "voice47"))
    assert store.features["face"].version.startswith("sha256:")
    assert store.features["face"].modality == "face"


@pytest.mark.parametrize("given", ["nowhere", "unfinished", "voice"])
def test_what_is_no_trained_face_network_gets_a_sentence(clips: Path, tmp_path: Path, given: str) -> None:
    if given == "unfinished":
        face_run(tmp_path / given, "expert", finished=False)
    if given == "voice":
        (tmp_path / given).mkdir()
        (tmp_path / given / "run.json").write_text('{"kind": "voice expert", "configuration": {}}')
    ran = run("features", clips, "--with", f"face:{tmp_path / given}", "--out", tmp_path / "store")
    assert (ran.code, one_sentence(ran)) == (2, True)
    assert not (tmp_path / "store").exists()
