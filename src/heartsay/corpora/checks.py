"""Is this copy of a corpus the published one? Counts on disk against the counts that its file states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from heartsay.conversation import Conversation
from heartsay.corpora.benchmarks import Benchmark, benchmarks
from heartsay.corpora.registry import Counts, get, load, names
from heartsay.extension import is_reference, unknown_name
from heartsay.labels import EMOTIONS, LabelSpace


@dataclass(frozen=True, slots=True)
class Comparison:
    """One count: what the corpus states and what was found."""

    split: str
    what: str
    expected: int
    found: int

    @property
    def ok(self) -> bool:
        """True where both agree."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every count of a corpus, compared.

    Attributes:
        corpus: name of the corpus.
        licence: its licence.
        comparisons: one per split and count.
    """

    corpus: str
    licence: str
    comparisons: tuple[Comparison, ...]

    @property
    def ok(self) -> bool:
        """True where every count agrees."""
        return all(comparison.ok for comparison in self.comparisons)

    @property
    def differences(self) -> tuple[Comparison, ...]:
        """The counts that do not agree."""
        return tuple(comparison for comparison in self.comparisons if not comparison.ok)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return {
            "corpus": self.corpus,
            "licence": self.licence,
            "ok": self.ok,
            "counts": [{**asdict(comparison), "ok": comparison.ok} for comparison in self.comparisons],
        }


def count(conversations: Iterable[Conversation], labels: LabelSpace = EMOTIONS) -> Counts:
    """Count conversations, utterances, pairs (None where no conversation has such labels) and emotions."""
    conversations = list(conversations)
    pairs = [len(conversation.pairs) for conversation in conversations if conversation.pairs is not None]
    emotions = Counter(u.emotion for conversation in conversations for u in conversation.utterances)
    return Counts(
        conversations=len(conversations),
        utterances=sum(len(conversation) for conversation in conversations),
        pairs=sum(pairs) if pairs else None,
        emotions={emotion: emotions[emotion] for emotion in labels},
    )


def compare(split: str, expected: Counts, found: Counts) -> list[Comparison]:
    """Compare two counts of one split; a corpus without pairs has no such line."""
    lines = [("conversations", expected.conversations, found.conversations)]
    lines.append(("utterances", expected.utterances, found.utterances))
    if expected.pairs is not None:
        lines.append(("pairs", expected.pairs, found.pairs or 0))
    lines += [
        (emotion, number, found.emotions.get(emotion, 0)) for emotion, number in expected.emotions.items()
    ]
    return [Comparison(split, *line) for line in lines]


def check(name: str, root: Path | None = None) -> CheckReport:
    """Read every split of a corpus, or make a benchmark, and compare its counts with those it states.

    Raises:
        InputError: unknown corpus, an absent file, or a file that cannot be read as this corpus.
    """
    if name in benchmarks():
        return _check_benchmark(benchmarks()[name], root)
    if not is_reference(name) and name not in names():
        raise unknown_name(name, sorted((*names(), *benchmarks())), "a corpus")
    corpus = get(name)
    compared = [
        compare(split, corpus.expected[split], count(load(corpus, split, root), corpus.labels))
        for split in corpus.splits
    ]
    return CheckReport(corpus.name, corpus.licence, tuple(chain.from_iterable(compared)))


def _check_benchmark(benchmark: Benchmark, root: Path | None) -> CheckReport:
    found = benchmark.count(root)
    compared = [
        Comparison(split, what, number, found[split].get(what, 0))
        for split, expected in benchmark.expected.items()
        for what, number in expected.items()
    ]
    return CheckReport(benchmark.name, benchmark.licence, tuple(compared))
