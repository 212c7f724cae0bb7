from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.dummies.analysis import card

from heartsay.card import Card, Reliability, ReliabilityBin, RiskCoverage, RiskPoint
from heartsay.errors import HeartsayError, InputError


def test_a_card_survives_writing_and_reading(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    card().dump(path)
    assert Card.load(path) == card()
    assert [p.name for p in tmp_path.iterdir()] == ["card.json"]


def test_a_card_needs_only_its_name(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text('{"name": "m", "version": "1", "description": "d"}')
    assert Card.load(path).metrics == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "UTF-8 JSON"),
        ("[1]", "a model card"),
        ('{"name": "m"}', "field required in version"),
        ('{"name": "m", "version": "1", "description": "d", "mood": 1}', "mood"),
        ('{"name": "m", "version": "1", "description": "d", "metrics": {"a": {"f": NaN}}}', "finite"),
    ],
)
def test_what_is_no_card_is_told_in_one_sentence(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "card.json"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint) as raised:
        Card.load(path)
    assert str(path) in str(raised.value)


def test_a_missing_card_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        Card.load(tmp_path / "none.json")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(InputError, match="UTF-8"):
        Card.load(path)


def test_a_failed_dump_leaves_the_old_card_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "card.json"
    card().dump(path)
    before = path.read_bytes()

    def full(self: Path, *_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(HeartsayError, match="no room left"):
        card().dump(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["card.json"]


def test_diagrams_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValidationError, match="below its upper"):
        ReliabilityBin(lower=0.5, upper=0.5, count=0)
    with pytest.raises(ValidationError, match="needs their confidence"):
        ReliabilityBin(lower=0.5, upper=0.6, count=3)
    first, second = (ReliabilityBin(lower=low, upper=low + 0.5, count=0) for low in (0.0, 0.5))
    with pytest.raises(ValidationError, match="rise"):
        Reliability(split="a", bins=[second, first])
    with pytest.raises(ValidationError, match="rising"):
        RiskCoverage(split="a", points=[RiskPoint(coverage=c, risk=0.1) for c in (0.5, 0.4)])


def test_a_card_is_plain_json() -> None:
    assert json.loads(card().model_dump_json())["floors"][0] == {
        "split": "meld/test",
        "metric": "weighted_f1",
        "name": "always neutral",
        "value": 31.3,
    }
