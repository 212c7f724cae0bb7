"""Clips of small corpora, one for each utterance, named as those of the corpora are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.dummies.corpora import DIALOGUES, dialogues
from tests.dummies.recordings import record, tone

PITCH = {"anger": 300.0, "sadness": 90.0, "joy": 400.0}
FOLDERS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}


def write_meld_clips(folder: Path) -> int:
    """A clip of a third of a second for each utterance of the small MELD; returns how many."""
    count = 0
    for split in DIALOGUES:
        (folder / FOLDERS[split]).mkdir(parents=True)
        for number, dialogue in enumerate(dialogues(split)):
            for turn, (_, emotion, _) in enumerate(dialogue.turns):
                random = np.random.default_rng(count)
                sound = tone(0.3, PITCH.get(emotion, 180.0)) + random.normal(0, 0.02, 4800)
                record(folder / FOLDERS[split] / f"dia{number}_utt{turn}.wav", sound)
                count += 1
    return count
