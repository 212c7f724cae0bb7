"""Scores of sentences against references, each with the implementation that computed it, or why none did.

BLEU4, ROUGE-L and CIDEr are computed here as pycocoevalcap 1.2 computes them; METEOR by its Java archive;
BERTScore and BLEURT by a model in a folder of the user's. Every score is of the corpus as a whole. What
cannot be computed has no value and a reason: 0 would be a claim.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay.errors import InputError, install_command
from heartsay.metrics.caption_scores import bleu4, cider, rouge_l
from heartsay.metrics.sentences import PARTS, tokenised

if TYPE_CHECKING:
    from heartsay.models.text_scores import BertScore, Bleurt

OWN = "heartsay, as pycocoevalcap 1.2"
METEOR = "pycocoevalcap 1.2, meteor-1.5.jar"


@dataclass(frozen=True)
class Score:
    """One number about a set of sentences.

    Attributes:
        metric: its name.
        part: of the sentence that was looked at, out of `metrics.sentences.PARTS`.
        value: None where it was not computed.
        implementation: what computed it, or would have.
        why: the reason where it was not computed.
    """

    metric: str
    part: str
    value: float | None
    implementation: str
    why: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True)
class Judges:
    """What is computed beside the three that always are.

    Args:
        meteor: whether to run METEOR, which needs Java and the extra `text-metrics` and takes about a minute
            for a thousand sentences.
        bertscore: folder of a local encoder.
        bleurt: folder of a local BLEURT model as a sequence classifier.
    """

    meteor: bool = False
    bertscore: Path | None = None
    bleurt: Path | None = None


def score(candidates: Sequence[str], references: Sequence[str], judges: Judges = Judges()) -> list[Score]:
    """All scores of sentences, of each part of them.

    Args:
        candidates: one sentence an item.
        references: one reference an item.
        judges: what to compute beside BLEU4, ROUGE-L and CIDEr.

    Raises:
        InputError: fewer than two items, not as many of one as of the other, or an empty reference.
    """
    _check(candidates, references)
    found = []
    for part in PARTS:
        said, wanted = tokenised(candidates, part), tokenised(references, part)
        found += [
            Score("BLEU4", part, bleu4(said, wanted), OWN),
            Score("ROUGE-L", part, rouge_l(said, wanted), OWN),
            Score("CIDEr", part, cider(said, wanted), OWN),
            _meteor(said, wanted, part, judges.meteor),
        ]
        texts = [PARTS[part](text) for text in candidates], [PARTS[part](text) for text in references]
        found += [_bertscore(*texts, part, judges.bertscore), _bleurt(*texts, part, judges.bleurt)]
    return found


def _meteor(said: Sequence[Sequence[str]], wanted: Sequence[Sequence[str]], part: str, asked: bool) -> Score:
    if not asked:
        return Score("METEOR", part, None, METEOR, "not asked for")
    if shutil.which("java") is None:
        return Score("METEOR", part, None, METEOR, "it needs Java, and there is none on the PATH")
    try:
        judge = _meteor_process()
    except ImportError:
        return Score(
            "METEOR", part, None, METEOR, f"it is not installed; run: {install_command('text-metrics')}"
        )
    # Words alone: line breaks and "|||" would break the protocol between the two processes.
    candidates = {k: [" ".join(words) or "."] for k, words in enumerate(said)}
    references = {k: [" ".join(words) or "."] for k, words in enumerate(wanted)}
    try:
        value, _ = judge.compute_score(references, candidates)
    except (OSError, ValueError) as error:
        _meteor_process.cache_clear()
        return Score("METEOR", part, None, METEOR, f"its Java process failed ({error})")
    return Score("METEOR", part, float(value), METEOR)


@cache
def _meteor_process() -> Any:
    """METEOR's Java process, which takes seconds to start and serves any number of sets."""
    from pycocoevalcap.meteor.meteor import Meteor

    return Meteor()


def _bertscore(said: Sequence[str], wanted: Sequence[str], part: str, folder: Path | None) -> Score:
    implementation = "heartsay over transformers, greedy matching, F1, not rescaled"
    if folder is None:
        return Score("BERTScore", part, None, implementation, "no folder of an encoder was given")
    from heartsay.models.text_scores import BertScore

    return _judged("BERTScore", BertScore.load(folder), said, wanted, part, implementation)


def _bleurt(said: Sequence[str], wanted: Sequence[str], part: str, folder: Path | None) -> Score:
    implementation = "transformers, sequence classifier"
    if folder is None:
        return Score("BLEURT", part, None, implementation, "no folder of a model was given")
    from heartsay.models.text_scores import Bleurt

    return _judged("BLEURT", Bleurt.load(folder), said, wanted, part, implementation)


def _judged(
    name: str,
    judge: BertScore | Bleurt,
    said: Sequence[str],
    wanted: Sequence[str],
    part: str,
    implementation: str,
) -> Score:
    values = judge(said, wanted)
    return Score(name, part, sum(values) / len(values), f"{implementation}, {judge.name}")


def _check(candidates: Sequence[str], references: Sequence[str]) -> None:
    where = "explanations to score"
    if len(candidates) != len(references):
        raise InputError(
            expected="one reference for each explanation",
            found=f"{len(candidates)} explanations and {len(references)} references",
            where=where,
            do="give both files the same items",
        )
    if len(candidates) < 2:
        raise InputError(
            expected="at least two items: CIDEr weighs words by how many references have them",
            found=str(len(candidates)),
            where=where,
            do="score a whole set at once",
        )
    for place, text in enumerate(references, 1):
        if not text.strip():
            raise InputError(
                expected="a reference with words",
                found="none",
                where=f"item {place}",
                do="leave the item out",
            )
