"""The face expert: FER+'s photographs, none of them in two splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from heartsay.corpora import ferplus
from heartsay.corpora.ferplus import Faces
from heartsay.progress import Report, silent
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.face_network import FaceTraining, train_face


def load_faces(root: Path | None = None) -> dict[str, Faces]:
    """Faces by split; of a photograph that is in two, the later keeps it (`ferplus.pools`).

    Raises:
        InputError: a file is absent or not as published.
    """
    pools = ferplus.pools(root)
    parts = (pools.network, pools.train)
    joined = (np.concatenate([getattr(part, name) for part in parts]) for name in ("image", "votes", "name"))
    return {"train": Faces(*joined), "dev": pools.dev, "test": pools.test}


def train_face_expert(
    settings: FaceTraining, folder: Path, *, seed: int, report: Report = silent
) -> RunFolder:
    """Train the face expert, or go on where it was killed.

    Raises:
        InputError: as `load_faces`, or the folder holds another run.
        DivergedError: the loss is not finite.
    """
    report({"message": "Reading FER+ without near-duplicate faces"})
    faces = load_faces()
    return train_face({s: faces[s] for s in ("train", "dev")}, folder, settings, seed=seed, report=report)
