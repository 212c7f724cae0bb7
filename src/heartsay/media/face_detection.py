"""Where faces are in a picture, as squares that hold what the face expert was trained on.

That is a square as FER+ cuts faces out. Haar's squares are the same: on 552 of its development photographs
they have 97% of the side (median), with their middles less than 1% of it apart.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError, MissingDependencyError, ModelError

Grey = NDArray[np.uint8]
Squares = NDArray[np.float64]
"""Left, top and side of each face in pixels, and how many degrees it is turned clockwise, (N, 4)."""

SURE = 0.8
"""YuNet's score from which something counts as a face."""

HAAR_NAME, MTCNN_NAME = "haar", "mtcnn"
"""What is said in place of a file to find faces by Haar's cascade or by MTCNN."""

EYES, MOUTH = 0.38, 0.79
"""Height of eyes and mouth in FER+'s squares, from the top, as its mean face shows them."""


class FaceDetector(Protocol):
    """What finds faces.

    Attributes:
        name: how a report calls it.
    """

    name: str

    def faces(self, grey: Grey) -> Squares:
        """The faces of a picture, (H, W)."""


class Haar:
    """Viola and Jones's cascade of Haar features (2001), as Lienhart trained it and OpenCV brings it."""

    name = "Haar"

    def __init__(self) -> None:
        cv2 = opencv()
        self._cascade = cv2.CascadeClassifier(
            str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt2.xml")
        )

    def faces(self, grey: Grey) -> Squares:
        """As `FaceDetector.faces`."""
        found = self._cascade.detectMultiScale(grey, 1.2, 3, minSize=(20, 20))
        return np.array([(x, y, max(w, h), 0) for x, y, w, h in found], np.float64).reshape(-1, 4)


class YuNet:
    """A small network for faces and five of their points (Wu et al. 2023), out of a file of the user's.

    Args:
        path: the network as OpenCV publishes it, `face_detection_yunet_2023mar.onnx` or later.

    Raises:
        InputError: no such file, or another network.
        MissingDependencyError: OpenCV is not installed.
    """

    name = "YuNet"

    def __init__(self, path: Path) -> None:
        cv2 = opencv()
        if not path.is_file():
            raise _refused(path, "no such file")
        try:
            self._network = cv2.FaceDetectorYN.create(str(path), "", (64, 64), SURE)
            self.faces(np.zeros((64, 64), np.uint8))
        except cv2.error as error:
            raise _refused(path, "something else") from error

    def faces(self, grey: Grey) -> Squares:
        """As `FaceDetector.faces`; squares lie by eyes and mouth, whatever box the network draws."""
        height, width = grey.shape
        self._network.setInputSize((width, height))
        _, found = self._network.detect(opencv().cvtColor(grey, opencv().COLOR_GRAY2BGR))
        if found is None:
            return np.zeros((0, 4))
        return squares_by_points(np.asarray(found, np.float64)[:, 4:14].reshape(-1, 5, 2))


def squares_by_points(points: NDArray[np.float64]) -> Squares:
    """Squares that hold faces as FER+ cuts them out, turned as they are; none of a face that is upside down.

    Args:
        points: eyes, nose and corners of the mouth of each, as x and y, (N, 5, 2).
    """
    eyes, mouth = points[:, :2].mean(1), points[:, 3:].mean(1)
    down = mouth - eyes
    side = np.hypot(down[:, 0], down[:, 1]) / (MOUTH - EYES)
    middle = eyes + down * (0.5 - EYES) / (MOUTH - EYES)
    turn = np.degrees(np.arctan2(-down[:, 0], down[:, 1]))
    return np.asarray(np.column_stack([middle - side[:, None] / 2, side, turn])[down[:, 1] > 0])


def face_detector(which: Path | None = None) -> FaceDetector:
    """What finds faces.

    Args:
        which: `HAAR_NAME`, `MTCNN_NAME` or the file of YuNet; where None, MTCNN if it is there, else Haar.

    Raises:
        InputError: no such file, or another network.
        MissingDependencyError: OpenCV, or the package that brings MTCNN, is not installed.
        ModelError: that package is not the one that is known.
    """
    from heartsay.media.mtcnn import MTCNN

    if which is None:
        try:
            return MTCNN()
        except (MissingDependencyError, ModelError):
            return Haar()
    if str(which) == HAAR_NAME:
        return Haar()
    return MTCNN() if str(which) == MTCNN_NAME else YuNet(which)


def _refused(path: Path, found: str) -> InputError:
    return InputError(
        expected=f"{MTCNN_NAME}, {HAAR_NAME}, or YuNet as OpenCV's model zoo publishes it"
        " (face_detection_yunet_2023mar.onnx)",
        found=found,
        where=str(path),
        do="download it yourself and name it, or leave --face-detector out",
    )


@cache
def opencv() -> Any:
    """OpenCV, imported where it is first used.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise MissingDependencyError("finding faces", "faces") from error
    cv2.setNumThreads(1)  # the pictures are decoded beside it
    # What it would print of a wrong file is said in an error of ours.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return cv2
