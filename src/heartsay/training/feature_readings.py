"""A backbone's reading of the held-out splits under many views: what scores and tables are made from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from heartsay.evidence.corpus import EvidenceCorpus, LabelledConversation, reading_of
from heartsay.evidence.evidence import FloatArray
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.spoiling import MissingCells
from heartsay.evidence.tensors import Batch, BatchView
from heartsay.evidence.view_stack import stack_views
from heartsay.evidence.views import CONTEXTS, FULL, Replacement, coalitions, removals
from heartsay.models.backbone import Backbone
from heartsay.models.strict import CELLS, read_strictly
from heartsay.training.feature_batches import for_reading

Mode = Literal["edges", "strict"]
MODES: tuple[Mode, ...] = ("edges", "strict")

READ_SPLITS = ("dev", "test")
CPU = torch.device("cpu")


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


class Outputs(NamedTuple):
    """What a backbone says of U utterances, labelled or not, in the order of their conversations.

    Attributes:
        logits: by name of the view, (U, C).
        representation: of the first view, (U, H).
    """

    logits: dict[str, FloatArray]
    representation: FloatArray


def feature_reading(
    model: Backbone,
    corpus: EvidenceCorpus,
    modalities: Sequence[str],
    by: Replacement = "nothing",
    extras: Extras = NO_EXTRAS,
    modes: Collection[Mode] = MODES,
    device: torch.device = CPU,
) -> Reading:
    """Read the labelled utterances of the development and test splits under every removal.

    Args:
        model: any backbone; it is left in evaluation mode.
        corpus: standardised as the model was trained on it.
        modalities: those the model was trained with.
        by: what stands for a modality that is taken away.
        extras: what to read beyond the removals.
        modes: how what is hidden is hidden.
        device: where the model is.

    Returns:
        Logits by `<mode>/<view>`, where a view is `full` or one of `removals`; and where asked for by the
        names of `coalitions` and of `MissingCells`.
    """
    splits = {split: corpus.splits[split] for split in READ_SPLITS}
    conversations = [c for split in READ_SPLITS for c in splits[split]]
    outputs = read_removals(model, conversations, modalities, by, modes, device)
    logits = dict(outputs.logits)
    batches = list(for_reading(conversations, modalities, CELLS))
    if extras.coalitions is not None:
        views = coalitions(modalities, by)
        logits |= read_through(model, batches, views, extras.coalitions == "strict", device).logits
    if extras.missing_rates:
        draws = range(extras.missing_draws)
        missing = [MissingCells(rate, draw) for rate in extras.missing_rates for draw in draws]
        logits |= read_through(model, batches, {view.name: view for view in missing}, device=device).logits
    reading = reading_of(
        splits,
        corpus.classes,
        logits,
        modalities=tuple(modalities),
        representation=outputs.representation.astype(np.float16),
    )
    return reading.rows(reading.gold != UNLABELLED)


def removals_only(reading: Reading) -> Reading:
    """The same in less room: without representation, and without what is read only when asked for."""
    kept = {name: values for name, values in reading.logits.items() if name.startswith(MODES)}
    return replace(reading, logits=kept, representation=None)


def read_removals(
    model: Backbone,
    conversations: Sequence[LabelledConversation],
    modalities: Sequence[str],
    by: Replacement = "nothing",
    modes: Collection[Mode] = MODES,
    device: torch.device = CPU,
) -> Outputs:
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
    outputs = read_through(model, batches, plain, device=device)
    logits: dict[str, FloatArray] = {}
    if "edges" in modes:
        logits |= {f"edges/{name}": values for name, values in outputs.logits.items()}
    if "strict" in modes:
        strict = dict(outputs.logits)
        if hidden:
            batches = for_reading(conversations, modalities, CELLS // len(hidden))
            strict |= read_through(model, batches, hidden, strictly=True, device=device).logits
        logits |= {f"strict/{name}": strict[name] for name in views}
    return Outputs(logits, outputs.representation)


def read_through(
    model: Backbone,
    batches: Iterable[Batch],
    views: Mapping[str, BatchView],
    strictly: bool = False,
    device: torch.device = CPU,
) -> Outputs:
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
                    rows = slice(k * len(real), (k + 1) * len(real))
                    pieces[name].append(reading.emotion[rows][real].float().cpu())
                    if name == first:
                        represented.append(reading.representation[rows][real].float().cpu())
    order = torch.argsort(torch.cat(numbers))

    def in_order(parts: list[Tensor]) -> FloatArray:
        return np.asarray(torch.cat(parts)[order].numpy(), np.float32)

    return Outputs({name: in_order(parts) for name, parts in pieces.items()}, in_order(represented))


def _groups(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for k in range(0, len(names), size):
        yield names[k : k + size]
