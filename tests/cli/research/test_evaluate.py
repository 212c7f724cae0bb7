"""`heartsay evaluate` with an exported model, also on splits that lack what a score needs, and its use."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from sklearn.metrics import f1_score
from tests.dummies.commands import in_a_process, one_sentence, run
from tests.dummies.corpora import ECF_OF_ONE, MELD_OF_ONE, UTTERANCES
from tests.dummies.measures import EMOTION_KEYS, PAIR_KEYS, percentages

import heartsay
from heartsay import formats
from heartsay.calibration import AbstentionRule
from heartsay.corpora import load
from heartsay.experiments.release.manifest import replace_file
from heartsay.formats.analyses.json_document import SCHEMA_PATH
from heartsay.labels import EMOTIONS
from heartsay.pipeline.evaluation import read_split
from heartsay.runtime import Bundle

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("corpus", ["meld", "ecf"])
def test_evaluate_prints_one_object_with_all_that_was_promised(
    exported: Path, data: Path, corpus: str
) -> None:
    arguments = ("evaluate", "--model", exported, "--corpus", corpus, "--split", "test", "--json")
    ran = in_a_process("", *arguments, data=data)
    assert (ran.code, ran.err) == (0, "")
    said = ran.said()
    assert (said["model"], said["corpus"], said["split"]) == ("tiny", corpus, "test")
    assert said["n"] == UTTERANCES[corpus]
    assert said.keys() >= EMOTION_KEYS
    assert said.keys() >= PAIR_KEYS if corpus == "ecf" else not PAIR_KEYS & said.keys()
    assert list(said["per_class_f1"]) == list(EMOTIONS)
    assert all(0 <= value <= 100 for value in percentages(said))
    assert 1 <= said["mean_set_size"] <= 7
    assert said["sha256"] == Bundle.load(exported).stamp.sha256
    assert said["floors"].keys() <= said.keys()


@pytest.mark.parametrize("evidence", ["always", "never"])
@pytest.mark.parametrize("corpus", ["meld", "ecf"])
def test_what_is_measured_is_what_analyze_shows(
    exported: Path,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    corpus: str,
    evidence: Literal["always", "never"],
) -> None:
    said = run("evaluate", "--model", exported, "--corpus", corpus, "--json", data=data).said()
    monkeypatch.setenv("HEARTSAY_DATA", str(data))
    conversations = load(corpus, "test")
    analyses = list(heartsay.analyze(conversations, model=exported, evidence=evidence))
    of_emotions = said if evidence == "always" else said["full_reading_alone"]

    gold = [u.emotion for c in conversations for u in c.utterances]
    shown = [u.emotion for a in analyses for u in a.utterances]
    labels = [emotion.label for emotion in shown]
    assert of_emotions["weighted_f1"] == pytest.approx(
        100 * f1_score(gold, labels, average="weighted", zero_division=0)
    )
    held = [g in emotion.set for g, emotion in zip(gold, shown, strict=True)]
    assert of_emotions["coverage"] == pytest.approx(100 * sum(held) / len(held))
    assert of_emotions["mean_set_size"] == pytest.approx(sum(len(e.set) for e in shown) / len(shown))
    if corpus == "ecf":
        caused = {
            (k, u.id, cause.utterance)
            for k, a in enumerate(analyses)
            for u in a.utterances
            for cause in u.causes
        }
        true = {
            (k, str(felt + 1), str(by + 1)) for k, c in enumerate(conversations) for felt, by in c.pairs or ()
        }
        assert caused & true
        assert said["pair_precision"] == pytest.approx(100 * len(caused & true) / len(caused))
        assert said["pair_recall"] == pytest.approx(100 * len(caused & true) / len(true))


def test_a_person_sees_the_same_numbers_beside_their_floors(exported: Path, data: Path) -> None:
    arguments = ("evaluate", "--model", exported, "--corpus", "ecf", "--split", "dev")
    said = run(*arguments, "--json", data=data).said()
    ran = run(*arguments, data=data)
    assert (ran.code, ran.err) == (0, "")
    for name in ("weighted_f1", "pair_f1"):
        ((floor, value),) = said["floors"][name].items()
        line = f"  {name.replace('_', ' ')}: {said[name]:.2f}  (floor: {floor} {value:.2f})"
        assert line in ran.out.splitlines()
    alone = said["full_reading_alone"]["weighted_f1"]
    assert f"  full reading alone:\n    n: {said['n']}\n    weighted f1: {alone:.2f}\n" in ran.out


def test_what_is_read_is_reported(exported: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTSAY_DATA", str(data))
    rows: list[dict[str, Any]] = []
    _, conversations = read_split(Bundle.load(exported), "meld", "test", rows.append)
    assert [row["done"] for row in rows] == list(range(len(conversations) + 1))
    assert {(row["message"], row["of"]) for row in rows} == {("Reading meld test", len(conversations))}


def test_a_lower_coverage_gives_smaller_sets(exported: Path, data: Path) -> None:
    sizes = [
        run(
            *("evaluate", "--model", exported, "--corpus", "meld", "--coverage", coverage, "--json"),
            data=data,
        ).said()["mean_set_size"]
        for coverage in ("0.5", "0.8", "0.99")
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] == 7


def test_a_conversation_is_analysed_with_the_exported_model(exported: Path, tmp_path: Path) -> None:
    chat = tmp_path / "chat.json"
    chat.write_text(formats.write(CHAT, "json"), "utf-8")
    ran = run("analyze", chat, "--model", exported, "--out", tmp_path / "out", "--json")
    assert (ran.code, ran.err) == (0, "")
    document = json.loads((tmp_path / "out/chat.json").read_text("utf-8"))
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(document)
    assert document["model"]["name"] == "tiny"
    assert [u["text"] for u in document["utterances"]] == [u.text for u in CHAT.utterances]
    assert any(u["moved_by"]["other_context"] for u in document["utterances"])
    assert (tmp_path / "out/chat.html").is_file()


CHAT = heartsay.Conversation(
    "chat",
    (
        heartsay.Utterance("1", "Ada", "The rope is in the hall."),
        heartsay.Utterance("2", "Bo", "I'm furious about the rope."),
        heartsay.Utterance("3", "Ada", "I am so sorry."),
    ),
)


def measured(changed: tuple[Path, Path], corpus: str) -> tuple[dict[str, Any], str]:
    """What `evaluate` prints for programs and for people."""
    arguments = ("evaluate", "--model", changed[0], "--corpus", corpus)
    ran, told = run(*arguments, "--json", data=changed[1]), run(*arguments, data=changed[1])
    assert (ran.code, ran.err, told.code, told.err) == (0, "", 0, "")
    assert "nan" not in told.out
    return ran.said(), told.out


def test_when_no_reading_is_accepted_their_accuracy_is_null(changed: tuple[Path, Path]) -> None:
    calibration = Bundle.load(changed[0]).calibration.to_dict()
    for fitted in calibration["emotions"]:
        fitted["abstention"] = AbstentionRule(1.0, 1 / 3, 0.0).to_dict()
    replace_file(changed[0], "calibration.json", json.dumps(calibration))
    said, told = measured(changed, "meld")
    assert said["accepted"] == 0
    assert said["accepted_accuracy"] is None
    assert "accepted accuracy: undefined" in told


def test_a_class_that_a_split_lacks_scores_0(changed: tuple[Path, Path]) -> None:
    path = changed[1] / "ecf/test.txt"
    path.write_text(path.read_text("utf-8").replace("| fear |", "| anger |"), "utf-8")
    said, _ = measured(changed, "ecf")
    assert said["per_class_f1"]["fear"] == 0
    assert said["n"] == UTTERANCES["ecf"]


def test_a_split_without_gold_pairs_has_no_average_precision(changed: tuple[Path, Path]) -> None:
    path = changed[1] / "ecf/test.txt"
    path.write_text(re.sub(r"^\(.*$", "", path.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    said, told = measured(changed, "ecf")
    assert said["pairs"] == 0
    assert said["pair_auprc"] is None
    assert said["pair_auprc_all_gold"] is None
    assert said["pair_f1"] == 0
    assert "pair_f1" not in said["floors"]
    assert "pair auprc: undefined" in told


@pytest.mark.parametrize(("corpus", "file"), [("meld", "test_sent_emo.csv"), ("ecf", "test.txt")])
def test_a_split_of_one_utterance_is_measured(changed: tuple[Path, Path], corpus: str, file: str) -> None:
    (changed[1] / corpus / file).write_text(MELD_OF_ONE if corpus == "meld" else ECF_OF_ONE, "utf-8")
    said, _ = measured(changed, corpus)
    assert said["n"] == 1
    # With one reading there is no right one to be told from a wrong one.
    assert said["misclassification_auroc"] is None
    if corpus == "ecf":
        assert said["pair_ece"] is not None


def test_a_split_of_which_nothing_is_left_gets_one_sentence(changed: tuple[Path, Path]) -> None:
    model, data = changed
    shutil.copy(data / "meld/test_sent_emo.csv", data / "meld/dev_sent_emo.csv")
    ran = run("evaluate", "--model", model, "--corpus", "meld", "--split", "dev", "--json", data=data)
    assert ran.code == 2
    assert one_sentence(ran)
    assert "meld, split dev" in ran.said()["error"]


def test_an_utterance_longer_than_the_encoder_can_hold_is_measured(changed: tuple[Path, Path]) -> None:
    """It is read in several windows, each of which sees that it caused itself."""
    long = " ".join(["I am furious about the raft and so are they ."] * 20)
    line = f"1 | Ada | anger | {long} | Friends_S9E9: 00:00:01.000 - 00:00:02.000\n"
    (changed[1] / "ecf/test.txt").write_text(f"90 1\n(1,1)\n{line}", "utf-8")
    said, _ = measured(changed, "ecf")
    assert said["pairs"] == 1
    assert said["pair_auprc_all_gold"] == pytest.approx(said["pair_auprc"])
