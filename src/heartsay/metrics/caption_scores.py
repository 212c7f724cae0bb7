"""Corpus-level scores of sentences against reference sentences, as image captioning computes them.

Each follows pycocoevalcap 1.2, the implementation whose numbers the field publishes, and is tested against
it; words are those of `sentences.words`, not of its Java tokeniser. All take one reference a sentence.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

Words = Sequence[str]
ORDER = 4
"""Longest n-gram that counts."""

ROUGE_BETA = 1.2
CIDER_SIGMA = 6.0


def bleu4(candidates: Sequence[Words], references: Sequence[Words]) -> float:
    """BLEU with n-grams of one to four, 0 to 1 (Papineni et al. 2002), over the corpus as a whole.

    Args:
        candidates: words of each sentence, N of them.
        references: words of the reference of each, N.

    Raises:
        ValueError: none, or not as many of one as of the other.
    """
    _check(candidates, references, least=1)
    matched, total = [0] * ORDER, [0] * ORDER
    for candidate, reference in zip(candidates, references, strict=True):
        for order in range(ORDER):
            found, wanted = _grams(candidate, order + 1), _grams(reference, order + 1)
            matched[order] += sum(min(count, wanted[gram]) for gram, count in found.items())
            total[order] += max(len(candidate) - order, 0)
    written, asked = sum(map(len, candidates)), sum(map(len, references))
    if not written:
        return 0.0
    # The two constants are pycocoevalcap's, which keep an empty count from making the product 0 / 0.
    precision = math.prod((m + 1e-15) / (t + 1e-9) for m, t in zip(matched, total, strict=True))
    brevity = 1.0 if written >= asked else math.exp(1 - asked / written)
    return brevity * precision ** (1 / ORDER)


def rouge_l(candidates: Sequence[Words], references: Sequence[Words]) -> float:
    """Mean F-measure of the longest common subsequence, 0 to 1 (Lin 2004), recall weighted by 1.2.

    Raises:
        ValueError: none, or not as many of one as of the other.
    """
    _check(candidates, references, least=1)
    return sum(map(_rouge_l, candidates, references)) / len(candidates)


def cider(candidates: Sequence[Words], references: Sequence[Words]) -> float:
    """Mean CIDEr-D, 0 to 10 (Vedantam et al. 2015): cosines of n-grams weighted by how rare they are.

    How rare one is, is counted over the references given, so that there must be at least two of them and
    scores of different test sets do not compare.

    Raises:
        ValueError: fewer than two, or not as many of one as of the other.
    """
    return sum(cider_each(candidates, references)) / len(candidates)


def cider_each(candidates: Sequence[Words], references: Sequence[Words]) -> list[float]:
    """CIDEr-D of each sentence, whose mean `cider` is; with its errors."""
    _check(candidates, references, least=2)
    counted = [[_grams(reference, n + 1) for n in range(ORDER)] for reference in references]
    rare: list[Counter[Words]] = [Counter() for _ in range(ORDER)]
    for grams in counted:
        for n in range(ORDER):
            rare[n].update(grams[n].keys())
    log_total = math.log(len(references))
    return [
        _cider([_grams(candidate, n + 1) for n in range(ORDER)], grams, rare, log_total)
        for candidate, grams in zip(candidates, counted, strict=True)
    ]


def _cider(
    candidate: list[Counter[Words]],
    reference: list[Counter[Words]],
    rare: list[Counter[Words]],
    log_total: float,
) -> float:
    # Lengths are counted in pairs of words, as pycocoevalcap counts them.
    longer = candidate[1].total() - reference[1].total()
    total = 0.0
    for n in range(ORDER):
        one, other = _weighted(candidate[n], rare[n], log_total), _weighted(reference[n], rare[n], log_total)
        norms = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
        if norms:
            shared = sum(min(w, other.get(gram, 0.0)) * other.get(gram, 0.0) for gram, w in one.items())
            total += shared / norms
    return 10.0 * total / ORDER * math.exp(-(longer**2) / (2 * CIDER_SIGMA**2))


def _weighted(grams: Counter[Words], rare: Counter[Words], log_total: float) -> dict[Words, float]:
    return {gram: count * (log_total - math.log(max(1, rare[gram]))) for gram, count in grams.items()}


def _rouge_l(candidate: Words, reference: Words) -> float:
    if not candidate or not reference:
        return 0.0
    row = [0] * (len(reference) + 1)
    for word in candidate:
        diagonal = 0
        for place, other in enumerate(reference, 1):
            diagonal, row[place] = (
                row[place],
                diagonal + 1 if word == other else max(row[place], row[place - 1]),
            )
    precision, recall = row[-1] / len(candidate), row[-1] / len(reference)
    if not precision or not recall:
        return 0.0
    return (1 + ROUGE_BETA**2) * precision * recall / (recall + ROUGE_BETA**2 * precision)


def _grams(sentence: Words, n: int) -> Counter[Words]:
    return Counter(tuple(sentence[at : at + n]) for at in range(len(sentence) - n + 1))


def _check(candidates: Sequence[Words], references: Sequence[Words], least: int) -> None:
    if len(candidates) != len(references):
        raise ValueError(f"{len(candidates)} sentences, but {len(references)} references")
    if len(candidates) < least:
        raise ValueError(
            f"this score needs at least {least} sentences with references, not {len(candidates)}"
        )
