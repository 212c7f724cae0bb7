"""The speaker encoder: CREMA-D's actors, split so that nobody is in two splits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heartsay.corpora import crema_d
from heartsay.experiments.experts.voice import FRAMES, split_clips
from heartsay.progress import Report, silent
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.speaker_network import Speakers, SpeakerTraining, train_speaker_network


def load_speakers(
    cache: Path, fold: int = 0, splits: Sequence[str] = ("train", "dev"), report: Report = silent
) -> dict[str, Speakers]:
    """Clips by split with their actors; frames are shared with the voice expert.

    Args:
        cache: folder of the frames.
        fold: which fifth of the actors is tested.
        splits: which are wanted.
        report: progress callback.

    Raises:
        InputError: files are absent or not as published, or a recording cannot be decoded.
        MissingDependencyError: PyAV is not installed.
    """
    clips = split_clips(fold)
    frames = crema_d.voice_frames([c for split in splits for c in clips[split]], cache / FRAMES, report)
    return {split: Speakers.of(clips[split], frames) for split in splits}


def train_speaker(
    settings: SpeakerTraining, folder: Path, cache: Path, *, seed: int, fold: int = 0, report: Report = silent
) -> RunFolder:
    """Train the speaker encoder, or go on where it was killed.

    Raises:
        InputError: as `load_speakers`, or the folder holds another run.
        MissingDependencyError: as `load_speakers`.
        DivergedError: the loss is not finite.
    """
    speakers = load_speakers(cache, fold, report=report)
    return train_speaker_network(speakers, folder, settings, seed=seed, facts={"fold": fold}, report=report)
