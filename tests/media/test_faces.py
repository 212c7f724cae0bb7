from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.dummies.films import opened, openings, portrait, scene, voice
from tests.dummies.recordings import record, tone

from heartsay.conversation import Conversation, Utterance
from heartsay.errors import MissingDependencyError
from heartsay.media import Signals, faces, signals_of
from heartsay.media.face_detection import face_detector
from heartsay.media.faces import SIDE, _same_side

pytest.importorskip("cv2", reason="the extra faces is not installed")

SOUND = np.concatenate([voice(3), np.zeros(16_000), voice(3, seed=1)])
WIDE = openings(SOUND)
ONE, OTHER = portrait(), portrait()[:, ::-1]
SPANS = ((0.0, 3.0), (4.0, 7.0))


def read(path: Path, *spans: tuple[float | None, float | None]) -> Signals:
    talk = Conversation(
        "talk",
        tuple(Utterance(str(k), "A", "Yes.", *s) for k, s in enumerate(spans or SPANS)),
        recording=path,
    )
    return signals_of(talk)


def speaking(wide: float) -> NDArray[np.uint8]:
    return scene((opened(ONE, wide), 60, 60))


def film(path: Path, *pictures: NDArray[np.uint8]) -> Path:
    return record(path, SOUND, pictures=pictures)


def test_the_face_whose_mouth_moves_with_the_voice_is_cut_out(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mp4",
        *(
            scene(
                (opened(ONE, WIDE[k] if k < 35 else 0), 60 + k % 5, 60),
                (opened(OTHER, WIDE[k] if k >= 35 else 0), 380, 80),
            )
            for k in range(70)
        ),
    )
    found = read(path)
    assert [1 < len(seen) <= 5 for seen in found.faces] == [True, True]
    assert {face.shape for seen in found.faces for face in seen} == {(SIDE, SIDE)}
    assert found.notes["face"] == dict.fromkeys((0, 1), "one of 2 faces, chosen by its mouth")
    assert found.face_detector == face_detector().name
    first, second = (np.mean(seen, 0) for seen in found.faces)
    # The two are each other's mirror image.
    assert np.abs(first - second[:, ::-1]).mean() < 0.6 * np.abs(first - second).mean()
    assert all(voice is not None for voice in found.voices)


@pytest.mark.parametrize(
    ("pictures", "why"),
    [
        (
            [scene((ONE, 100 + k % 30, 60)) for k in range(70)],
            "the face that was found does not move",
        ),
        ([scene() for _ in range(70)], "no face was found"),
        ([scene((ONE, 100, 60))] + [scene()] * 69, "a face was found in one picture alone"),
        (
            [scene((opened(ONE, w), 60, 60), (opened(OTHER, w), 380, 80)) for w in WIDE],
            "2 faces were found, and it cannot be told which",
        ),
        ([scene((ONE, 60, 60), (OTHER, 380, 80)) for _ in WIDE], "none of 2 faces moves its mouth"),
    ],
)
def test_why_there_is_no_face(tmp_path: Path, pictures: list[NDArray[np.uint8]], why: str) -> None:
    found = read(film(tmp_path / "a.mp4", *pictures), (0.0, 3.0))
    assert list(found.faces[0]) == []
    assert found.notes["face"][0].startswith(why)


def test_what_has_no_picture_is_said(tmp_path: Path) -> None:
    short = record(
        tmp_path / "short.mkv", SOUND, pictures=[scene((opened(ONE, w), 60, 60)) for w in WIDE[:30]]
    )
    found = read(short, *SPANS, (None, None))
    assert [len(seen) > 0 for seen in found.faces] == [True, False, False]
    assert found.notes["face"] == {
        1: "no picture of the recording falls into it",
        2: "the transcript does not say from when to when it is",
    }
    sound = read(record(tmp_path / "a.wav", tone(1)), (0.0, 1.0))
    assert (list(sound.faces), sound.notes["face"]) == ([], {0: "the recording has no moving pictures"})


def test_a_cut_in_the_middle_and_overlapping_utterances(tmp_path: Path) -> None:
    pictures = [
        scene((opened(ONE, w), 60, 60)) if k < 15 else 255 - scene((255 - opened(ONE, w), 380, 90))
        for k, w in enumerate(WIDE)
    ]
    found = read(film(tmp_path / "a.mp4", *pictures), (0.0, 3.0), (0.5, 2.5), (2.0, 2.02))
    assert [len(seen) > 0 for seen in found.faces] == [True, True, False]


def test_without_opencv_the_voices_are_there_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(path: Path | None) -> None:
        raise MissingDependencyError("finding faces", "faces")

    monkeypatch.setattr(faces, "face_detector", absent)
    found = read(film(tmp_path / "a.mp4", scene((ONE, 100, 60))), (0.0, 1.0))
    assert found.voices[0] is not None
    assert list(found.faces) == []
    assert found.warnings[0].startswith("no faces were looked for: finding faces needs packages")
    heard = read(record(tmp_path / "a.wav", tone(1)), (0.0, 1.0))
    assert heard.warnings == (), "nobody looks for faces in sound"


def test_cut_outs_have_one_side_and_those_of_distant_faces_are_left_out() -> None:
    near, far, tiny = (np.zeros((side, side), np.uint8) for side in (90, 40, 20))
    assert [len(face) for face in _same_side([near, far, tiny])] == [40, 40]
    assert [len(face) for face in _same_side([near, near])] == [SIDE, SIDE]
    assert [len(face) for face in _same_side([tiny])] == [20]
