"""A backbone's readings of labelled conversations under many views: what scores and tables are made from."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, NamedTuple
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartsay.atomic import atomic_path
from heartsay.errors import ModelError
from heartsay.evidence.features import FeatureConversation, FeatureCorpus, Floats, Integers
from heartsay.evidence.reading import UNLABELLED
from heartsay.evidence.spoiling import with_missing_cells
from heartsay.evidence.tensors import Batch, BatchView
from heartsay.evidence.view_stack import stack_views
from heartsay.evidence.views import CONTEXTS, FULL, Removal, Replacement, removals
from heartsay.models.backbone import Backbone
from heartsay.models.strict import read_strictly
from heartsay.training.feature_batches import for_reading

Mode = Literal["edges", "strict"]
MODES: tuple[Mode, ...] = ("edges", "strict")

CELLS = 4096
"""Utterances, padding included, that are read at once, all views together."""

LOGITS = "logits/"
"""What the names of logits begin with in a file."""

Names = NDArray[np.str_]
Halves = NDArray[np.float16]


@dataclass(frozen=True)
class FeatureReadings:
    """What a model says of the labelled utterances of the development and test splits.

    Rows are in the order of the splits, their conversations and the utterances therein.

    Attributes:
        gold: class index, (N,).
        utterance: ids, (N,).
        conversation: number of the conversation, (N,), into `conversations`.
        position: place of the utterance in its conversation, from 0, (N,).
        speaker: conversation-local speaker index, (N,).
        split: `dev` or `test`, (N,).
        conversations: ids of the conversations.
        classes: names of the classes.
        modalities: which modalities the model was given.
        logits: by name, (N, C): `<mode>/<view>`, where a mode is `edges` or `strict` and a view is `full` or
            named as in `heartsay.evidence.views.removals`; where asked for `coalition/<bits>`
            (`coalition_views`) and `missing/<rate>/<draw>` (`missing_views`).
        representation: what the logits of `edges/full` are read from, (N, H); (N, 0) where it was not kept.
    """

    gold: Integers
    utterance: Names
    conversation: Integers
    position: Integers
    speaker: Integers
    split: Names
    conversations: tuple[str, ...]
    classes: tuple[str, ...]
    modalities: tuple[str, ...]
    logits: Mapping[str, Floats]
    representation: Halves

    def of(self, split: str) -> FeatureReadings:
        """The rows of one split."""
        rows = self.split == split
        arrays = {name: getattr(self, name)[rows] for name in _ROWS}
        return replace(self, **arrays, logits={name: values[rows] for name, values in self.logits.items()})

    def removals_only(self) -> FeatureReadings:
        """The same in less room: without representation, and without what is read only when asked for."""
        kept = {name: values for name, values in self.logits.items() if name.startswith(MODES)}
        return replace(self, logits=kept, representation=self.representation[:, :0])

    def save(self, path: Path) -> None:
        """Write as a NumPy archive, whole or not at all."""
        arrays = {name: getattr(self, name) for name in _ROWS}
        arrays |= {name: np.array(getattr(self, name), np.str_) for name in _LISTS}
        arrays |= {f"{LOGITS}{name}": values for name, values in self.logits.items()}
        with atomic_path(path) as beside, beside.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> FeatureReadings:
        """Read what `save` wrote.

        Raises:
            ModelError: there is no such file, or it is not one of readings.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                values = {name: stored[name] for name in _ROWS}
                values |= {name: tuple(stored[name].tolist()) for name in _LISTS}
                logits = {n.removeprefix(LOGITS): stored[n] for n in stored.files if n.startswith(LOGITS)}
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
            first = str(error).split("\n")[0]
            raise ModelError(f"{path} holds no readings ({first}); train the run again.") from error
        return cls(**values, logits=logits)


READ_SPLITS = ("dev", "test")
CPU = torch.device("cpu")

_LISTS = ("conversations", "classes", "modalities")
_ROWS = tuple(f.name for f in fields(FeatureReadings) if f.name not in (*_LISTS, "logits"))


@dataclass(frozen=True)
class Extras:
    """Readings that are made only when asked for.

    Args:
        coalitions: the mode in which to read all coalitions of modalities and contexts; none if not given.
        missing_rates: rates at which cells are taken away.
        missing_draws: how often that is drawn for each rate.
    """

    coalitions: Mode | None = None
    missing_rates: tuple[float, ...] = ()
    missing_draws: int = 10


NO_EXTRAS = Extras()


class Taken(NamedTuple):
    """Readings of U utterances, labelled or not, in the order of their conversations.

    Attributes:
        logits: by name of the view, (U, C).
        representation: of the first view, (U, H).
    """

    logits: dict[str, Floats]
    representation: Floats


def feature_readings(
    model: Backbone,
    corpus: FeatureCorpus,
    modalities: Sequence[str],
    by: Replacement = "nothing",
    extras: Extras = NO_EXTRAS,
    device: torch.device = CPU,
) -> FeatureReadings:
    """Read the development and test splits under every view that a table may ask for.

    Args:
        model: a trained backbone; it is left in evaluation mode.
        corpus: standardised as in training.
        modalities: those the model was trained with.
        by: what stands for a modality that is taken away.
        extras: what to read beyond the removals.
        device: where the model is.
    """
    conversations = [c for split in READ_SPLITS for c in corpus.splits[split]]
    taken = read_views(model, conversations, modalities, by, device=device)
    logits = dict(taken.logits)
    if extras.coalitions is not None:
        coalitions = coalition_views(modalities, by)
        batches = for_reading(conversations, modalities, CELLS)
        logits |= read_through(model, batches, coalitions, extras.coalitions == "strict", device).logits
    if extras.missing_rates:
        batches = for_reading(conversations, modalities, CELLS)
        views = missing_views(extras.missing_rates, extras.missing_draws)
        logits |= read_through(model, batches, views, device=device).logits
    return line_up(corpus, modalities, Taken(logits, taken.representation))


def line_up(corpus: FeatureCorpus, modalities: Sequence[str], taken: Taken) -> FeatureReadings:
    """Put readings of all development and test utterances beside the gold labels of the labelled ones."""
    conversations = [c for split in READ_SPLITS for c in corpus.splits[split]]
    lengths = [len(c) for c in conversations]
    sizes = [sum(len(c) for c in corpus.splits[split]) for split in READ_SPLITS]
    gold = np.concatenate([c.emotion for c in conversations])
    rows = gold != UNLABELLED
    return FeatureReadings(
        gold=gold[rows],
        utterance=np.array([u for c in conversations for u in c.utterances], np.str_)[rows],
        conversation=np.repeat(np.arange(len(lengths)), lengths)[rows],
        position=np.concatenate([np.arange(length) for length in lengths])[rows],
        speaker=np.concatenate([c.speaker for c in conversations])[rows],
        split=np.repeat(np.array(READ_SPLITS), sizes)[rows],
        conversations=tuple(c.id for c in conversations),
        classes=corpus.classes,
        modalities=tuple(modalities),
        logits={name: values[rows] for name, values in taken.logits.items()},
        representation=taken.representation[rows].astype(np.float16),
    )


def read_views(
    model: Backbone,
    conversations: Sequence[FeatureConversation],
    modalities: Sequence[str],
    by: Replacement = "nothing",
    modes: Collection[Mode] = MODES,
    device: torch.device = CPU,
) -> Taken:
    """Read conversations whole and with each removal, all views of a batch in one forward.

    What a view without a modality may see is all there is, so its strict reading is the ordinary one; only
    hidden context is read once more.

    Returns:
        Logits by `<mode>/<view>`, and the representation of the whole conversations.
    """
    views: dict[str, BatchView] = {FULL.name: FULL, **removals(modalities, by)}
    hidden = {} if model.strict_by_construction else {view.name: view for view in CONTEXTS}
    plain = views if "edges" in modes else {n: view for n, view in views.items() if n not in hidden}
    batches = for_reading(conversations, modalities, CELLS // len(plain))
    taken = read_through(model, batches, plain, device=device)
    logits: dict[str, Floats] = {}
    if "edges" in modes:
        logits |= {f"edges/{name}": values for name, values in taken.logits.items()}
    if "strict" in modes:
        strict = dict(taken.logits)
        if hidden:
            batches = for_reading(conversations, modalities, CELLS // len(hidden))
            strict |= read_through(model, batches, hidden, strictly=True, device=device).logits
        logits |= {f"strict/{name}": strict[name] for name in views}
    return Taken(logits, taken.representation)


def read_through(
    model: Backbone,
    batches: Iterable[Batch],
    views: Mapping[str, BatchView],
    strictly: bool = False,
    device: torch.device = CPU,
) -> Taken:
    """Read batches through several views, as many of them at once as `CELLS` allows, dropout off.

    Args:
        model: any backbone; it is left in evaluation mode.
        batches: numbered through from 0 without a gap, in any order.
        views: by name; each is applied once to every batch.
        strictly: whether hidden utterances shall have no path at all.
        device: where the model is.
    """
    model.eval()
    pieces: dict[str, list[Tensor]] = {name: [] for name in views}
    represented: list[Tensor] = []
    numbers: list[Tensor] = []
    first = next(iter(views))
    with torch.inference_mode():
        for batch in batches:
            evidence = batch.evidence.to(device)
            real = evidence.real  # (B, T)
            numbers.append(batch.number[batch.evidence.real].cpu())
            for names in _groups(list(views), max(1, CELLS // real.numel())):
                stacked = stack_views(evidence, [views[name] for name in names])
                reading = read_strictly(model, stacked) if strictly else model(stacked)
                for k, name in enumerate(names):
                    mine = slice(k * len(real), (k + 1) * len(real))
                    pieces[name].append(reading.emotion[mine][real].float().cpu())
                    if name == first:
                        represented.append(reading.representation[mine][real].float().cpu())
    back = torch.argsort(torch.cat(numbers))

    def in_place(parts: list[Tensor]) -> Floats:
        return np.asarray(torch.cat(parts)[back].numpy(), np.float32)

    return Taken({name: in_place(parts) for name, parts in pieces.items()}, in_place(represented))


def coalition_views(modalities: Sequence[str], by: Replacement = "nothing") -> dict[str, Removal]:
    """Every coalition of the modalities and the two contexts, as a game of contributions needs them.

    Returns:
        Views by `coalition/<bits>`: a bit for each modality in order, then own and other speakers' context; 1
        is there, 0 is taken away.
    """
    views = {}
    for bits in itertools.product((0, 1), repeat=len(modalities) + 2):
        name, (*kept, own, other) = f"coalition/{''.join(map(str, bits))}", bits
        gone = tuple(m for m, bit in zip(modalities, kept, strict=True) if not bit)
        views[name] = Removal(name, gone, own_context=not own, other_context=not other, by=by)
    return views


def missing_views(rates: Sequence[float], draws: int) -> dict[str, BatchView]:
    """Cells taken away at random, by `missing/<rate>/<draw>`.

    A draw takes the same cells away whatever the model, and more of them at a higher rate, so that models
    and rates are compared on equal terms. Each view is for one pass over the data.
    """

    def view(rate: float, draw: int) -> BatchView:
        generator = torch.Generator().manual_seed(draw)
        return lambda evidence: with_missing_cells(evidence, rate, generator)

    return {f"missing/{rate:g}/{draw}": view(rate, draw) for rate in rates for draw in range(draws)}


def _groups(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for k in range(0, len(names), size):
        yield names[k : k + size]
