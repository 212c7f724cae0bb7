from __future__ import annotations

import json
from pathlib import Path

import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora import check, names
from heartsay.corpora.checks import compare, count
from heartsay.corpora.registry import counts
from heartsay.labels import EMOTIONS


def conversation(*emotions: str, pairs: frozenset[tuple[int, int]] | None = None) -> Conversation:
    return Conversation(
        "c", tuple(Utterance(str(i), "Ana", "So.", emotion=e) for i, e in enumerate(emotions)), pairs
    )


def test_count() -> None:
    found = count([conversation("joy", "joy", pairs=frozenset({(0, 0), (1, 0)})), conversation("fear")])
    assert found == counts(2, 3, 2, [0, 0, 1, 0, 2, 0, 0])
    assert list(found.emotions) == list(EMOTIONS)
    assert count([conversation("joy")]).pairs is None


def test_compare_names_each_difference() -> None:
    expected, found = counts(1, 2, 1, [1, 0, 0, 0, 1, 0, 0]), counts(1, 2, 2, [0, 0, 0, 1, 1, 0, 0])
    wrong = {(c.what, c.expected, c.found) for c in compare("dev", expected, found) if not c.ok}
    assert wrong == {("pairs", 1, 2), ("neutral", 1, 0), ("sadness", 0, 1)}


def test_a_partial_copy_fails_the_check(small_root: Path) -> None:
    report = check("meld", small_root)
    assert not report.ok
    found = {(c.split, c.what): c.found for c in report.differences}
    assert found["train", "utterances"] == 3
    document = json.loads(json.dumps(report.to_dict()))
    assert document["ok"] is False
    assert {"split": "dev", "what": "conversations", "expected": 114, "found": 1, "ok": False} in document[
        "counts"
    ]


@pytest.mark.parametrize("name", names())
def test_the_published_files_pass(real_root: Path, name: str) -> None:
    if not (real_root / name).is_dir():
        pytest.skip(f"no folder {name} in HEARTSAY_DATA")
    assert check(name, real_root).differences == ()
