"""Analyse what was read, so that what goes wrong with one input stays with that input."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heartsay.analysis import Analysis
from heartsay.conversation import Conversation
from heartsay.errors import InputError, MissingDependencyError
from heartsay.formats import ReadFailure
from heartsay.limits import changed
from heartsay.pipeline import EvidenceMode, analyze
from heartsay.runtime import Bundle, ModalityExperts

if TYPE_CHECKING:
    from heartsay.explanation import Explainer
    from heartsay.media import GetSignals
    from heartsay.report.player import MediaMode

Item = Conversation | ReadFailure


@dataclass(frozen=True)
class Settings:
    """What an analysis depends on beside the model.

    Attributes:
        coverage: how often prediction sets shall hold the true emotion.
        evidence: whether to compute what moved each reading.
        formats: names of `FORMATS`.
        false_discovery_rate: expected share of wrong ones among the causes; None lists the likely ones.
        experts: what reads the voices of conversations with a recording; those that come along if not given.
        signals: what gives the voices and faces; those of a conversation's recording if not given.
        face_detector: what finds faces if the user says: its name, or the hash of its file; `none` where
            faces are not looked for.
        language_check: whether readings of talk in another language than the model's are left open.
        media: how reports come by their recordings.
        explainer: what writes the sentences; `template` if not given.
        limits: that have another value than their own, which other processes are told.
    """

    coverage: float
    evidence: EvidenceMode
    formats: tuple[str, ...]
    false_discovery_rate: float | None = None
    experts: ModalityExperts | None = None
    language_check: bool = True
    media: MediaMode = "link"
    signals: GetSignals | None = None
    face_detector: str | None = None
    explainer: Explainer | None = None
    limits: Mapping[str, int] = field(default_factory=changed)

    def depends_on(self, model: Bundle) -> dict[str, Any]:
        """What the outputs depend on, as JSON holds it; what is as ever is left out."""
        found: dict[str, Any] = {
            "model": model.fingerprint,
            "coverage": self.coverage,
            "evidence": self.evidence,
            "format": list(self.formats),
            "false_discovery_rate": self.false_discovery_rate,
        }
        if not self.language_check:
            found["language_check"] = False
        if self.media != "link":
            found["media"] = self.media
        if self.experts is not None:
            found["experts"] = self.experts.fingerprint
        if self.face_detector is not None:
            found["face_detector"] = self.face_detector
        if self.explainer is not None:
            found["explainer"] = self.explainer.name
        if self.limits:
            found["limits"] = dict(self.limits)
        return found


def analyze_items(
    items: Iterable[Item], model: Bundle, settings: Settings
) -> Iterator[tuple[Conversation, Analysis] | ReadFailure]:
    """Analyse what was read; failures stay at their place among the conversations.

    Whatever goes wrong with one conversation is that one's failure: those that were read together with it are
    then analysed one by one, which gives the same analyses.
    """
    stream = _Drawn(items)
    while not stream.ended:
        try:
            yield from _together(stream, model, settings)
        except MissingDependencyError:
            raise
        except Exception:
            if stream.broken or not stream.waiting:  # nothing that was read is to blame
                raise
            while stream.waiting:
                item = stream.waiting.popleft()
                yield item if isinstance(item, ReadFailure) else _alone(item, model, settings)


class _Drawn:
    """Inputs, with those that were handed on and have no result yet."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.waiting: deque[Item] = deque()
        self.ended = self.broken = False
        self._items = iter(items)

    def conversations(self) -> Iterator[Conversation]:
        """The conversations among the inputs that are left; failures wait for their turn."""
        self.broken = True  # until the next one is there: what goes wrong here is not a conversation's fault
        for item in self._items:
            self.broken = False
            self.waiting.append(item)
            if isinstance(item, Conversation):
                yield item
            self.broken = True
        self.broken, self.ended = False, True


def _together(
    stream: _Drawn, model: Bundle, settings: Settings
) -> Iterator[tuple[Conversation, Analysis] | ReadFailure]:
    for analysis in _analyses(stream.conversations(), model, settings):
        while isinstance(item := stream.waiting.popleft(), ReadFailure):
            yield item
        yield item, analysis
    while stream.waiting:  # every conversation has had its analysis
        item = stream.waiting.popleft()
        assert isinstance(item, ReadFailure)
        yield item


def _alone(
    conversation: Conversation, model: Bundle, settings: Settings
) -> tuple[Conversation, Analysis] | ReadFailure:
    where = conversation.source or conversation.id
    try:
        return conversation, next(_analyses(iter([conversation]), model, settings))
    except MissingDependencyError:
        raise
    except InputError as error:
        return ReadFailure(where, error)
    except Exception as error:
        found = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        return ReadFailure(
            where,
            InputError(
                expected=f"a conversation that {model.stamp.name} reads",
                found=found,
                where=f"{where}, conversation {conversation.id[:80]!r}",
                do="leave it out, or report this with the file",
            ),
        )


def _analyses(conversations: Iterator[Conversation], model: Bundle, settings: Settings) -> Iterator[Analysis]:
    return analyze(
        conversations,
        model=model,
        coverage=settings.coverage,
        evidence=settings.evidence,
        false_discovery_rate=settings.false_discovery_rate,
        language_check=settings.language_check,
        signals=settings.signals,
        experts=settings.experts,
        explainer="template" if settings.explainer is None else settings.explainer,
    )
