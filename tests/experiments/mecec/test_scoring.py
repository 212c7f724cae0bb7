from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.errors import InputError
from heartsay.experiments.mecec import scoring
from heartsay.experiments.mecec.scoring import Judges, score

SAID = ["The reason he's sad is that it rains.", "The reason she's glad is that the van is sold."]
WANTED = ["The reason he was sad was that it rained.", "The reason she's glad is that he sold the van."]


def test_each_score_names_what_computed_it_or_why_nothing_did() -> None:
    found = score(SAID, WANTED)
    assert {s.metric for s in found} == {"BLEU4", "ROUGE-L", "CIDEr", "METEOR", "BERTScore", "BLEURT"}
    for row in found:
        assert row.implementation
        assert (row.value is None) == (row.why is not None)
    values = {(row.metric, row.part): row.value for row in found}
    whole, alone = values["CIDEr", "whole"], values["CIDEr", "reason alone"]
    assert whole is not None
    assert alone is not None
    assert whole > alone


def test_meteor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring.shutil, "which", lambda _: None)
    why = {s.why for s in score(SAID, WANTED, Judges(meteor=True)) if s.metric == "METEOR"}
    assert why == {"it needs Java, and there is none on the PATH"}


def test_one_item_is_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match="at least two items: CIDEr weighs"):
        score(SAID[:1], WANTED[:1])


def test_unequal_numbers_and_empty_references_are_refused() -> None:
    with pytest.raises(InputError, match="1 explanations and 2 references"):
        score(SAID[:1], WANTED)
    with pytest.raises(InputError, match="item 2"):
        score(SAID, [WANTED[0], "  "])


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(InputError, match="no such folder"):
        score(SAID, WANTED, Judges(bertscore=tmp_path / "none"))


def test_a_thousand_pairs_take_little_time() -> None:
    import time

    begun = time.process_time()
    score(SAID * 600, WANTED * 600)
    assert time.process_time() - begun < 5
