"""What one run does: teach a decoder what is added to it, then have it answer, its attention moved or not."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from heartsay.atomic import write_text
from heartsay.errors import ModelError
from heartsay.evidence.evidence import IntArray
from heartsay.experiments.decoders.clips import Clips, read_clips
from heartsay.experiments.decoders.sources import Warned, made_of
from heartsay.experiments.study import Place, Run
from heartsay.metrics.conflict import CONSISTENT, subset_masks
from heartsay.models.fusion.modality import listening
from heartsay.models.fusion.reallocation import Reallocation, voice_shares
from heartsay.models.hosts.attention import install, reallocating
from heartsay.models.hosts.decoder import generate, load_host, read
from heartsay.models.hosts.questions import answered, ask, hears, load_processor, sound_rate, with_answers
from heartsay.progress import Report, silent
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.tasks.decoder import DecoderTask, DecoderTraining, load_adapted
from heartsay.training.trainer import train

ANSWERS, SETTINGS = "answers.json", "reallocation.json"

TOKENS = 12
"""That an answer may have: a label, and a word or two around it."""

HELD_OUT = ("dev", "test")


def question(clips: Clips) -> str:
    """What a decoder is asked of every clip."""
    names = ", ".join(clips.labels.names)
    return f"Which emotion does the person in this clip show? Answer with one of these words: {names}."


@dataclass(frozen=True)
class Host:
    """A decoder's folder, the clips that it is asked about, and how it is taught.

    Attributes:
        folder: of decoder and processor.
        table: of the clips.
        device: torch device.
        settings: by adapter.
    """

    folder: Path
    table: Path
    device: str
    settings: Mapping[str, DecoderTraining]

    def load(self) -> nn.Module:
        """The decoder, as it lies in its folder."""
        return load_host(self.folder).to(self.device)

    def inputs(
        self, split: str, numbers: IntArray, warned: Warned, *, answers: bool = False
    ) -> dict[str, Tensor]:
        """What the decoder is given for some clips of a split.

        Args:
            split: train, dev or test.
            numbers: of the clips in it.
            warned: keeps what is said of clips that cannot be decoded whole.
            answers: whether the labels follow, to be learnt.

        Raises:
            InputError: a clip cannot be decoded or asked about.
        """
        clips, processor = _clips(self.table), _processor(self.folder)
        pictures = next(iter(self.settings.values())).pictures
        rate = sound_rate(processor) if hears(processor) else None
        shown = []
        for decoded in clips.decode(split, numbers, pictures, rate):
            warned.add(decoded.id, decoded.warnings)
            shown.append(decoded.clip)
        found = ask(processor, question(clips), shown)
        if answers:
            names = [clips.labels.names[k] for k in clips.gold(split)[numbers]]
            found = with_answers(found, names, processor.tokenizer)
        return {name: value.to(self.device) for name, value in found.items()}

    def batches(self, split: str) -> list[IntArray]:
        """Numbers of the clips of a split, in the order of the table."""
        size = next(iter(self.settings.values())).batch_size
        count = len(_clips(self.table).items[split])
        return np.array_split(np.arange(count), -(-count // size))


def teach(host: Host, adapter: str, seed: int, folder: Path, report: Report = silent) -> RunFolder:
    """Train what is added to a decoder, or go on where it was killed.

    Raises:
        InputError: a clip cannot be read, or the folder holds another run.
        DivergedError: the loss is not finite.
        MissingDependencyError: peft or PyAV is not installed.
    """
    clips, settings = _clips(host.table), host.settings[adapter]
    gold = clips.gold("train").tolist()
    data = {"clips": len(gold), "fingerprint": made_of(host.folder, host.table)}
    run = begin_or_continue(folder, settings, seed, data)
    if run.is_finished():
        return run
    warned = Warned(folder)
    task = DecoderTask(
        host.load(),
        len(gold),
        lambda numbers: host.inputs("train", numbers, warned, answers=True),
        settings,
        seed,
    )
    return train(task, run, report=report)


def answer(host: Host, source: RunFolder | None, target: bool, run: Run, place: Place) -> None:
    """Have a decoder answer of every held-out clip, and keep its words.

    Args:
        host: the decoder and its clips.
        source: the finished run that taught it; None for the decoder as it is.
        target: whether attention is moved, towards voice's mean share on consistent development clips.
        run: whose answers they are.
        place: where runs are kept.

    Raises:
        ModelError: attention cannot be moved: the decoder has nothing to move it between.
    """
    model = host.load()
    model = model if source is None else load_adapted(model, source)
    model.eval()
    folder, moved = run.folder(place.work), None
    folder.mkdir(parents=True, exist_ok=True)
    warned = Warned(folder)
    if target:
        install(model)
        share, by_token = development_share(host, model, warned)
        if not math.isfinite(share):
            raise ModelError(
                "No consistent development clip on which the decoder looks at voice and face both: there is "
                "nothing between which its attention could be moved."
            )
        moved = Reallocation(share)
        told = {"target": share, "strength": moved.strength, "tolerance": moved.tolerance}
        write_text(folder / SETTINGS, json.dumps({**told, "development_share_by_token": by_token}) + "\n")
    tokenizer = _processor(host.folder).tokenizer
    asked: dict[str, Any] = {
        "max_new_tokens": TOKENS,
        "do_sample": False,
        "pad_token_id": tokenizer.pad_token_id,
    }
    found: dict[str, list[str]] = {}
    with torch.inference_mode(), reallocating(moved):
        for split in HELD_OUT:
            found[split] = []
            for numbers in host.batches(split):
                inputs = host.inputs(split, numbers, warned)
                sequences = generate(model, **inputs, **asked)
                found[split] += answered(tokenizer, sequences, inputs["input_ids"].shape[1])
    write_text(folder / ANSWERS, json.dumps(found, ensure_ascii=False, indent=1) + "\n")


def development_share(host: Host, model: nn.Module, warned: Warned) -> tuple[float, float]:
    """Voice's mean share of the attention of the last prompt token, on consistent development clips.

    Returns:
        Of the mass, and of the mean mass of a token; NaN where there is no such clip, or no such attention.
    """
    clips = _clips(host.table)
    consistent = subset_masks(clips.gold("dev"), *clips.sides("dev"))[CONSISTENT]
    masses, ids = [], []
    # At no strength nothing is moved, and layers tell where they look.
    with torch.inference_mode(), reallocating(Reallocation(strength=0.0)):
        for number in np.flatnonzero(consistent):
            with listening("attention") as told:
                read(model, **host.inputs("dev", np.array([number]), warned))
            masses += [layer.mass[:, :, -1:] for layer in told]
            ids += [layer.ids for layer in told]
    shares = [voice_shares(mass, of) for mass, of in zip(masses, ids, strict=True)]
    known = [pair for pair in shares if all(map(math.isfinite, pair))]
    if not known:
        return math.nan, math.nan
    return float(np.mean([a for a, _ in known])), float(np.mean([b for _, b in known]))


@lru_cache(maxsize=1)
def _clips(table: Path) -> Clips:
    return read_clips(table)


@lru_cache(maxsize=1)
def _processor(folder: Path) -> Any:
    return load_processor(folder)
