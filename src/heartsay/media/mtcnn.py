"""Faces and five of their points by a cascade of three small networks.

Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks", IEEE Signal Processing Letters 23(10), 2016, https://arxiv.org/abs/1604.02878: a first network
looks at the whole picture in many sizes, a second keeps what still looks like a face, a third says where it
and its points are.
Here they read grey values, which stand for all three colours that they were trained on.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from heartsay.media.face_detection import Grey, Squares, opencv, squares_by_points
from heartsay.media.mtcnn_weights import Weights, mtcnn_weights

Floats = NDArray[np.float32]

SMALLEST = 20
"""Pixels of the smallest face, the size from which the paper trained."""

FACTOR = 0.709
"""From one size of the picture to the next: half the area."""

SIDES = (12, 24, 48)
"""Pixels that the three networks see."""

TOGETHER = 128
"""Squares that the second and the third network look at together, so that crowds take no more memory."""

STRIDE = 2
"""Pixels between two squares that the first network looks at."""

SURE = (0.6, 0.7, 0.7)
"""Probability from which each network keeps a face."""

SHARED_IN_SIZE, SHARED = 0.5, 0.7
"""Shared part of two squares from which the likelier stays, within one size of the picture and over all."""


class MTCNN:
    """The cascade, with weights from the package `mtcnn`.

    Raises:
        MissingDependencyError: OpenCV or the package is not installed.
        ModelError: the weights are not those that are known.
    """

    name = "MTCNN"

    def __init__(self) -> None:
        opencv()
        weights = mtcnn_weights()
        for rows in weights.values():
            rows[0] = rows[0].sum(2, keepdims=True)  # all three colours are the grey value
        self._first, self._second, self._third = (weights[name] for name in ("pnet", "rnet", "onet"))

    def faces(self, grey: Grey) -> Squares:
        """As `FaceDetector.faces`; squares lie by eyes and mouth, whatever box the networks draw."""
        return squares_by_points(self.points(grey))

    def points(self, grey: Grey) -> NDArray[np.float64]:
        """Eyes, nose and corners of the mouth of each face of a picture (H, W), as x and y, (N, 5, 2)."""
        none = np.zeros((0, 5, 2))
        boxes = self._proposed(_normalised(grey))
        if not len(boxes):
            return none
        moved, sure, _ = _looked_at(self._second, grey, boxes, SIDES[1])
        boxes = _square(_kept(_moved(boxes, moved), sure, SURE[1], SHARED))
        if not len(boxes):
            return none
        moved, sure, points = _looked_at(self._third, grey, boxes, SIDES[2])
        size = boxes[:, 2:] - boxes[:, :2]
        placed = boxes[:, None, :2] + points.reshape(-1, 2, 5).transpose(0, 2, 1) * size[:, None]
        boxes = _moved(boxes, moved)
        return placed[_chosen(boxes, sure, SURE[2], SHARED)].astype(np.float64)

    def _proposed(self, picture: Floats) -> Floats:
        """Squares in which the first network sees a face, in any size, (N, 4)."""
        found, scores = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
        scale = SIDES[0] / SMALLEST
        while min(picture.shape) * scale >= SIDES[0]:
            height, width = (round(length * scale) for length in picture.shape)
            smaller = opencv().resize(picture, (width, height), interpolation=opencv().INTER_AREA)
            moved, sure = whole_network(self._first, smaller)
            rows, columns = np.nonzero(sure >= SURE[0])
            corner = np.stack([columns, rows], 1) * STRIDE
            looked_at = (np.concatenate([corner, corner + SIDES[0]], 1) / scale).astype(np.float32)
            boxes, likely = _moved(looked_at, moved[rows, columns]), sure[rows, columns]
            chosen = _chosen(boxes, likely, SURE[0], SHARED_IN_SIZE)
            found.append(boxes[chosen])
            scores.append(likely[chosen])
            scale *= FACTOR
        return _square(_kept(np.concatenate(found), np.concatenate(scores), SURE[0], SHARED))


def whole_network(weights: Weights, picture: Floats) -> tuple[Floats, Floats]:
    """The first network on every square of a picture, `STRIDE` pixels apart.

    Args:
        weights: of P-Net.
        picture: (H, W), from -1 to 1.

    Returns:
        By how much of its side each edge has to move, (H', W', 4), and the probability of a face, (H', W').
    """
    one, two, three, box, face = weights[:3], weights[3:6], weights[6:9], weights[9:11], weights[11:13]
    values = _pooled(_layer(picture[None, None], one), 2, padded=True)
    values = _layer(_layer(values, two), three)
    return _layer(values, box)[0].transpose(1, 2, 0), _probability(_layer(values, face)[0].transpose(1, 2, 0))


def dense_network(weights: Weights, faces: Floats) -> tuple[Floats, Floats, Floats]:
    """The second or the third network.

    Args:
        weights: of R-Net or O-Net.
        faces: (N, S, S), from -1 to 1.

    Returns:
        By how much of its side each edge has to move (N, 4), the probability of a face (N,), and of the third
        five points, all x before all y, as parts of the side, (N, 10).
    """
    third = faces.shape[1] == SIDES[2]
    values = _pooled(_layer(faces[:, None], weights[:3]), 3, padded=True)
    values = _pooled(_layer(values, weights[3:6]), 3, padded=False)
    values = _layer(values, weights[6:9])
    rest = weights[9:]
    if third:
        values = _layer(_pooled(values, 2, padded=True), rest[:3])
        rest = rest[3:]
    # The weights were trained on pictures whose columns came before their rows, and channels last.
    values = values.transpose(0, 3, 2, 1).reshape(len(values), -1)
    values = _sloped(values @ rest[0] + rest[1], rest[2].reshape(-1))
    moved, last = values @ rest[3] + rest[4], values @ rest[-2] + rest[-1]
    points = values @ rest[5] + rest[6] if third else np.zeros((len(values), 0), np.float32)
    return moved, _probability(last), points


def _looked_at(weights: Weights, grey: Grey, boxes: Floats, side: int) -> tuple[Floats, Floats, Floats]:
    """What the second or the third network says of each box, as `dense_network`."""
    parts = [boxes[k : k + TOGETHER] for k in range(0, len(boxes), TOGETHER)]
    said = [dense_network(weights, _seen(grey, part, side)) for part in parts]
    moved, sure, points = (np.concatenate(each) for each in zip(*said, strict=True))
    return moved, sure, points


def _layer(values: Floats, weights: Weights) -> Floats:
    """A convolution without margin, (N, C, H, W), and what it makes of values below zero, if it says so."""
    kernel, bias, *slope = weights
    side, outputs = kernel.shape[0], kernel.shape[3]
    count, channels, *size = values.shape
    height, width = (length - side + 1 for length in size)
    seen = np.empty((count, side, side, channels, height, width), np.float32)
    for i, j in np.ndindex(side, side):
        seen[:, i, j] = values[:, :, i : i + height, j : j + width]
    rows = kernel.reshape(-1, outputs).T @ seen.reshape(count, -1, height * width) + bias[:, None]
    found = rows.reshape(count, outputs, height, width)
    return _sloped(found, slope[0].reshape(-1, 1, 1)) if slope else found


def _sloped(values: Floats, slope: Floats) -> Floats:
    return np.asarray(values + (slope - 1) * np.minimum(values, 0))


def _pooled(values: Floats, side: int, *, padded: bool) -> Floats:
    """The largest of each square, every second one; `padded` to half the length, rounded up."""
    if padded:
        missing = [(-(-length // 2) - 1) * 2 + side - length for length in values.shape[2:]]
        margin = [(0, 0), (0, 0), *((0, max(0, m)) for m in missing)]
        values = np.pad(values, margin, constant_values=-np.inf)
    rows, columns = ((length - side) // 2 * 2 + 1 for length in values.shape[2:])
    values = reduce(np.maximum, (values[:, :, k : k + rows : 2] for k in range(side)))
    return reduce(np.maximum, (values[..., k : k + columns : 2] for k in range(side)))


def _probability(scores: Floats) -> Floats:
    """Of a face, from the scores of none and of one, (..., 2)."""
    return np.asarray(1 / (1 + np.exp(scores[..., 0] - scores[..., 1])))


def _normalised(grey: Grey) -> Floats:
    return (grey.astype(np.float32) - np.float32(127.5)) / np.float32(128)


def _seen(grey: Grey, boxes: Floats, side: int) -> Floats:
    """What lies in each box as the networks see it, black beyond the picture, (N, side, side)."""
    cv2 = opencv()
    found = np.zeros((len(boxes), side, side), np.float32)
    for k, (x, y, right, bottom) in enumerate(boxes.round().astype(int).tolist()):
        left, top = max(x, 0), max(y, 0)
        part = grey[top:bottom, left:right] if bottom > top and right > left else grey[:0]
        whole = np.zeros((max(1, bottom - y), max(1, right - x)), np.uint8)
        whole[top - y : top - y + part.shape[0], left - x : left - x + part.shape[1]] = part
        found[k] = _normalised(cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA))
    return found


def _moved(boxes: Floats, moved: Floats) -> Floats:
    size = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(boxes + moved * np.tile(size, 2))


def _square(boxes: Floats) -> Floats:
    """Squares about the same middles, as long as the longer side."""
    middle, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    half = size.max(1, keepdims=True, initial=0) / 2
    return np.concatenate([middle - half, middle + half], 1)


def _kept(boxes: Floats, sure: Floats, least: float, shared: float) -> Floats:
    return boxes[_chosen(boxes, sure, least, shared)]


def _chosen(boxes: Floats, sure: Floats, least: float, shared: float) -> list[int]:
    """Places of the likeliest boxes, those left out that share so much with a likelier one."""
    if not len(boxes):
        return []
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    return [int(k) for k in opencv().dnn.NMSBoxes(corners.tolist(), sure.tolist(), least, shared)]
