from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.dummies.films import opened, portrait, scene

from heartsay.media.face_tracks import LOST, FaceTracks, Seen, Square, cut_out, shared_part
from heartsay.media.pictures import Picture

cv2 = pytest.importorskip("cv2", reason="the extra faces is not installed")

AT = Square(300, 100, 95)


class Once:
    """Finds a face in the first whole picture and never again."""

    name = "once"

    def __init__(self) -> None:
        self.left = [np.array([[360.0, 145.0, 95.0, 0.0]])]
        self.searched: list[tuple[int, int]] = []

    def faces(self, grey: NDArray[np.uint8]) -> NDArray[np.float64]:
        self.searched.append((grey.shape[0], grey.shape[1]))
        return self.left.pop() if self.left else np.zeros((0, 4))


def picture(seconds: float, x: int = 300, wide: float = 0.0) -> Picture:
    return Picture(seconds, np.asarray(scene((opened(portrait(), wide), x, 100)).mean(2), np.uint8))


def followed(*pictures: Picture, tracks: FaceTracks | None = None) -> list[list[Seen]]:
    tracks = tracks or FaceTracks(Once())
    return [tracks.follow(one) for one in pictures]


def test_a_face_is_followed_and_only_its_mouth_moves_it() -> None:
    still = followed(*(picture(k / 8, 300 + 4 * k) for k in range(8)))
    assert [[seen.number for seen in row] for row in still] == [[0]] * 8
    assert still[0][0].motion is None
    assert max(abs(row[0].motion or 0.0) for row in still[1:]) < 0.02
    talking = followed(*(picture(k / 8, 300 + 4 * k, k % 2) for k in range(8)))
    assert min(row[0].motion or 0.0 for row in talking[1:]) > 0.1


def test_faces_are_cut_out_where_they_are_found_alone() -> None:
    found = followed(*(picture(k / 8) for k in range(4)))
    assert [row[0].face is not None for row in found] == [True, False, False, False]
    assert found[0][0].face is not None
    assert found[0][0].face.shape == (95, 95)


def test_a_cut_a_gap_and_what_is_never_found_again_end_a_face() -> None:
    cut = Picture(0.25, np.full((360, 640), 10, np.uint8))
    assert [len(row) for row in followed(picture(0), picture(0.125), cut)] == [1, 1, 0]
    assert [len(row) for row in followed(picture(0), picture(2.0))] == [1, 0]
    long = followed(*(picture(k / 4) for k in range(round(4 * LOST) + 4)))
    assert [len(row) for row in long] == [1] * (round(4 * LOST) + 1) + [0] * 3


def test_a_whole_picture_is_searched_each_second_and_each_face_between() -> None:
    detector = Once()
    followed(*(picture(k / 8) for k in range(16)), tracks=FaceTracks(detector))
    whole = [size == (360, 640) for size in detector.searched]
    assert sum(whole) == 2
    assert len(whole) > 4


def test_shared_parts_and_cut_outs() -> None:
    assert shared_part(AT, AT) == pytest.approx(1)
    assert shared_part(Square(0, 0, 2), Square(1, 0, 2)) == pytest.approx(1 / 3)
    assert shared_part(AT, Square(0, 0, 5)) == 0
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert cut_out(grey, Square(-1, 1, 3)).tolist() == [[4, 4, 5], [8, 8, 9], [8, 8, 9]]


def test_a_turned_face_is_cut_out_upright() -> None:
    upright = picture(0).grey
    middle = (AT.x + (AT.side - 1) / 2, AT.y + (AT.side - 1) / 2)
    for turn in (-35, 20):
        turned = cv2.warpAffine(upright, cv2.getRotationMatrix2D(middle, -turn, 1), upright.shape[::-1])
        change = np.abs(cut_out(turned, AT._replace(turn=turn)).astype(int) - cut_out(upright, AT))
        assert change.mean() < 4
        assert np.abs(cut_out(turned, AT).astype(int) - cut_out(upright, AT)).mean() > 20


def test_a_turned_face_is_followed() -> None:
    class Turned(Once):
        def faces(self, grey: NDArray[np.uint8]) -> NDArray[np.float64]:
            return super().faces(grey) + np.array([0, 0, 0, 30])

    middle = (360 + 95 / 2, 145 + 95 / 2)
    pictures = []
    for k in range(8):
        shown = picture(k / 8, 300, k % 2)
        turn = cv2.getRotationMatrix2D(middle, -30, 1)
        turn[0, 2] += 4 * k
        grey = cv2.warpAffine(shown.grey, turn, shown.grey.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        pictures.append(Picture(shown.seconds, np.asarray(grey, np.uint8)))
    found = followed(*pictures, tracks=FaceTracks(Turned()))
    assert [[seen.number for seen in row] for row in found] == [[0]] * 8
    assert min(row[0].motion or 0.0 for row in found[1:]) > 0.1
