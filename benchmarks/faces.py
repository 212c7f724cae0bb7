"""How many faces Haar's cascade and MTCNN find of those that were put into pictures, and what it takes.

Needs FER+ (HEARTSAY_DATA names the folder that holds it), the extra `faces`, and scikit-image. Photographs of
FER+'s development part, 24 to 200 pixels wide, upright and turned, lie in pictures of 640x360 of noise and
textures. They were once found by a cascade like Haar's, which favours it here. `--read` asks the shipped
expert of the face what such faces show, cut out as they are and upright.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import arguments
from numpy.typing import NDArray

from heartsay.corpora.ferplus import read_faces
from heartsay.media.face_detection import HAAR_NAME, MTCNN_NAME, FaceDetector, Grey, face_detector, opencv
from heartsay.media.face_tracks import Square, cut_out, shared_part
from heartsay.media.faces import SIDE
from heartsay.media.scaling import scaled_to
from heartsay.runtime import load_modality_experts

HEIGHT, WIDTH = 360, 640
SIZES, ANGLES = (24, 34, 48, 68, 96, 136, 200), (0, 15, 30, 45)
TEXTURES = ("brick", "grass", "gravel", "moon", "page", "coins")
READ_SIDE = 120
"""Pixels of the faces that are read."""

FOUND = 0.4
"""Shared part with the square of a face from which it was found."""


class Scene(NamedTuple):
    """A picture (H, W) and the faces in it, each with the degrees by which it is turned."""

    grey: NDArray[np.uint8]
    faces: list[tuple[Square, int]]


def scenes(count: int) -> list[Scene]:
    """Composed pictures, with three faces at most, of different sizes and apart."""
    draw = np.random.default_rng(0)
    read = read_faces("valid")
    likely = read.image[read.votes[:, -2:].sum(1) == 0]  # nobody said that it shows no face
    found = []
    for number in range(count):
        picture = background(number, draw)
        faces: list[tuple[Square, int]] = []
        for place in range(3):
            side, angle = int(draw.choice(SIZES)), int(draw.choice(ANGLES)) * int(draw.choice((-1, 1)))
            x = int(draw.integers(place * WIDTH // 3, place * WIDTH // 3 + max(1, WIDTH // 3 - side)))
            y = int(draw.integers(0, HEIGHT - side))
            photograph = likely[draw.integers(len(likely))]
            paste(photograph, picture, Square(x, y, side), angle)
            faces.append((Square(x, y, side), abs(angle)))
        found.append(Scene(picture, faces))
    return found


def paste(photograph: Grey, picture: Grey, place: Square, angle: int) -> None:
    """Put the oval of a photograph into a picture, turned by so many degrees to the left."""
    cv2, (x, y, side) = opencv(), (round(value) for value in place[:3])
    face = cv2.resize(photograph, (side, side), interpolation=cv2.INTER_CUBIC)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), angle, 1)
    face = cv2.warpAffine(face, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((side, side), np.float32)
    cv2.ellipse(mask, ((side / 2, side / 2), (0.86 * side, 0.98 * side), angle), 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), side / 40)
    part = picture[y : y + side, x : x + side]
    part[:] = (mask * face + (1 - mask) * part).round()


def background(number: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Noise in every third picture, otherwise one of the textures."""
    from skimage import data

    if number % 3 == 0:
        return draw.integers(60, 150, (HEIGHT, WIDTH), np.uint8)
    name = TEXTURES[int(draw.integers(len(TEXTURES)))]
    texture = np.asarray(getattr(data, name)(), np.uint8)
    return np.ascontiguousarray(opencv().resize(texture, (WIDTH, HEIGHT)))


def measured(detector: FaceDetector, among: list[Scene]) -> dict[str, float]:
    """What a detector finds, in percent, and what it takes."""
    groups: dict[str, list[bool]] = {}
    wrong, off, start = 0, [], time.process_time()
    squares = [[Square(*row) for row in detector.faces(scene.grey).tolist()] for scene in among]
    seconds = time.process_time() - start
    for scene, found in zip(among, squares, strict=True):
        for face, angle in scene.faces:
            shared = [shared_part(face, square) for square in found]
            there = bool(shared) and max(shared) >= FOUND
            if there:
                square = found[int(np.argmax(shared))]
                off.append(abs(np.log2(square.side / face.side)))
            size = "under 48 pixels" if face.side < 48 else "48 pixels and more"
            for group in ("all", size, f"turned by {angle}"):
                groups.setdefault(group, []).append(there)
        wrong += sum(all(shared_part(face, s) < 0.1 for face, _ in scene.faces) for s in found)
    return {
        **{group: round(100 * float(np.mean(there)), 1) for group, there in sorted(groups.items())},
        "wrong_in_100_pictures": round(100 * wrong / len(among), 1),
        "side_off_percent": round(100 * float(2 ** np.median(off) - 1), 1),
        "milliseconds": round(1000 * seconds / len(among), 1),
    }


def read_right(count: int) -> list[dict[str, float]]:
    """How often the expert names what most people named of the faces that MTCNN finds, by their turn.

    The gain of cutting them out upright is given as a 95% interval over faces.
    """
    draw, detector = np.random.default_rng(1), face_detector(Path(MTCNN_NAME))
    expert = load_modality_experts().experts["face"]
    known, emotions = read_faces("valid"), len(expert.labels)
    top = known.votes[:, :emotions].argmax(1)
    clear = known.votes[:, :emotions].max(1) > known.votes.sum(1) / 2
    chosen = draw.permutation(np.nonzero(clear)[0])[:count].tolist()
    rows = []
    for angle in ANGLES[:3]:
        found: list[tuple[bool, bool]] = []
        for number, k in enumerate(chosen):
            place = Square(200, 100, READ_SIDE)
            picture = background(number, draw)
            paste(known.image[k], picture, place, angle * int(draw.choice((-1, 1))))
            near = [s for s in map(Square._make, detector.faces(picture)) if shared_part(s, place) >= FOUND]
            if near:
                cuts = [cut_out(picture, square) for square in (near[0]._replace(turn=0.0), near[0])]
                read = [expert.read_face(scaled_to(cut, SIDE)).probabilities["emotion"] for cut in cuts]
                found.append((read[0].argmax() == top[k], read[1].argmax() == top[k]))
        right = 100 * np.array(found, np.float64)
        as_it_is, upright = right.mean(0).round(1).tolist()
        gain = right[:, 1] - right[:, 0]
        about = 1.96 * gain.std() / len(gain) ** 0.5
        rows.append(
            {
                **{"turn": angle, "found": len(found), "right_as_it_is": as_it_is, "right_upright": upright},
                **{"gain_from": round(gain.mean() - about, 1), "gain_to": round(gain.mean() + about, 1)},
            }
        )
    return rows


def main() -> None:
    parser = arguments(__doc__, runs=1)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--yunet", type=Path, help="YuNet's file, to be measured too")
    parser.add_argument("--read", type=int, default=0, help="faces that the shipped expert reads")
    options = parser.parse_args()
    among = scenes(options.pictures)
    rows: list[dict[str, Any]] = []
    for which in (Path(HAAR_NAME), Path(MTCNN_NAME), *([options.yunet] if options.yunet else [])):
        detector = face_detector(which)
        rows.append({"detector": detector.name, **measured(detector, among)})
    rows += read_right(options.read) if options.read else []
    if options.json:
        print(json.dumps({"benchmark": "faces", "pictures": len(among), "rows": rows}))
        return
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
