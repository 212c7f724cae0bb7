"""From packs back to conversations: what a model says of each utterance and pair, calibrated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.calibration import REMOVAL_VIEWS, RemovalView, Temperature
from heartsay.conversation import Conversation
from heartsay.evidence import (
    Pack,
    PackedText,
    RawReading,
    make_packs,
    pack_text,
)
from heartsay.evidence.views import OTHER_CONTEXT, OWN_CONTEXT
from heartsay.runtime.language import with_language_warning
from heartsay.runtime.model import ExportedModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class ConversationReading:
    """What a model says of one conversation of T utterances.

    An utterance too long for one window is read in several; its numbers are then means over them,
    weighted by how many of its tokens each window reads. Pairs are listed rather than laid out (T, T),
    since a long conversation shows the model only pairs near its diagonal.

    Attributes:
        logits: emotion logits, (T, 7).
        probabilities: calibrated, (T, 7); where the views were read and the model has a mixture of them
            fitted, that mixture.
        whole: probabilities under the full evidence alone, (T, 7), at the same temperature.
        own: the same with the speaker's own other turns hidden, (T, 7); rows are NaN where there was nothing
            to hide. None where this was not computed.
        other: the same with the other speakers' turns hidden.
        pair_emotion: index of the utterance with the emotion, (P,), of each pair seen together, ascending.
        pair_cause: index of the utterance that may be its cause, (P,).
        pair_log_odds: uncalibrated log-odds of the pair, (P,).
        unknown: share of each utterance's tokens that the vocabulary does not hold, (T,).
    """

    logits: FloatArray
    probabilities: FloatArray
    whole: FloatArray
    own: FloatArray | None
    other: FloatArray | None
    pair_emotion: IntArray
    pair_cause: IntArray
    pair_log_odds: FloatArray
    unknown: FloatArray


class _Job(NamedTuple):
    assembly: _Assembly
    window: int
    view: RemovalView
    pack: Pack
    last: bool


def read_conversations(
    model: ExportedModel,
    conversations: Iterable[Conversation],
    *,
    views: Callable[[Conversation], bool] = lambda conversation: False,
) -> Iterator[tuple[Conversation, ConversationReading]]:
    """Read conversations as they come; memory holds those in work only, and order is kept.

    Args:
        model: what reads.
        conversations: any number, each with at least one utterance.
        views: whether to read a conversation also with own and with other context hidden; that costs
            about one more run per utterance.

    Yields:
        Each conversation, with a warning more where it is in a language that the model cannot read, and what
        the model says of it.
    """
    given = (with_language_warning(conversation, model.language) for conversation in conversations)
    jobs = (job for conversation in given for job in _plan(model, conversation, views(conversation)))
    for job, raw in model.stream((job, job.pack) for job in jobs):
        job.assembly.add(job, raw)
        if job.last:
            yield job.assembly.conversation, job.assembly.reading()


def _plan(model: ExportedModel, conversation: Conversation, views: bool) -> Iterator[_Job]:
    text = pack_text(conversation, model.tokenizer, model.tokens)
    assembly = _Assembly(model, conversation, text, views)
    lead = model.tokens.lead
    for k, window in enumerate(text.windows):
        packs: list[tuple[RemovalView, Pack]] = []
        if views:
            packs += [("own", p) for p in make_packs(text.segments, [window], lead, OWN_CONTEXT)]
            packs += [("other", p) for p in make_packs(text.segments, [window], lead, OTHER_CONTEXT)]
        packs += [("full", p) for p in make_packs(text.segments, [window], lead)]
        ending = k == len(text.windows) - 1
        for n, (view, pack) in enumerate(packs, 1):
            yield _Job(assembly, k, view, pack, ending and n == len(packs))


class _Assembly:
    """Collects the readings of a conversation's packs until all are there.

    Per window and view it keeps tempered probabilities of the utterances read there. Where a view has
    nothing to hide in a window, its reading there is that of the full one.
    """

    def __init__(
        self, model: ExportedModel, conversation: Conversation, text: PackedText, views: bool
    ) -> None:
        self.conversation = conversation
        mixed = model.calibration.removals if views else None
        self._mixture = None if mixed is None else mixed.mixture
        self._temperature = (
            model.calibration.emotion if mixed is None else Temperature(mixed.mixture.temperature)
        )
        self._text = text
        self._views = views
        count, classes = len(conversation), len(model.labels)
        self._weight = np.zeros(count)
        self._logits = np.zeros((count, classes))
        self._sums: dict[RemovalView, FloatArray] = {
            view: np.zeros((count, classes)) for view in (REMOVAL_VIEWS if views else REMOVAL_VIEWS[:1])
        }
        self._hidden: dict[RemovalView, NDArray[np.bool_]] = {
            view: np.zeros(count, dtype=np.bool_) for view in self._sums
        }
        self._edited: dict[RemovalView, list[IntArray]] = {view: [] for view in self._sums}
        self._pairs: list[tuple[IntArray, IntArray, FloatArray, FloatArray]] = []

    def add(self, job: _Job, raw: RawReading) -> None:
        """Take in the reading of one pack; a window's full reading comes after its views."""
        rows = np.nonzero(job.pack.weight)[0]
        place = job.pack.utterance[rows]
        weight = job.pack.weight[rows].astype(np.float64)
        logits = raw[0][rows].astype(np.float64)
        weighted = weight[:, None] * self._temperature.apply(logits)
        self._sums[job.view][place] += weighted
        if job.view != "full":
            self._hidden[job.view][place] = True
            self._edited[job.view].append(place)
            return
        self._weight[place] += weight
        self._logits[place] += weight[:, None] * logits
        for view, edited in self._edited.items():
            if view != "full":
                rest = ~np.isin(place, np.concatenate([*edited, place[:0]]))
                self._sums[view][place[rest]] += weighted[rest]
                edited.clear()
        shown = len(job.pack.utterance)
        self._pairs.append(
            (
                np.repeat(place, shown),
                np.tile(job.pack.utterance, len(place)),
                np.repeat(weight, shown),
                raw[1][rows, :shown].astype(np.float64).ravel(),
            )
        )

    def reading(self) -> ConversationReading:
        """All of it, once every pack has been added."""
        emotion, cause, log_odds = self._mean_pairs()
        return ConversationReading(
            logits=self._logits / self._weight[:, None],
            probabilities=self._mixed() / self._weight[:, None],
            whole=self._sums["full"] / self._weight[:, None],
            own=self._view("own"),
            other=self._view("other"),
            pair_emotion=emotion,
            pair_cause=cause,
            pair_log_odds=log_odds,
            unknown=self._text.unknown,
        )

    def _mixed(self) -> FloatArray:
        if self._mixture is None:
            return self._sums["full"]
        weighted = zip(self._mixture.weights, REMOVAL_VIEWS, strict=True)
        return np.asarray(sum(weight * self._sums[view] for weight, view in weighted))

    def _view(self, view: RemovalView) -> FloatArray | None:
        if not self._views:
            return None
        mean: FloatArray = self._sums[view] / self._weight[:, None]
        mean[~self._hidden[view]] = np.nan
        return mean

    def _mean_pairs(self) -> tuple[IntArray, IntArray, FloatArray]:
        emotion, cause, weight, log_odds = (np.concatenate(part) for part in zip(*self._pairs, strict=True))
        count = len(self.conversation)
        keys, place = np.unique(emotion * count + cause, return_inverse=True)
        total = np.bincount(place, weights=weight)
        mean = np.bincount(place, weights=weight * log_odds) / total
        return keys // count, keys % count, mean
