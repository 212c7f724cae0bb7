"""CREMA-D and FER+ in their published files, tiny: tones for voices, marked noise for faces."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from tests.dummies.recordings import record, tone

from heartsay.labels import FER_PLUS

PITCH = {"ANG": 300, "SAD": 3000, "NEU": 1000}
VOTES = {"ANG": (8, 0, 0, 0, 1, 0), "SAD": (0, 0, 0, 0, 1, 8), "NEU": (0, 2, 0, 0, 7, 0)}


def write_crema_d(root: Path) -> None:
    """Twenty actors in three emotions.

    Every other angry voice has a sad face, which is right; every third sad one a neutral one, which is wrong.
    """
    folder = root / "crema-d"
    (folder / "audio").mkdir(parents=True)
    with (folder / "tabulatedVotes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *"ADFHNS", "fileName", "meanEmoResp"])
        for actor in range(20):
            for k, emotion in enumerate(VOTES):
                name = f"{1001 + actor}_IEO_{emotion}_XX"
                face = both = "SAD" if emotion == "ANG" and actor % 2 else emotion
                if emotion == "SAD" and actor % 3 == 0:
                    face = "NEU"
                for digit, shown in zip("123", (emotion, face, both), strict=True):
                    votes = VOTES[shown]
                    writer.writerow([f"{digit}{actor:03d}{k:02d}", *votes, name, 50])
                sound = tone(0.6, PITCH[emotion]) + np.random.default_rng(actor).normal(0, 0.01, 9600)
                record(folder / "audio" / f"{name}.ogg", sound)
    people = "".join(f"{1001 + k},30,{'Male' if k % 2 else 'Female'}\n" for k in range(20))
    (folder / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n" + people)


def write_ferplus(root: Path) -> None:
    """Fifty-six faces in each split, seven of each emotion, which the row of a bright line tells."""
    folder = root / "ferplus"
    folder.mkdir()
    for seed, split in enumerate(("train", "valid", "test")):
        random = np.random.default_rng(seed)
        emotion = np.arange(56) % len(FER_PLUS)
        image = random.integers(0, 150, (56, 48, 48))
        image[np.arange(56), 6 * emotion] += 100
        votes = np.zeros((56, 10), np.uint8)
        votes[np.arange(56), emotion] = 10
        names = np.array([f"{split}{k}" for k in range(56)])
        np.savez(folder / f"{split}.npz", image=image.astype(np.uint8), votes=votes, name=names)
