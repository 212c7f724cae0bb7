"""The four proofs that hold every backbone, the project's own and a user's, over random conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any, Literal, get_args

import torch

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.evidence.views import ALONE, CONTEXTS, FULL, Removal, removals
from heartsay.models.backbone import Backbone, EmotionReading, Filling, InputShape
from heartsay.models.registry import backbone_options, build_backbone
from heartsay.models.strict import read_strictly

Mode = Literal["edges", "strict"]
Reader = Callable[[EvidenceBatch], EmotionReading]

SHAPE = InputShape({"text": 12, "voice": 7, "face": 5}, speakers=3, classes=4)
"""What a backbone is built for here."""

CLOSE = 2e-5
"""Values are equal up to this part of 1 plus their size: more than rounding makes of them."""

MOVED = 1e-3
"""Logits have changed from this part of their spread on."""

PROOFS: Mapping[str, str] = {
    "company": "padding and batch mates change nothing",
    "alone": "with all others hidden, a conversation reads as its utterances one by one",
    "hidden": "what a view removed can be noise without moving the reading",
    "felt": "every view changes the reading where it takes something away",
}
"""The proofs by name. `hidden` reads copies of one conversation at once, so it relies on `company`."""


@dataclass(frozen=True)
class Finding:
    """What one proof found under one filling and in one mode.

    Attributes:
        proof: one of `PROOFS`.
        mode: how the backbone was read. `alone` and, for context, `hidden` are about `strict` only.
        filling: what stood where a modality was missing; None where the backbone has no such setting.
        view: where the deviation is.
        deviation: the largest difference between values that must be equal, as a part of 1 plus their size.
            For `felt` the largest change of a logit, as a part of the logits' spread, under the view that
            changes least.
        holds: whether it is at most `CLOSE`, for `felt` at least `MOVED`.
    """

    proof: str
    mode: Mode
    filling: str | None
    view: str
    deviation: float
    holds: bool


def check_backbone(name: str, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Hold a backbone to the proofs, under every filling that its constructor accepts and in both modes.

    Args:
        name: a key of `BACKBONES`, or `module:Name`.
        settings: of its constructor; a filling among them is the only one that is looked at.

    Raises:
        InputError: it cannot be built, or what it answers has not the shape of a reading.
    """
    for filling in accepted_fillings(name, settings):
        model = _built(name, settings, filling)
        for mode in get_args(Mode):
            for proof, (view, deviation) in _deviations(partial(_read, model, mode), mode).items():
                holds = deviation >= MOVED if proof == "felt" else deviation <= CLOSE
                yield Finding(proof, mode, filling, view, deviation, holds)


def edge_leaks(name: str, settings: Mapping[str, Any]) -> dict[str, float]:
    """How far the mode `edges` lets hidden context through, which a recurrence cannot help.

    Returns:
        By view, how much the probability of the likeliest class moves when what is hidden becomes noise: a
        mean over the utterances from which something is hidden, in conversations without missing cells.

    Raises:
        InputError: as `check_backbone`.
    """
    read, whole = partial(_read, _built(name, settings, None), "edges"), random_evidence((7,), missing=0.0)
    leaks = {}
    for view in CONTEXTS:
        hidden = (~view(whole).visible[0]).any(-1)  # (T,)
        before, after = (x.emotion[hidden].softmax(-1) for x in _with_noise(read, view(whole)))
        leading = before.argmax(-1, keepdim=True)
        leaks[view.name] = float((after - before).gather(-1, leading).abs().mean())
    return leaks


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it torch computes with one thread: tensors are so small here that several would only wait."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def accepted_fillings(name: str, settings: Mapping[str, Any]) -> list[str | None]:
    """What a backbone can put in place of missing cells; [None] where that is no setting of it.

    Raises:
        InputError: it cannot be built at all.
    """
    build_backbone(name, SHAPE, settings)
    if "filling" in settings or "filling" not in backbone_options(name):
        return [settings.get("filling")]
    accepted: list[str | None] = []
    for filling in get_args(Filling):
        try:
            build_backbone(name, SHAPE, {**settings, "filling": filling})
        except InputError:  # without the filling it can be built
            continue
        accepted.append(filling)
    return accepted


def random_evidence(lengths: tuple[int, ...], missing: float = 0.2, seed: int = 0) -> EvidenceBatch:
    """Conversations of random features and up to three speakers, padded.

    Args:
        lengths: of the conversations, in utterances.
        missing: how often a cell, one modality of one utterance, is not present.
        seed: of all that is random.
    """
    random = torch.Generator().manual_seed(seed)
    batch, longest = len(lengths), max(lengths)
    real = torch.arange(longest) < torch.tensor(lengths)[:, None]
    speaker = torch.randint(SHAPE.speakers, (batch, longest), generator=random)
    speaker[:, : SHAPE.speakers] = torch.arange(min(SHAPE.speakers, longest))
    features, present = {}, {}
    for modality, width in SHAPE.widths.items():
        features[modality] = torch.randn(batch, longest, width, generator=random) * real[..., None]
        present[modality] = (torch.rand(batch, longest, generator=random) >= missing) & real
    visible = real[:, :, None] & real[:, None, :]
    return EvidenceBatch(features, present, torch.where(real, speaker, -1), real, visible)


def _built(name: str, settings: Mapping[str, Any], filling: str | None) -> Backbone:
    """A backbone with dropout off in which weights have an effect also where they start all alike."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(3)
        model = build_backbone(name, SHAPE, settings if filling is None else {**settings, "filling": filling})
        for weight in model.parameters():
            if weight.numel() and (weight == weight.flatten()[0]).all():
                weight.add_(0.1 * torch.randn_like(weight))
    return model.eval()


def _read(model: Backbone, mode: Mode, evidence: EvidenceBatch) -> EmotionReading:
    with torch.no_grad():
        reading = model(evidence) if mode == "edges" else read_strictly(model, evidence)
    if not (isinstance(reading, tuple) and len(reading) == 2 and all(map(_is_of_floats, reading))):
        raise InputError(
            expected="an EmotionReading of two tensors of floats",
            found=_in_words(reading),
            where=f"what {type(model).__name__} answers",
            do="return EmotionReading(logits, vectors)",
        )
    batch, length = evidence.real.shape
    emotion, representation = (tuple(values.shape) for values in reading)
    if (
        emotion != (batch, length, SHAPE.classes)
        or representation[:-1] != (batch, length)
        or 0 in representation
    ):
        raise InputError(
            expected=f"logits ({batch}, {length}, {SHAPE.classes}) and vectors ({batch}, {length}, H)",
            found=f"{emotion} and {representation}",
            where=f"what {type(model).__name__} answers",
            do="return an EmotionReading of these shapes",
        )
    return reading


def _is_of_floats(values: object) -> bool:
    return isinstance(values, torch.Tensor) and values.is_floating_point()


def _in_words(reading: object) -> str:
    parts = reading if isinstance(reading, tuple) else (reading,)
    return " and ".join(str(getattr(part, "dtype", type(part).__name__)) for part in parts) or "nothing"


def _deviations(read: Reader, mode: Mode) -> dict[str, tuple[str, float]]:
    """For each proof the view that deviates most, and by how much."""
    size = itemgetter(1)
    views = (FULL, *removals(tuple(SHAPE.widths)).values())
    without_path = [view for view in views if mode == "strict" or view not in CONTEXTS]
    found = {
        "company": max(((view.name, _company(read, view)) for view in views), key=size),
        "hidden": max(((view.name, _hidden(read, view)) for view in without_path), key=size),
        "felt": min(((view.name, _felt(read, view)) for view in views if view != FULL), key=size),
    }
    if mode == "strict":
        found["alone"] = (ALONE.name, _alone(read))
    return found


def _company(read: Reader, view: Removal) -> float:
    """Of conversations together, with something loud in their padding, from each by itself."""
    edited = view(random_evidence((5, 1, 7)))
    loud = {m: torch.where(edited.real[..., None], x, 1e3) for m, x in edited.features.items()}
    together = read(replace(edited, features=loud))
    return max(
        _deviation(_rows(together, (row, slice(length))), _rows(read(_part(edited, row, slice(length))), 0))
        for row, length in enumerate(edited.real.sum(1).tolist())
    )


def _alone(read: Reader) -> float:
    """Of a conversation in which each utterance sees itself alone from conversations of one utterance."""
    whole = random_evidence((5, 1, 7))
    apart = read(ALONE(whole))
    return max(
        _deviation(_rows(apart, (row, [place])), _rows(read(_part(whole, row, [place])), 0))
        for row, place in whole.real.nonzero().tolist()
    )


def _hidden(read: Reader, view: Removal) -> float:
    """Of a reading with noise in all that is hidden or not present from the reading without."""
    before, after = _with_noise(read, view(random_evidence((7,), seed=1)))
    return _deviation(after, before)


def _felt(read: Reader, view: Removal) -> float:
    """The largest change of a logit where a view takes something away, as a part of the logits' spread."""
    whole = random_evidence((7, 5), seed=1)
    edited = view(whole)
    lost = (whole.visible & ~edited.visible).any(-1)  # (B, T)
    for modality, here in whole.present.items():
        lost = lost | (here & ~edited.present[modality])
    full = read(whole).emotion
    change = (read(edited).emotion - full)[lost].abs().max()
    return float(torch.nan_to_num(change / full[whole.real].std(), nan=0.0))


def _with_noise(read: Reader, edited: EvidenceBatch) -> tuple[EmotionReading, EmotionReading]:
    """Readings of the utterances of one conversation, (T, ...), and with noise in what each may not see."""
    length = edited.real.shape[1]
    copies = edited.map(lambda x: x[[0] * length])
    hidden = ~edited.visible[0]  # (T, T): copy k is that of utterance k
    random = torch.Generator().manual_seed(0)
    features = {}
    for m, x in copies.features.items():
        noise = 3 * torch.randn(x.shape, generator=random)
        features[m] = torch.where((hidden | ~copies.present[m])[..., None], noise, x)
    present = {m: here ^ hidden for m, here in copies.present.items()}
    place = torch.arange(length)
    before, after = read(copies), read(replace(copies, features=features, present=present))
    return _rows(before, (place, place)), _rows(after, (place, place))


def _part(whole: EvidenceBatch, row: int, places: slice | list[int]) -> EvidenceBatch:
    """Some places of one conversation, as a conversation."""
    part = whole.map(lambda x: x[row : row + 1, places])
    return part.seeing(part.visible[:, :, places])


def _rows(reading: EmotionReading, at: Any) -> EmotionReading:
    return EmotionReading(*(values[at] for values in reading))


def _deviation(found: EmotionReading, wanted: EmotionReading) -> float:
    """The largest difference as a part of 1 plus the size of the value; infinite where one is no number."""
    parts = [
        ((a - b).abs() / (1 + b.abs())).nan_to_num(torch.inf).max()
        for a, b in zip(found, wanted, strict=True)
    ]
    return float(torch.stack(parts).max())
