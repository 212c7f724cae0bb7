"""The voice expert: CREMA-D's recordings, split so that no actor is in two splits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heartsay.corpora import crema_d
from heartsay.corpora.crema_d_folds import actor_splits
from heartsay.evidence.corpus import SPLITS
from heartsay.progress import Report, silent
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.voice_network import Voices, VoiceTraining, train_voice_network

FRAMES = "crema-d-log-mel.npz"
"""File of the frames in the cache folder."""


def split_clips(fold: int = 0, root: Path | None = None) -> dict[str, list[crema_d.Clip]]:
    """CREMA-D's clips by split, without the nearly silent one.

    Args:
        fold: which fifth of the actors is tested, from 0 to 4.
        root: folder that holds the corpora; by default the one that HEARTSAY_DATA names.

    Raises:
        InputError: files are absent or not as published, or there is no such fold.
    """
    split_of = actor_splits(crema_d.read_genders(root), fold)
    clips = crema_d.read_clips(root)
    return {split: [clip for clip in clips if split_of[clip.actor] == split] for split in SPLITS}


def load_voices(
    cache: Path, fold: int = 0, splits: Sequence[str] = ("train", "dev"), report: Report = silent
) -> dict[str, Voices]:
    """Voices by split; frames that are not in the cache are made, in about half a minute.

    Args:
        cache: folder of the frames, a quarter of a gigabyte.
        fold: as in `split_clips`.
        splits: which are wanted.
        report: progress callback.

    Raises:
        InputError: as `split_clips`, or a recording cannot be decoded.
        MissingDependencyError: PyAV is not installed.
    """
    clips = split_clips(fold)
    frames = crema_d.voice_frames([c for split in splits for c in clips[split]], cache / FRAMES, report)
    return {split: Voices.of(clips[split], frames) for split in splits}


def train_voice(
    settings: VoiceTraining, folder: Path, cache: Path, *, seed: int, fold: int = 0, report: Report = silent
) -> RunFolder:
    """Train the voice expert, or go on where it was killed.

    Raises:
        InputError: as `load_voices`, or the folder holds another run.
        MissingDependencyError: as `load_voices`.
        DivergedError: the loss is not finite.
    """
    voices = load_voices(cache, fold, report=report)
    return train_voice_network(voices, folder, settings, seed=seed, facts={"fold": fold}, report=report)
