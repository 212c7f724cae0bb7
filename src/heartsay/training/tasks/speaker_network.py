"""The speaker network, trained to tell CREMA-D's actors apart whatever they say and feel.

Additive angular margin (Deng et al. 2019, "ArcFace", equation 3): an actor's stretches must lie nearer to the
actor's own direction by a margin. Each actor counts three times, as he is and with every frequency lower and
higher, since a voice that is shifted so far is another person's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from heartsay.corpora.crema_d import Clip
from heartsay.evidence.evidence import IntArray
from heartsay.media.extent import voice_extent
from heartsay.metrics.verification import equal_error_rate
from heartsay.models.speaker_network import CHANNELS, WIDTH, SpeakerNetwork
from heartsay.objectives import objective
from heartsay.progress import Report, Row, silent
from heartsay.training.devices import in_16_bits
from heartsay.training.optimisation import Decay, NotNegative, OptimisationSettings, Positive, Share
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.saving import save_weights
from heartsay.training.tasks.voice_network import Parts, by_length, fingerprint, padded
from heartsay.training.trainer import SAVE_EVERY, Task, train
from heartsay.training.voice_augmentation import VoiceAugmentation, stretched, varied

LASTING = 6
"""Frames in a row, 10 ms apart, that have to be loud where a clip is taken to begin and to end."""

JUDGED = 120
"""Frames of the stretches that development scores are of: 1.2 seconds, a window of `recordings.speakers`."""


class SpeakerTraining(OptimisationSettings):
    """Settings of a run of the speaker network."""

    kind: ClassVar[str] = "speaker network"
    decay: ClassVar[Decay] = "cosine"

    name: str = Field(default="speaker", description="What the run is called.")
    epochs: int = Field(default=30, ge=1)
    batch_size: int = Field(default=64, ge=1, description="Stretches in a batch.")
    learning_rate: Positive = 2e-3
    weight_decay: NotNegative = 0.05
    warmup: Share = 0.05
    gradient_norm: Positive | None = 2.0
    channels: tuple[int, int, int] = CHANNELS
    width: int = Field(default=WIDTH, ge=1, description="Numbers of a speaker's vector.")
    shortest: int = Field(default=60, ge=10, description="Frames of the shortest stretches.")
    longest: int = Field(default=150, ge=10, description="Frames of the longest stretches.")
    margin: NotNegative = Field(default=0.2, description="Angle, in radians, by which speakers are parted.")
    scale: Positive = Field(default=24.0, description="What cosines are multiplied by before the softmax.")
    shifts: tuple[float, ...] = Field(
        default=(0.87, 1.0, 1.15), description="Shifts of all frequencies; each makes a speaker of its own."
    )
    augmentation: VoiceAugmentation = VoiceAugmentation(pitch=0.0, masks=1)
    bfloat16: bool = Field(
        default=True, description="Convolve in 16 bits while training where the processor knows how."
    )


@dataclass(frozen=True)
class Speakers:
    """N stretches of voice and whose they are.

    Attributes:
        name: of each clip.
        frames: log-mel frames in dB of each, without the silence around it, (T, 64).
        speaker: number of its speaker, (N,).
    """

    name: tuple[str, ...]
    frames: tuple[NDArray[np.float16], ...]
    speaker: IntArray

    @classmethod
    def of(cls, clips: Sequence[Clip], frames: Mapping[str, NDArray[np.float16]]) -> Speakers:
        """Clips of CREMA-D with their frames by id; speakers are numbered in the order of their names."""
        number = {actor: k for k, actor in enumerate(sorted({clip.actor for clip in clips}))}
        return cls(
            tuple(clip.id for clip in clips),
            tuple(without_silence(frames[clip.id]) for clip in clips),
            np.array([number[clip.actor] for clip in clips], np.int64),
        )

    def __len__(self) -> int:
        return len(self.name)


def without_silence(frames: NDArray[np.float16]) -> NDArray[np.float16]:
    """Frames from where the voice begins until it ends, (T', 64)."""
    level = 10 * np.log10((10 ** (frames.astype(np.float64) / 10)).mean(1))
    return frames[voice_extent(level, LASTING)]


def train_speaker_network(
    speakers: Mapping[str, Speakers],
    folder: Path,
    settings: SpeakerTraining | None = None,
    *,
    seed: int = 1,
    facts: Mapping[str, int] | None = None,
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> RunFolder:
    """Train, or go on where it was killed; what is finished is left as it is.

    The network after the last epoch is the result, as of the voice network.

    Args:
        speakers: of `train` and `dev`, nobody in both.
        folder: folder of the run.
        settings: the defaults if not given.
        seed: of weights, order, stretches and augmentation.
        facts: what else to write down of the data, such as the fold.
        save_every: seconds between saved states.
        report: progress callback.

    Raises:
        InputError: the folder holds another run.
        DivergedError: the loss is not finite.
    """
    settings = settings or SpeakerTraining()
    sizes = {split: len(part) for split, part in speakers.items()}
    parts: Parts = {split: (s.name, [*s.frames, s.speaker]) for split, s in speakers.items()}
    data = {**(facts or {}), **sizes, "fingerprint": fingerprint(parts)}
    run = begin_or_continue(folder, settings, seed, data)
    if run.is_finished():
        return run
    report({"message": f"Training the speaker network on {len(speakers['train']):,} clips"})
    return train(SpeakerTask(speakers, settings, seed), run, save_every=save_every, report=report)


class _Classifier(nn.Module):
    """The network, and a direction for each speaker that it is trained on."""

    def __init__(self, network: SpeakerNetwork, speakers: int, width: int) -> None:
        super().__init__()
        self.network = network
        self.directions = nn.Parameter(torch.randn(speakers, width))


class SpeakerTask(Task[IntArray]):
    """Whose a stretch is, from its frames; a batch is the numbers of its clips."""

    model: _Classifier

    def __init__(self, speakers: Mapping[str, Speakers], settings: SpeakerTraining, seed: int) -> None:
        self.training, self.development = speakers["train"], speakers["dev"]
        self.settings, self.seed, self.epochs = settings, seed, settings.epochs
        torch.manual_seed(seed)
        count = len(settings.shifts) * (int(self.training.speaker.max()) + 1)
        self.model = _Classifier(SpeakerNetwork(settings.channels, settings.width), count, settings.width)
        self.optimisation = settings.optimisation(
            [(self.model.parameters(), settings.learning_rate)], steps=self.epochs * len(self.batches(0))
        )

    def batches(self, epoch: int) -> Sequence[IntArray]:
        """Clips in a new order; from here each epoch has a random stream of its own."""
        torch.manual_seed(self.seed * 1000 + epoch)
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.training))
        return np.array_split(order, -(-len(order) // self.settings.batch_size))

    def step(self, batch: IntArray, progress: float) -> Mapping[str, float]:
        """One update by the cross-entropy with a margin."""
        chosen = self.settings
        length = int(torch.randint(chosen.shortest, chosen.longest + 1, ()))
        frames, real = padded([_any_part(self.training.frames[k], length) for k in batch.tolist()])
        shift = torch.randint(len(chosen.shifts), (len(batch),))
        frames = torch.stack(
            [stretched(f[None], chosen.shifts[k])[0] for f, k in zip(frames, shift.tolist(), strict=True)]
        )
        frames, real = varied(frames, real, chosen.augmentation)
        with in_16_bits(chosen.bfloat16):
            vectors = self.model.network(frames, real)
        speaker = torch.from_numpy(self.training.speaker[batch]) * len(chosen.shifts) + shift
        logits = margin_logits(vectors, self.model.directions, speaker, chosen.margin, chosen.scale)
        loss = nn.functional.cross_entropy(logits, speaker)
        return self.optimisation.descend(self.model, loss, {"speaker": loss})

    def evaluate(self, epoch: int) -> Row:
        """Equal error rate of pairs of stretches of `JUDGED` frames of development clips, in percent."""
        vectors = embed(self.model.network, [middle(f, JUDGED) for f in self.development.frames])
        if not np.isfinite(vectors).all():
            raise objective.DivergedError
        return {"equal_error_rate": 100 * pair_error_rate(vectors, self.development.speaker)}

    def finish(self, run: RunFolder, chosen: Mapping[str, int], report: Report) -> None:
        """The weights after the last epoch."""
        save_weights(self.model.network.state_dict(), run.weights)


def margin_logits(
    vectors: Tensor, directions: Tensor, speaker: Tensor, margin: float, scale: float
) -> Tensor:
    """Scaled cosines, that of the own speaker at an angle that is larger by the margin, (N, S).

    Args:
        vectors: of length 1, (N, D).
        directions: of the speakers, of any length, (S, D).
        speaker: own speaker of each vector, (N,).
        margin: in radians.
        scale: what cosines are multiplied by.
    """
    cosine = (vectors @ nn.functional.normalize(directions, dim=1).T).clamp(-1 + 1e-6, 1 - 1e-6)
    own = torch.arange(directions.shape[0]) == speaker[:, None]
    return scale * torch.where(own, (cosine.acos() + margin).clamp(max=torch.pi).cos(), cosine)


def middle(frames: NDArray[Any], most: int) -> NDArray[Any]:
    """So many frames from the middle, or all where there are no more."""
    start = max(0, (len(frames) - most) // 2)
    return frames[start : start + most]


def _any_part(frames: NDArray[Any], length: int) -> NDArray[Any]:
    start = int(torch.rand(()) * max(1, len(frames) - length + 1))
    return frames[start : start + length]


def embed(network: SpeakerNetwork, frames: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Vectors of stretches, (N, D), in the order of `frames`."""
    network.eval()
    found = np.empty((len(frames), network.projection.out_features))
    with torch.inference_mode():
        for batch in by_length(frames):
            found[batch] = network(*padded([frames[k] for k in batch])).numpy()
    return found


def pair_error_rate(vectors: NDArray[np.float64], speaker: IntArray) -> float:
    """Equal error rate over all pairs of vectors."""
    likeness = vectors @ vectors.T
    first, second = np.triu_indices(len(vectors), 1)
    own = speaker[first] == speaker[second]
    pairs = likeness[first, second]
    return equal_error_rate(pairs[own], pairs[~own])
