"""The commands that hand in emotion-cause pairs and score them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from tests.dummies.model import model_folder

import heartsay
from heartsay import cli
from heartsay.formats import paired
from heartsay.formats.conversations import semeval
from heartsay.pipeline import load_model, submission

MODEL = str(model_folder())
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
    monkeypatch.setattr(sys, "argv", ["heartsay", *arguments])
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
    code, out, _ = run(capsys, monkeypatch, "causes", "score", gold, prediction, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["conversations"], found["gold"], found["predicted"]) == (1, 3, 2)
    scores = {name: round(values["f1"], 2) for name, values in found["scores"].items()}
    # joy: 1 right of 1, of 2; anger: 0 right. The pair with the wrong emotion is right as a pair.
    assert scores["w-6"] == round(100 * 2 / 3 * 2 / 3, 2)
    assert (scores["micro"], scores["pair"]) == (40.0, 80.0)
    assert (scores["emotion_in_pairs"], scores["cause_in_pairs"]) == (80.0, 66.67)
    assert found["warnings"] == ["1 conversation that is not in the gold ignored (6)"]
    code, out, err = run(capsys, monkeypatch, "causes", "score", gold, prediction)
    assert code == 0
    assert "44.44" in out
    assert "not in the gold ignored" in err


SIX_GOLD = [
    *[["1_anger", "1"], ["2_anger", "1"], ["3_anger", "3"]],
    *[["1_joy", "2"], ["2_joy", "2"], ["2_joy", "3"], ["3_joy", "1"]],
    *[["2_surprise", "2"], ["3_surprise", "2"]],
    *[["1_disgust", "3"], ["3_fear", "3"], ["2_sadness", "1"]],
]
SIX_GIVEN = [
    *[
        ["1_anger", "1"],
        ["2_anger", "1"],
        ["3_anger", "2"],
        ["1_anger", "1"],
    ],  # 2 right of 3, one given twice
    *[["1_joy", "2"], ["2_joy", "2"], ["1_joy", "1"], ["3_joy", "3"], ["3_joy", "2"]],  # 2 of 5
    *[["2_surprise", "2"]],  # 1 of 1
    *[["1_sadness", "3"]],  # gold says disgust
    *[["3_fear", "3"]],  # 1 of 1
    *[["1_neutral", "1"]],  # counts nowhere but as a pair
]


def test_six_categories_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = save(tmp_path / "gold.json", SIX_GOLD), save(tmp_path / "pred.json", SIX_GIVEN)
    code, out, _ = run(capsys, monkeypatch, "causes", "score", *files, "--json")
    found = json.loads(out)
    assert (code, found["gold"], found["predicted"]) == (0, 12, 12)
    scores = found["scores"]
    f1 = {"anger": 2 / 3, "joy": 4 / 9, "surprise": 2 / 3, "fear": 1.0, "disgust": 0.0, "sadness": 0.0}
    for emotion, value in f1.items():
        assert scores[emotion]["f1"] == pytest.approx(100 * value, abs=1e-5), emotion
    support = {"anger": 3, "joy": 4, "surprise": 2, "fear": 1, "disgust": 1, "sadness": 1}
    weighted = sum(support[e] * f1[e] for e in support) / 12
    assert weighted == pytest.approx((2 + 16 / 9 + 4 / 3 + 1) / 12)
    assert scores["w-6"]["f1"] == pytest.approx(100 * weighted, abs=1e-5)
    assert scores["w-4"]["f1"] == pytest.approx(100 * (2 + 16 / 9 + 4 / 3) / 10, abs=1e-5)
    # 6 right of 11 that are not neutral, of 12 gold ones.
    assert scores["micro"] == pytest.approx(
        {"precision": 600 / 11, "recall": 50.0, "f1": 100 * 12 / 23}, abs=1e-5
    )
    assert sum("counted once" in w for w in found["warnings"]) == 1
    assert sum("neutral" in w for w in found["warnings"]) == 1


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
    code, out, err = run(capsys, monkeypatch, "causes", "score", *files, "--json")
    assert code == 2
    assert message in err
    assert message in json.loads(out)["error"]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([["1_happy", "1"]], "'happy'"),
        ([["1_joy", "1_0_2"]], "subtask 1"),
    ],
)
def test_a_submission_that_breaks_the_form_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    pairs: list[list[str]],
    message: str,
) -> None:
    files = save(tmp_path / "gold.json", [["1_joy", "1"]]), save(tmp_path / "pred.json", pairs)
    code, out, err = run(capsys, monkeypatch, "causes", "score", *files)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_pair_outside_the_conversation_is_counted_wrong_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = save(tmp_path / "gold.json", [["1_joy", "1"]]), save(tmp_path / "pred.json", [["1_joy", "4"]])
    code, out, _ = run(capsys, monkeypatch, "causes", "score", *files, "--json")
    assert (code, json.loads(out)["predicted"]) == (0, 1)
    assert json.loads(out)["scores"]["micro"]["precision"] == 0.0
    assert "outside the conversation" in " ".join(json.loads(out)["warnings"])


KITCHEN = """31 3
(2,1),(3,2)
1 | Ana | neutral | The boat is late again . | x
2 | Ben | surprise | What ? You sold the piano ? | x
3 | Ana | anger | Leave me alone , this is awful . | x
32 1

1 | Ana | joy | I am so happy that you found the keys ! | x
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "data"
    (root / "ecf").mkdir(parents=True)
    (root / "ecf" / "test.txt").write_text(KITCHEN, "utf-8")
    monkeypatch.setenv("HEARTSAY_DATA", str(root))
    return root


def test_a_split_is_handed_in_and_scored(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "pred.json"
    code, said, _ = run(
        capsys, monkeypatch, "causes", "submit", "ecf:test", "--model", MODEL, "--out", str(out), "--json"
    )
    facts = json.loads(said)
    assert code == 0
    assert (facts["conversations"], facts["utterances"], facts["warnings"]) == (2, 4, [])
    written = json.loads(out.read_text("utf-8"))
    assert [c["conversation_ID"] for c in written] == [31, 32]
    assert written[0]["conversation"][1] == {
        "utterance_ID": 2,
        "text": "What ? You sold the piano ?",
        "speaker": "Ben",
    }
    # The pairs are those that an analysis lists, and none is neutral.
    talk = list(heartsay.read_all(data / "ecf" / "test.txt"))
    shown = [
        [u.id, cause.utterance]
        for analysis in heartsay.analyze(talk, model=MODEL)
        for u in analysis.utterances
        for cause in u.causes
    ]
    given = [[e.partition("_")[0], c] for item in written for e, c in item["emotion-cause_pairs"]]
    assert sorted(given) == sorted(shown)
    assert given
    assert facts["pairs"] == len(given)
    assert not any("neutral" in e for item in written for e, _ in item["emotion-cause_pairs"])
    by_split = run(capsys, monkeypatch, "causes", "score", "ecf:test", str(out), "--json")
    by_file = run(capsys, monkeypatch, "causes", "score", str(data / "ecf" / "test.txt"), str(out), "--json")
    assert by_split[0] == 0
    assert json.loads(by_split[1])["gold"] == 2
    assert json.loads(by_split[1])["scores"] == json.loads(by_file[1])["scores"]


def test_gold_labels_are_not_shown_to_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = [
        {
            "conversation_ID": "a",
            "conversation": [{**turn, "emotion": "fear"} for turn in TALK],
            "emotion-cause_pairs": [["1_fear", "3"]],
        }
    ]
    bare = [{"conversation_ID": "a", "conversation": TALK}]
    found = []
    for name, document in (("gold.json", labelled), ("bare.json", bare)):
        path = tmp_path / name
        path.write_text(json.dumps(document), "utf-8")
        code, out, _ = run(capsys, monkeypatch, "causes", "submit", str(path), "--model", MODEL, "--out", "-")
        assert code == 0
        found.append(json.loads(out))
    assert found[0] == found[1]
    assert found[0][0]["conversation_ID"] == "a"


def test_chinese_talk_is_handed_in_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mec4.json"
    row = {"dia_id": 4, "dia_len": 2, "text": "1.小雨：船九点开。 2.老陈：九点？", "pairs": "(2,1)"}
    path.write_text(json.dumps([row]), "utf-8")
    out = tmp_path / "pred.json"
    code, _, err = run(
        capsys, monkeypatch, "causes", "submit", str(path), "--model", MODEL, "--out", str(out)
    )
    assert code == 0
    assert "Chinese" in err
    out.write_text(json.dumps([{"conversation_ID": 4, "emotion-cause_pairs": [["2_joy", "1"]]}]), "utf-8")
    code, said, _ = run(capsys, monkeypatch, "causes", "score", str(path), str(out), "--json")
    found = json.loads(said)
    # This corpus names no emotions, so that only pairs can be scored.
    assert list(found["scores"]) == ["pair", "emotion_in_pairs", "cause_in_pairs"]
    assert found["scores"]["pair"]["f1"] == 100.0
    assert "no emotions" in found["warnings"][0]


@pytest.mark.parametrize(
    ("talk", "message"),
    [
        ("nowhere.json", "nothing of that name"),
        ("atlantis:test", "the name of a corpus"),
        ("ecf:summer", "a split of ECF"),
        ("ecf:dev", "no such file"),
    ],
)
def test_what_cannot_be_found_gets_one_sentence_and_leaves_nothing(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    talk: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (("submit", talk), ("score", talk, "pred.json")):
        code, out, err = run(capsys, monkeypatch, "causes", *command)
        assert (code, out) == (2, "")
        assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_split_without_pairs_is_no_gold(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "ecf" / "test.txt").write_text(KITCHEN.replace("(2,1),(3,2)", ""), "utf-8")
    prediction = save(tmp_path / "pred.json", [])
    code, _, err = run(capsys, monkeypatch, "causes", "score", "ecf:test", prediction)
    assert code == 2
    assert "gold pairs to score against" in err


@pytest.mark.parametrize("command", [(), ("submit",), ("score",)])
def test_help_teaches_by_examples(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    code, out, _ = run(capsys, monkeypatch, "causes", *command, "--help")
    assert code == 0
    assert f"heartsay causes {command[0] if command else 'submit'} ecf:test" in out


def test_the_shipped_model_on_ecf_s_test_split(tmp_path: Path) -> None:
    root = os.environ.get("HEARTSAY_DATA")
    if not root or not (Path(root) / "ecf" / "test.txt").is_file():
        pytest.skip("HEARTSAY_DATA holds no ECF")
    talk = submission.read_talk("ecf:test")[:25]
    found = list(submission.predict(talk, load_model()))
    paired.write(tmp_path / "pred.json", found)
    gold = submission.read_gold("ecf:test")[:25]
    _, scores = submission.score(gold, semeval.read(tmp_path / "pred.json", needed="pairs"))
    assert scores["pair"]["f1"] > 45  # every utterance with itself: 43.1 on the whole split
    assert 20 < scores["w-6"]["f1"] < scores["pair"]["f1"]
