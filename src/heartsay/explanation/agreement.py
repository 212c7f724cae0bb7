"""How far annotators agree about explanations, which items they should discuss, and what most of them say.

The protocol by which ECEM was made (Wang et al. 2024, arXiv:2411.02430): two annotators explain every item,
items whose texts are less alike than a threshold are discussed, and a majority decides. What measures
likeness is the caller's: any function of two lists of sentences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import mean
from typing import Any

from heartsay.explanation.annotations import Annotated

THRESHOLD = 0.75
"""Likeness below which the protocol has an item discussed; its authors used BERTScore."""

Likeness = Callable[[Sequence[str], Sequence[str]], Sequence[float]]
"""From sentences and as many others to how alike each pair is, at most 1."""


@dataclass(frozen=True)
class Item:
    """What several people wrote about one item.

    Attributes:
        item: its id.
        likeness: mean over pairs of annotators.
        discuss: why it should be discussed, or None.
        explanation: the text that is most like the others, of two the first annotator's.
        emotion: what most chose; None where nobody chose or no choice leads.
        texts: by annotator.
    """

    item: str
    likeness: float
    discuss: str | None
    explanation: str
    emotion: str | None
    texts: dict[str, str]


@dataclass(frozen=True)
class Agreement:
    """Agreement over all items.

    Attributes:
        annotators: who took part.
        items: explained by two people or more, in the order of the files.
        alone: ids that only one person explained: they count nowhere.
        likeness: mean over items; None where there is none.
        agreed: share of items that need no discussion.
        kappa: Fleiss' kappa of the emotions. It needs equally many choices of each item, by whomever: of
            the items those count for which the commonest number of people chose one, two or more, and of
            equally common numbers the larger. None where there is no such item, or nothing that could
            disagree.
        kappa_items: over how many items that is.
        kappa_choices: how many people chose an emotion for each of these; 0 where there is none.
    """

    annotators: tuple[str, ...]
    items: tuple[Item, ...]
    alone: tuple[str, ...]
    likeness: float | None
    agreed: float | None
    kappa: float | None
    kappa_items: int
    kappa_choices: int

    @property
    def to_discuss(self) -> list[Item]:
        """Items for discussion, the least alike first."""
        return sorted((i for i in self.items if i.discuss), key=lambda i: i.likeness)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)


def agreement(rows: Sequence[Annotated], likeness: Likeness, threshold: float = THRESHOLD) -> Agreement:
    """Compare what annotators wrote about the same items.

    Args:
        rows: one for each item and annotator.
        likeness: of two sentences.
        threshold: below which an item is to be discussed.
    """
    by_item: dict[str, list[Annotated]] = {}
    for row in rows:
        by_item.setdefault(row.item, []).append(row)
    shared = {item: found for item, found in by_item.items() if len(found) > 1}
    pairs = [pair for found in shared.values() for pair in combinations(found, 2)]
    values = likeness([a.explanation for a, _ in pairs], [b.explanation for _, b in pairs]) if pairs else []
    alike: dict[str, dict[tuple[str, str], float]] = {}
    for (one, other), value in zip(pairs, values, strict=True):
        alike.setdefault(one.item, {})[one.annotator, other.annotator] = float(value)
    items = [_item(item, found, alike[item], threshold) for item, found in shared.items()]
    rated = _rated(list(shared.values()))
    return Agreement(
        tuple(sorted({row.annotator for row in rows})),
        tuple(items),
        tuple(item for item in by_item if item not in shared),
        mean(i.likeness for i in items) if items else None,
        mean(i.discuss is None for i in items) if items else None,
        _kappa(rated),
        len(rated),
        rated[0].total() if rated else 0,
    )


def _item(
    item: str, found: Sequence[Annotated], alike: dict[tuple[str, str], float], threshold: float
) -> Item:
    value = mean(alike.values())

    def centrality(row: Annotated) -> float:
        return sum(v for pair, v in alike.items() if row.annotator in pair)

    chosen = [row.emotion for row in found if row.emotion is not None]
    emotion = _majority(chosen)
    discuss = None
    if value < threshold:
        discuss = f"the explanations are {value:.2f} alike, less than {threshold:g}"
    elif chosen and emotion is None:
        discuss = f"no emotion leads: {', '.join(chosen)}"
    best = max(found, key=centrality)  # of equals the first
    texts = {row.annotator: row.explanation for row in found}
    return Item(item, value, discuss, best.explanation, emotion, texts)


def _majority(chosen: Sequence[str]) -> str | None:
    """What was chosen most often; None where two lead, or nothing was chosen."""
    most = Counter(chosen).most_common(2)
    if not most or (len(most) > 1 and most[0][1] == most[1][1]):
        return None
    return most[0][0]


def _rated(items: Sequence[Sequence[Annotated]]) -> list[Counter[str]]:
    """The emotions that were chosen for each item, of the items of which kappa is computed."""
    chosen = [Counter(row.emotion for row in found if row.emotion is not None) for found in items]
    sizes = Counter(emotions.total() for emotions in chosen if emotions.total() > 1)
    commonest = max(sizes, key=lambda size: (sizes[size], size), default=None)
    return [emotions for emotions in chosen if emotions.total() == commonest]


def _kappa(rated: Sequence[Counter[str]]) -> float | None:
    """Fleiss' kappa (Psychological Bulletin 1971) over items with as many choices each."""
    if not rated:
        return None
    raters = rated[0].total()
    observed = mean(sum(n * (n - 1) for n in c.values()) / (raters * (raters - 1)) for c in rated)
    totals = sum(rated, Counter[str]())
    chance = sum((n / totals.total()) ** 2 for n in totals.values())
    return None if chance == 1 else (observed - chance) / (1 - chance)
