"""Conversations as they come, each with what a model says of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from heartsay.conversation import Conversation
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import Job, RawReading, assemble, plan
from heartsay.evidence.views import View
from heartsay.runtime.bundle import Bundle
from heartsay.runtime.language import with_language_warning


def read_conversations(
    model: Bundle,
    conversations: Iterable[Conversation],
    *,
    views: Callable[[Evidence], Sequence[View]] = lambda evidence: (),
) -> Iterator[tuple[Conversation, Evidence, Reading]]:
    """Read conversations as they come; memory holds those in work only, and order is kept.

    Args:
        model: what reads.
        conversations: any number, each with at least one utterance.
        views: under which to read a conversation besides; each costs about one more run per utterance.

    Yields:
        Each conversation, with a warning more where it is in a language that the model cannot read, what
        there was to read of it, and what the model says.
    """
    waiting: deque[tuple[Conversation, Sequence[View]]] = deque()

    def jobs() -> Iterator[Job]:
        for conversation in conversations:
            given = with_language_warning(conversation, model.language)
            evidence = model.evidence(given)
            waiting.append((given, views(evidence)))
            yield from plan(given.id, evidence, waiting[-1][1], model.tokens.lead)

    done: list[tuple[Job, RawReading | None]] = []
    for job, raw in model.stream(jobs()):
        done.append((job, raw))
        if job.last:
            conversation, under = waiting.popleft()
            yield conversation, job.evidence, assemble(done, model.labels.names, under)
            done = []
