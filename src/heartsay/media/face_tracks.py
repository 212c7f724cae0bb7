"""Faces followed from picture to picture, and how much their mouths move.

A face is found anew every second and at every cut; in between it is where its eyes and nose are found again.
The same alignment tells what the mouth does from what the head does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.media.face_detection import FaceDetector, Grey, Squares, opencv
from heartsay.media.pictures import Picture

FIND_EVERY, CONFIRM_EVERY = 1.0, 0.4
"""Seconds after which the whole picture is searched, and after which each face is, where it should be."""

LOST = 3.0
"""Seconds after which a face that was not found again is given up, whatever is in its place."""

AFRESH = 1.0
"""Seconds without a picture after which nothing is taken to be where it was."""

SEARCHED, EXPECTED = 640, 40
"""Pixels of the longer side of a picture as it is searched, and of a face where one is expected."""

SAME = 0.3
"""Shared part of two squares from which they are one face."""

ALIKE = 0.5
"""Correlation of eyes and nose with those of the picture before, below which a face is lost."""

CUT = 30.0
"""Mean change of grey values, of 255, from which a picture is of another shot."""

SIDE = 64
"""Pixels of a face in which its motion is seen."""

UPPER, MOUTH = (slice(10, 38), slice(10, 54)), (slice(43, 61), slice(16, 48))
"""Rows and columns of eyes and nose, and of the mouth."""

UPRIGHT = 3.0
"""Degrees below which a face is cut out as it is."""

REACH = 10
"""Of these pixels, how far a face may move from one picture to the next."""


class Square(NamedTuple):
    """Where a face is: left, top and side in pixels, and by how many degrees it is turned clockwise."""

    x: float
    y: float
    side: float
    turn: float = 0.0


class Seen(NamedTuple):
    """A face in one picture.

    Attributes:
        number: of the face, the same as long as it is followed.
        motion: by how much more its mouth changed than its eyes and nose since the picture before, in
            deviations of its grey values; None where it was not there before.
        face: cut out, (H, W), where it was found in this very picture; else None.
    """

    number: int
    motion: float | None
    face: Grey | None


@dataclass
class _Track:
    number: int
    square: Square
    confirmed: float


class FaceTracks:
    """Faces of a film, picture by picture in order.

    Args:
        detector: what finds faces.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector, self._tracks = detector, list[_Track]()
        self._before: Picture | None = None
        self._small: NDArray[np.float32] | None = None
        self._searched = -np.inf
        self._count = 0

    def follow(self, picture: Picture) -> list[Seen]:
        """The faces of the next picture."""
        small = opencv().resize(picture.grey, (32, 18), interpolation=opencv().INTER_AREA).astype(np.float32)
        before = self._before
        if before is None or self._small is None or picture.seconds - before.seconds > AFRESH:
            afresh = True
        else:
            afresh = before.grey.shape != picture.grey.shape or bool(abs(small - self._small).mean() > CUT)
        motions: dict[int, float] = {}
        if afresh or before is None:
            self._tracks = []
        else:
            self._tracks = [t for t in self._tracks if picture.seconds - t.confirmed <= LOST]
            motions = self._move(before.grey, picture.grey)
        found = self._find(picture, afresh)
        self._before, self._small = picture, small
        return [Seen(t.number, motions.get(t.number), found.get(t.number)) for t in self._tracks]

    def _move(self, before: Grey, now: Grey) -> dict[int, float]:
        """Faces moved to where they are now, those that are lost left out; motions of mouths by number."""
        motions, kept = {}, []
        for track in self._tracks:
            moved = _moved(before, now, track.square)
            if moved is not None:
                track.square, motions[track.number] = moved
                kept.append(track)
        self._tracks = kept
        return motions

    def _find(self, picture: Picture, afresh: bool) -> dict[int, Grey]:
        """What is found in a picture, cut out, by number."""
        if afresh or picture.seconds - self._searched >= FIND_EVERY:
            self._searched = picture.seconds
            squares = found_in(self._detector, picture.grey)
        else:
            due = [t for t in self._tracks if picture.seconds - t.confirmed >= CONFIRM_EVERY]
            near = [found_near(self._detector, picture.grey, t.square) for t in due]
            squares = np.array([s for s in near if s is not None], np.float64).reshape(-1, 4)
        found = {}
        for square in (Square(*row) for row in squares.tolist()):
            shared = [shared_part(square, track.square) for track in self._tracks]
            if shared and max(shared) >= SAME:
                track = self._tracks[int(np.argmax(shared))]
                track.square = square
            else:
                track = _Track(self._count, square, picture.seconds)
                self._tracks.append(track)
                self._count += 1
            track.confirmed = picture.seconds
            found[track.number] = cut_out(picture.grey, square)
        return found


def found_in(detector: FaceDetector, grey: Grey) -> Squares:
    """The faces of a whole picture, searched at `SEARCHED`."""
    scale = min(1.0, SEARCHED / max(grey.shape))
    return detector.faces(_scaled(grey, scale)) / _in_pixels(scale)


def found_near(detector: FaceDetector, grey: Grey, square: Square) -> Square | None:
    """The face that is where one is expected, or None."""
    margin = 0.4 * square.side
    left, top = max(0, round(square.x - margin)), max(0, round(square.y - margin))
    length = round(square.side + 2 * margin)
    region = grey[top : top + length, left : left + length]
    if not region.size:
        return None
    scale = min(1.0, EXPECTED / square.side)
    squares = detector.faces(_scaled(region, scale)) / _in_pixels(scale) + np.array([left, top, 0, 0])
    best = max((Square(*row) for row in squares.tolist()), key=lambda s: shared_part(s, square), default=None)
    return best if best is not None and shared_part(best, square) >= SAME else None


def _in_pixels(scale: float) -> NDArray[np.float64]:
    """What turns squares of a picture that was made smaller into those of the picture."""
    return np.array([scale, scale, scale, 1.0])


def shared_part(one: Square, other: Square) -> float:
    """The area that two squares share, by the area that either covers, both taken to be upright."""
    width = min(one.x + one.side, other.x + other.side) - max(one.x, other.x)
    height = min(one.y + one.side, other.y + other.side) - max(one.y, other.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one.side**2 + other.side**2 - shared)


def cut_out(grey: Grey, square: Square) -> Grey:
    """A square of a picture, its face upright; beyond the picture its edges are repeated."""
    x, y, side = (round(value) for value in square[:3])
    if abs(square.turn) >= UPRIGHT:
        return _cut_out_upright(grey, square)
    height, width = grey.shape
    rows = np.arange(y, y + side).clip(0, height - 1)
    columns = np.arange(x, x + side).clip(0, width - 1)
    return np.asarray(grey[np.ix_(rows, columns)])


def _cut_out_upright(grey: Grey, square: Square) -> Grey:
    cv2, side = opencv(), round(square.side)
    # Where in the picture each pixel of the cut-out lies: turned about the middle of the square.
    across, down = _turned(1.0, 0.0, square.turn), _turned(0.0, 1.0, square.turn)
    middle = np.array([square.x, square.y]) + (square.side - 1) / 2
    places = np.column_stack([across, down])
    corner = middle - places @ np.full(2, (side - 1) / 2)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(
        grey, np.column_stack([places, corner]), (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, np.uint8)


def _turned(x: float, y: float, turn: float) -> NDArray[np.float64]:
    """A step (x, y) by so many degrees clockwise, y pointing down."""
    cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    return np.array([x * cosine - y * sine, x * sine + y * cosine])


def _moved(before: Grey, now: Grey, square: Square) -> tuple[Square, float] | None:
    """Where a face has moved to, and by how much more its mouth changed; None where it is lost."""
    cv2, unit = opencv(), square.side / SIDE
    margin = REACH * unit
    wider = Square(square.x - margin, square.y - margin, square.side + 2 * margin, square.turn)
    old = _scaled_to(cut_out(before, square), SIDE)
    around = _scaled_to(cut_out(now, wider), SIDE + 2 * REACH)
    rows, columns = UPPER
    window = around[rows.start : rows.stop + 2 * REACH, columns.start : columns.stop + 2 * REACH]
    alike = cv2.matchTemplate(window, old[UPPER], cv2.TM_CCOEFF_NORMED)
    _, best, _, (right, down) = cv2.minMaxLoc(alike)
    if not best >= ALIKE:
        return None
    new = around[down : down + SIDE, right : right + SIDE]
    x, y = _turned((right - REACH) * unit, (down - REACH) * unit, square.turn)
    place = Square(square.x + float(x), square.y + float(y), square.side, square.turn)
    change = np.abs(_contrasted(new) - _contrasted(old))
    return place, float(change[MOUTH].mean() - change[UPPER].mean())


def _contrasted(face: Grey) -> NDArray[np.float64]:
    values = face.astype(np.float64)
    deviation = float(values.std())
    return np.asarray((values - values.mean()) / max(deviation, 1.0))


def _scaled(grey: Grey, scale: float) -> Any:
    if scale == 1:
        return grey
    height, width = (max(1, round(length * scale)) for length in grey.shape)
    return opencv().resize(grey, (width, height), interpolation=opencv().INTER_AREA)


def _scaled_to(grey: Grey, side: int) -> Any:
    return opencv().resize(grey, (side, side), interpolation=opencv().INTER_AREA)
