"""Against values that pycocoevalcap 1.2 gave for the same words, and against itself where it is installed."""

from __future__ import annotations

import pytest

from heartsay.metrics.caption_scores import bleu4, cider, rouge_l
from heartsay.metrics.sentences import tokenised

SAID = [
    "The reason she is sad is that the van was sold.",
    "He sold the van on Tuesday because he was behind on the rent.",
    "They are happy.",
    "Nobody told her that the pitch is gone for good.",
]
WANTED = [
    "The reason she was sad was that he had sold the van.",
    "He had sold the van because he was behind on the rent and ashamed.",
    "They are happy that the pitch is theirs.",
    "Nobody told her that the pitch is gone for good.",
]
BLEU4, ROUGE_L, CIDER = 0.510134956, 0.729375388, 5.471490319


def test_scores_are_those_of_the_reference_implementation() -> None:
    said, wanted = tokenised(SAID), tokenised(WANTED)
    assert bleu4(said, wanted) == pytest.approx(BLEU4, abs=1e-6)
    assert rouge_l(said, wanted) == pytest.approx(ROUGE_L, abs=1e-6)
    assert cider(said, wanted) == pytest.approx(CIDER, abs=1e-6)


def test_scores_agree_with_pycocoevalcap() -> None:
    pytest.importorskip("pycocoevalcap")
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    said, wanted = tokenised(SAID), tokenised(WANTED)
    candidates = {k: [" ".join(words)] for k, words in enumerate(said)}
    references = {k: [" ".join(words)] for k, words in enumerate(wanted)}
    assert bleu4(said, wanted) == pytest.approx(Bleu(4).compute_score(references, candidates, 0)[0][3])
    assert rouge_l(said, wanted) == pytest.approx(Rouge().compute_score(references, candidates)[0])
    assert cider(said, wanted) == pytest.approx(Cider().compute_score(references, candidates)[0])


def test_the_same_sentences_score_highest() -> None:
    words = tokenised(WANTED)
    assert bleu4(words, words) == pytest.approx(1.0)
    assert rouge_l(words, words) == pytest.approx(1.0)
    assert cider(words, words) == pytest.approx(10.0)


def test_silence_scores_nothing() -> None:
    silent: list[list[str]] = [[] for _ in WANTED]
    words = tokenised(WANTED)
    assert bleu4(silent, words) == rouge_l(silent, words) == cider(silent, words) == 0.0


def test_one_item_is_refused_for_cider_and_unequal_numbers_everywhere() -> None:
    words = tokenised(WANTED)
    with pytest.raises(ValueError, match="at least 2"):
        cider(words[:1], words[:1])
    for score in (bleu4, rouge_l, cider):
        with pytest.raises(ValueError, match="references"):
            score(words[:3], words)
    with pytest.raises(ValueError, match="at least 1"):
        bleu4([], [])
