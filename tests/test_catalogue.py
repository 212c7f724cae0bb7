"""The command that scores a file of pairs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from undertone import cli

TALK = [{"utterance_ID": k, "text": "Oh.", "speaker": "Ana"} for k in (1, 2, 3)]


def save(path: Path, pairs: list[list[str]], conversations: tuple[int, ...] = (5,)) -> str:
    document = [
        {"conversation_ID": c, "conversation": TALK, "emotion-cause_pairs": pairs} for c in conversations
    ]
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["undertone", *arguments])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    out, err = capsys.readouterr()
    assert isinstance(exit_.value.code, int)
    return exit_.value.code, out, err


def test_scores_as_json_and_for_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = save(tmp_path / "gold.json", [["1_joy", "1"], ["2_joy", "1"], ["3_anger", "2"]])
    prediction = save(tmp_path / "pred.json", [["1_joy", "1"], ["2_anger", "1"]], (5, 6))
    code, out, _ = run(capsys, monkeypatch, "score-pairs", gold, prediction, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["conversations"], found["gold"], found["predicted"]) == (1, 3, 2)
    scores = {name: round(values["f1"], 2) for name, values in found["scores"].items()}
    # joy: 1 right of 1, of 2; anger: 0 right. The pair with the wrong emotion is right as a pair.
    assert scores["w-6"] == round(100 * 2 / 3 * 2 / 3, 2)
    assert (scores["micro"], scores["pair"]) == (40.0, 80.0)
    assert (scores["emotion_in_pairs"], scores["cause_in_pairs"]) == (80.0, 66.67)
    assert found["warnings"] == ["1 conversation that is not in the gold ignored (6)"]
    code, out, err = run(capsys, monkeypatch, "score-pairs", gold, prediction)
    assert code == 0
    assert "44.44" in out
    assert "not in the gold ignored" in err


@pytest.mark.parametrize(
    ("gold", "conversations", "message"),
    [
        ([["1_joy", "1"]], (6,), "conversation_ID 5"),
        ([["1_neutral", "1"]], (5,), "gold pairs to score against"),
    ],
)
def test_what_cannot_be_scored_is_said_with_exit_code_2(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    gold: list[list[str]],
    conversations: tuple[int, ...],
    message: str,
) -> None:
    files = save(tmp_path / "gold.json", gold), save(tmp_path / "pred.json", [], conversations)
    code, out, err = run(capsys, monkeypatch, "score-pairs", *files, "--json")
    assert code == 2
    assert message in err
    assert message in json.loads(out)["error"]
