"""The researcher's path through the command line: from a tiny encoder and small corpora to a model in use."""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
import yaml
from jsonschema import Draft202012Validator
from sklearn.metrics import f1_score
from tests.dummies.corpora import DIALOGUES, write_corpora, write_encoder
from tests.dummies.encoder import configuration
from tests.dummies.model import build_calibration

import heartsay
from heartsay import cli, formats
from heartsay.calibration import AbstentionRule
from heartsay.card import Card
from heartsay.cli import progress
from heartsay.corpora import load
from heartsay.experiments import configurations
from heartsay.experiments.release import releases, reproduce
from heartsay.experiments.release.manifest import replace_file
from heartsay.experiments.release.tables import page
from heartsay.formats.analyses.json_document import SCHEMA_PATH
from heartsay.labels import EMOTIONS
from heartsay.pipeline import analysing as pipeline
from heartsay.pipeline.evaluation import read_split
from heartsay.runtime import Bundle
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder

ROOT = Path(__file__).parents[2]
SEED, OTHER_SEED = 1, 2
UTTERANCES = {"meld": 34, "ecf": 33}
"""In the test splits; MELD's holds the one that ECF has among its training utterances."""

EMOTION_KEYS = {"weighted_f1", "per_class_f1", "ece", "coverage", "mean_set_size", "aurc"}
PAIR_KEYS = {"pair_f1", "pair_precision", "pair_recall", "pair_auprc", "pair_ece"}
NO_PERCENTAGES = {"n", "pairs", "mean_set_size", "negative_log_likelihood"}

pytestmark = pytest.mark.timeout(600)


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    def said(self) -> dict[str, Any]:
        """The one JSON object on standard output, held to what JSON knows: no NaN and no infinity."""

        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is not JSON")

        said = json.loads(self.out, parse_constant=refuse)
        assert isinstance(said, dict)
        return said


IN_SILENCE = """
from heartsay import cli
from heartsay.cli import progress
progress.PATIENCE = float("inf")
cli.main()
"""


def run(*arguments: str | Path, data: Path | None = None) -> Ran:
    """Run the command line in this process, as if it were a fresh one."""
    pipeline._load_once.cache_clear()
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["heartsay", *map(str, arguments)])
        patch.setattr(progress, "PATIENCE", math.inf)  # a slow machine must not make commands speak
        if data is None:
            patch.delenv("HEARTSAY_DATA", raising=False)
        else:
            patch.setenv("HEARTSAY_DATA", str(data))
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as exit_,
        ):
            cli.main()
    assert isinstance(exit_.value.code, int)
    return Ran(exit_.value.code, out.getvalue(), err.getvalue())


def in_a_process(program: str, *arguments: str | Path, data: Path) -> Ran:
    """Run a program that ends in the command line, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}\n{IN_SILENCE}", *map(str, arguments)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "HEARTSAY_DATA": str(data),
            "OMP_NUM_THREADS": "1",  # the same sums in the same order as in this process
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def one_sentence(ran: Ran) -> bool:
    return ran.err.count("\n") == 1 and "Traceback" not in ran.err


def percentages(measured: dict[str, Any]) -> Iterator[float]:
    for name, value in measured.items():
        if isinstance(value, dict):
            yield from percentages(value)
        elif isinstance(value, float) and name not in NO_PERCENTAGES:
            yield value


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("research")


@pytest.fixture(scope="module")
def data(root: Path) -> Path:
    return write_corpora(root / "data")


@pytest.fixture(scope="module")
def settings(root: Path) -> Path:
    path = root / "tiny.yaml"
    encoder = write_encoder(root / "encoder")
    tiny = configuration(encoder, epochs=5, encoder_learning_rate=5e-3, head_learning_rate=5e-3)
    path.write_text(yaml.safe_dump(tiny.model_dump()), "utf-8")
    return path


@pytest.fixture(scope="module")
def trained(root: Path, data: Path, settings: Path) -> tuple[Ran, Path]:
    folder = root / "run"
    return run("train", settings, "--out", folder, "--seed", str(SEED), "--json", data=data), folder


@pytest.fixture(scope="module")
def exported(root: Path, data: Path, trained: tuple[Ran, Path]) -> Path:
    folder = root / "exported"
    ran = run("export", trained[1], "--out", folder, "--json", data=data)
    assert (ran.code, ran.err) == (0, "")
    assert ran.said() == {
        "command": "export",
        "run": str(trained[1]),
        "written": str(folder),
        "bytes": sum(len(content) for content in contents(folder).values()),
    }
    return folder


@pytest.fixture
def changed(exported: Path, data: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A model and corpora that a test may change."""
    return shutil.copytree(exported, tmp_path / "model"), shutil.copytree(data, tmp_path / "data")


# Training.


def test_training_tells_its_epochs_and_leaves_a_whole_run(trained: tuple[Ran, Path]) -> None:
    ran, folder = trained
    assert (ran.code, ran.err) == (0, "")
    assert set(contents(folder)) == {
        "run.json",
        "metrics.jsonl",
        "model.safetensors",
        "readings-meld-dev.npz",
        "readings-ecf-dev.npz",
    }
    said = ran.said()
    assert said["epochs"] == [json.loads(line) for line in (folder / "metrics.jsonl").open()]
    assert [row["epoch"] for row in said["epochs"]] == [1, 2, 3, 4, 5]
    assert said["best"] in said["epochs"]
    assert said["best"]["selection"] == max(row["selection"] for row in said["epochs"])


def test_something_is_learnt(trained: tuple[Ran, Path]) -> None:
    said = trained[0].said()
    first, best = said["epochs"][0], said["best"]
    assert best["weighted_f1"] > first["weighted_f1"] + 20
    assert best["pair_f1"] > first["pair_f1"] + 10


def test_a_test_utterance_among_the_training_data_changes_nothing(
    trained: tuple[Ran, Path], settings: Path, tmp_path: Path
) -> None:
    clean = write_corpora(tmp_path / "data", leak=False)
    ran = run("train", settings, "--out", tmp_path / "run", "--json", data=clean)
    assert ran.said()["epochs"] == trained[0].said()["epochs"]


def test_what_was_planted_would_be_seen(
    trained: tuple[Ran, Path], settings: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: without the sieve the same utterance changes the run."""
    monkeypatch.setattr("heartsay.training.examples.drop_held_out", lambda read, **_: list(read))
    ran = run("train", settings, "--out", tmp_path / "run", "--json", data=data)
    assert ran.code == 0
    assert ran.said()["epochs"] != trained[0].said()["epochs"]


KILL = """
import os, signal
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks import packed_dialogue

def kill_after(owner, name, calls):
    function, made = getattr(owner, name), []
    def counting(*arguments):
        result = function(*arguments)
        made.append(None)
        if len(made) == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, counting)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    ("place", "told"),
    [("packed_dialogue, 'recognise_and_cause', 30", 1), ("RunFolder, 'write_history', 2", 2)],
    ids=["in an epoch", "while an epoch is written down"],
)
def test_a_run_that_was_killed_goes_on_to_the_same_numbers(
    trained: tuple[Ran, Path], settings: Path, data: Path, tmp_path: Path, place: str, told: int
) -> None:
    folder = tmp_path / "run"
    arguments = ("train", settings, "--out", folder, "--seed", str(SEED))
    killed = in_a_process(f"{KILL}kill_after({place})", *arguments, data=data)
    assert killed.code == -signal.SIGKILL
    assert len(RunFolder(folder).history()) == told
    assert not RunFolder(folder).is_finished()

    assert run(*arguments, data=data).code == 0

    assert contents(folder) == contents(trained[1])


def test_a_run_is_not_trained_over(
    trained: tuple[Ran, Path], settings: Path, data: Path, tmp_path: Path
) -> None:
    before = contents(trained[1])
    again = run("train", settings, "--out", trained[1], "--seed", str(SEED), "--json", data=data)
    assert again == trained[0]
    longer = tmp_path / "longer.yaml"
    longer.write_text(settings.read_text("utf-8").replace("epochs: 5", "epochs: 6"), "utf-8")
    for given, seed in ((settings, OTHER_SEED), (longer, SEED)):
        ran = run("train", given, "--out", trained[1], "--seed", str(seed), "--json", data=data)
        assert ran.code == 2
        assert one_sentence(ran)
        assert "another configuration or seed" in ran.said()["error"]
    assert contents(trained[1]) == before


def test_a_person_is_told_epochs_and_what_comes_next(settings: Path, data: Path, tmp_path: Path) -> None:
    ran = run("train", settings, "--out", tmp_path / "run", "--seed", str(OTHER_SEED), data=data)
    assert [line.split(":")[0] for line in ran.err.splitlines()] == [f"epoch {n}" for n in range(1, 6)]
    assert f"Next: heartsay export {tmp_path / 'run'}" in ran.out.replace("\n", " ")


@pytest.mark.parametrize("as_json", [False, True])
def test_training_without_its_packages_names_the_extra(
    settings: Path, data: Path, tmp_path: Path, as_json: bool
) -> None:
    arguments = ["train", settings, "--out", tmp_path / "run", *(["--json"] if as_json else [])]
    ran = in_a_process("import sys; sys.modules['torch'] = None", *arguments, data=data)
    assert ran.code == 2
    assert one_sentence(ran)
    assert "install -c constraints.txt -e '.[train]'" in ran.err
    assert ran.said()["error"] == ran.err.rstrip("\n") if as_json else ran.out == ""
    assert not (tmp_path / "run").exists()


# Calibration and export.


def test_a_run_is_calibrated_from_what_it_kept(trained: tuple[Ran, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(trained[1], tmp_path / "run")
    ran = run("calibrate", folder, "--json")  # needs no corpora
    assert (ran.code, ran.err) == (0, "")
    said = ran.said()
    assert said["written"] == str(folder / "calibration.json")
    assert said["calibration_conversations"] == DIALOGUES["dev"]
    assert 0 < said["set_threshold_90"] < 1
    written = json.loads((folder / "calibration.json").read_text("utf-8"))
    (alone,) = written["emotions"]  # the run kept the full reading alone
    assert said["temperature"] == alone["mixture"]["temperature"]
    assert said["abstain_below"] == alone["abstention"]["threshold"]
    assert said["felt_from"] == alone.get("felt_threshold")
    assert said["pair_threshold"] == written["pair_threshold"]
    assert "set threshold 90" in run("calibrate", folder).out


def test_sets_that_hold_every_emotion_have_no_threshold(changed: tuple[Path, Path]) -> None:
    model, data = changed
    for file in ("meld/dev_sent_emo.csv", "ecf/dev.txt"):
        shutil.copy(data / file.replace("dev", "test"), data / file)
    (data / "meld/test_sent_emo.csv").write_text(MELD_OF_ONE, "utf-8")
    (data / "ecf/test.txt").write_text(ECF_OF_ONE, "utf-8")
    ran = run("calibrate", model, "--json", data=data)
    assert ran.code == 0
    said = ran.said()
    assert said["calibration_conversations"] == DIALOGUES["test"]
    assert said["set_threshold_90"] is None
    assert "every emotion" in run("calibrate", model, data=data).out


def test_the_exported_folder_holds_what_its_manifest_says(exported: Path, trained: tuple[Ran, Path]) -> None:
    manifest = json.loads((exported / "model.json").read_text("utf-8"))
    assert set(contents(exported)) == {"model.json", *manifest["sha256"]}
    assert manifest["name"] == "tiny"
    assert Bundle.load(exported).card is None


def test_a_new_calibration_renews_the_hash(exported: Path, data: Path, tmp_path: Path) -> None:
    model = shutil.copytree(exported, tmp_path / "model")
    replace_file(model, "calibration.json", json.dumps(build_calibration().to_dict()))
    wrong = Bundle.load(model)

    ran = run("calibrate", model, "--json", data=data)

    assert (ran.code, ran.err) == (0, "")
    assert ran.said()["written"] == str(model / "calibration.json")
    stated = json.loads((model / "model.json").read_text("utf-8"))["sha256"]["calibration.json"]
    assert hashlib.sha256((model / "calibration.json").read_bytes()).hexdigest() == stated
    right = Bundle.load(model)
    assert right.fingerprint != wrong.fingerprint
    # It was calibrated when it was exported, on the same data.
    assert contents(model) == contents(exported)


def test_an_export_replaces_models_and_nothing_else(
    trained: tuple[Ran, Path], exported: Path, data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(exported, other)
    (other / "model.onnx").write_bytes(b"an older model")
    assert run("export", trained[1], "--out", other, data=data).code == 0
    assert contents(other).keys() == contents(exported).keys()
    Bundle.load(other)

    mine = tmp_path / "mine"
    mine.mkdir()
    assert run("export", trained[1], "--out", mine, data=data).code == 0

    (tmp_path / "thesis.txt").write_text("years of work")
    for folder in (tmp_path, trained[1]):
        before = contents(folder)
        ran = run("export", trained[1], "--out", folder, "--json", data=data)
        assert ran.code == 2
        assert one_sentence(ran)
        assert str(folder) in ran.said()["error"]
        assert contents(folder) == before


def test_an_export_without_a_place_lies_in_its_run(
    trained: tuple[Ran, Path], exported: Path, data: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(trained[1], tmp_path / "run")
    ran = run("export", folder, "--precision", "float", data=data)
    assert ran.code == 0
    assert f"Written: {folder / 'exported'}" in ran.out
    # The first export stored the weights as 8-bit integers.
    assert (folder / "exported/fusion.onnx").read_bytes() != (exported / "fusion.onnx").read_bytes()


# Evaluation and use.


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


# Splits that lack what a score needs.

MELD_OF_ONE = (
    "Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID,StartTime,EndTime\n"
    'I am happy about the raft!,Ada,joy,0,0,"00:00:01,000","00:00:02,000"\n'
)
ECF_OF_ONE = (
    "90 1\n\n1 | Ada | joy | I am happy about the raft ! | Friends_S9E9: 00:00:01.000 - 00:00:02.000\n"
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


# Reproduction.


class Killed(BaseException):
    """Stands for a kill that a process cannot refuse."""


def kill_in(seed: int) -> Callable[[dict[str, Any]], None]:
    begun = []

    def report(row: dict[str, Any]) -> None:
        begun.append(row.get("message"))
        if f"default, seed {seed}" in begun and row.get("epoch") == 3:
            raise Killed

    return report


class Reproduced(NamedTuple):
    interrupted: set[str]
    ran: Ran
    work: Path
    results: Path
    shipped: Path

    def again(self, settings: Path, data: Path, *options: str) -> Ran:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(releases, "packed", lambda name: configurations.packed(settings))
            return run(
                *("reproduce", "default", "--seeds", f"{SEED},{OTHER_SEED}", *options),
                *("--work", self.work.parent, "--results", self.results.parent, "--ship", self.shipped),
                data=data,
            )


@pytest.fixture(scope="module")
def reproduced(root: Path, data: Path, settings: Path) -> Reproduced:
    """Interrupted in its second run, then started again from the command line."""
    places = root / "work/default", root / "results/default", root / "shipped"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARTSAY_DATA", str(data))
        with pytest.raises(Killed):
            reproduce.reproduce_release(
                releases.Release("default", "default", configurations.packed(settings)),
                root / "work",
                *places[1:],
                seeds=(SEED, OTHER_SEED),
                report=kill_in(OTHER_SEED),
            )
    assert RunFolder(places[0] / f"seed-{SEED}").is_finished()
    assert not RunFolder(places[0] / f"seed-{OTHER_SEED}").is_finished()
    made = Reproduced(set(contents(root / "work")), Ran(0, "", ""), *places)
    assert not places[1].exists()
    assert not places[2].exists()
    return made._replace(ran=made.again(settings, data, "--json"))


def test_an_interrupted_reproduction_goes_on_to_the_same_runs(
    reproduced: Reproduced, trained: tuple[Ran, Path], settings: Path, data: Path, tmp_path: Path
) -> None:
    assert (reproduced.ran.code, reproduced.ran.err) == (0, "")
    run("train", settings, "--out", tmp_path / "run", "--seed", str(OTHER_SEED), data=data)
    for seed, whole in ((SEED, trained[1]), (OTHER_SEED, tmp_path / "run")):
        assert contents(reproduced.work / f"seed-{seed}") == contents(whole)


def test_results_have_a_row_for_every_corpus_split_and_candidate(reproduced: Reproduced) -> None:
    said = reproduced.ran.said()
    assert said == {
        "command": "reproduce",
        **json.loads((reproduced.results / "results.json").read_text("utf-8")),
    }
    candidates = [str(SEED), str(OTHER_SEED), "average"]
    rows = {(row["corpus"], row["split"], row["candidate"]): row for row in said["rows"]}
    assert len(rows) == len(said["rows"])
    assert set(rows) == set(itertools.product(("meld", "ecf"), ("dev", "test"), candidates))
    for (corpus, split, candidate), row in rows.items():
        assert row["model"] == "packed-dialogue"
        assert row["method"] == ("average" if candidate == "average" else "base")
        assert row["protocol"] == "development-selected"
        assert row["seed"] == (None if candidate == "average" else int(candidate))
        assert row.keys() >= EMOTION_KEYS | (PAIR_KEYS if corpus == "ecf" else set())
        assert split == "dev" or row["n"] == UTTERANCES[corpus]
        assert all(0 <= value <= 100 for value in percentages(row))
    best = max(
        candidates,
        key=lambda name: rows["meld", "dev", name]["weighted_f1"] + rows["ecf", "dev", name]["pair_f1"],
    )
    assert said["chosen"] == best


def test_the_table_holds_the_shipped_models_numbers(reproduced: Reproduced) -> None:
    table = (reproduced.results / "table.md").read_text("utf-8")
    said = reproduced.ran.said()
    for corpus, name, title in (
        ("meld", "weighted_f1", "MELD test, weighted F1"),
        ("ecf", "pair_f1", "ECF test, Pair F1"),
    ):
        (row,) = (
            row
            for row in said["rows"]
            if (row["corpus"], row["split"], row["candidate"]) == (corpus, "test", said["chosen"])
        )
        (line,) = (line for line in table.splitlines() if line.startswith(f"| {title} |"))
        assert line.endswith(f"| {row[name]:.2f} |")


def test_the_shipped_folder_is_a_model_with_its_card(reproduced: Reproduced, data: Path) -> None:
    model = Bundle.load(reproduced.shipped)
    card = Card.load(reproduced.shipped / "card.json")
    assert model.card == card
    assert set(card.metrics) == {"meld/dev", "meld/test", "ecf/dev", "ecf/test"}
    assert card.seeds == [SEED, OTHER_SEED]
    text = (reproduced.shipped / "card.md").read_text("utf-8")
    for corpus, name in (("meld", "weighted_f1"), ("ecf", "pair_f1")):
        said = run("evaluate", "--model", reproduced.shipped, "--corpus", corpus, "--json", data=data).said()
        assert said[name] == pytest.approx(card.metrics[f"{corpus}/test"][name])
        assert f"| {name} | {said[name]:.2f} |" in text
        assert math.isfinite(card.deviation[f"{corpus}/test"][name])


def test_what_a_run_leaves_undefined_is_left_out_of_its_card(
    reproduced: Reproduced, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads((reproduced.results / "results.json").read_text("utf-8"))
    for row in content["rows"]:
        if row["candidate"] == str(SEED):
            row |= {"accepted_accuracy": None, "misclassification_auroc": None}
            row |= {"pair_auprc": None} if row["corpus"] == "ecf" else {}
    monkeypatch.setenv("HEARTSAY_DATA", str(data))
    exported = shutil.copytree(reproduced.work / "exported" / str(OTHER_SEED), tmp_path / "exported")
    of = releases.Release("default", "default", Configuration.model_validate(content["configuration"]))
    reproduce.ship(of, exported, tmp_path / "shipped", {**content, "chosen": str(SEED)}, (SEED, OTHER_SEED))
    card = Card.load(tmp_path / "shipped/card.json")
    for numbers in (card.metrics["ecf/test"], card.deviation["ecf/test"]):
        assert not {"accepted_accuracy", "misclassification_auroc", "pair_auprc"} & numbers.keys()
        assert "pair_f1" in numbers
    table = page({**content, "chosen": str(SEED)})
    (line,) = (x for x in table.splitlines() if "Pair AUPRC" in x)
    assert line.endswith("| - | - | - |")


def test_reproducing_again_trains_nothing_and_gives_the_same(
    reproduced: Reproduced, settings: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*_: Any, **__: Any) -> None:
        raise AssertionError("trained anew")

    before = contents(reproduced.results), contents(reproduced.shipped)
    runs = contents(reproduced.work)
    monkeypatch.setattr(reproduce, "train_packed_dialogue", train)
    ran = reproduced.again(settings, data)
    assert ran.code == 0
    assert ran.out == f"Written: {reproduced.results / 'table.md'}\n"
    assert (contents(reproduced.results), contents(reproduced.shipped)) == before
    assert contents(reproduced.work) == runs


# Errors.


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "for programs"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "CONFIG", "--out", "new", "--seed", "-1"], "--seed"),
        (["train", "CONFIG", "--out", "new", "--seed", str(2**64)], "--seed"),
        (["train", "CONFIG", "--out", "new", "--device", "abacus"], "--device"),
        (["train", "missing.yaml", "--out", "new"], "missing.yaml"),
        (["train", "unknown.yaml", "--out", "new"], "unknown.yaml, epoch"),
        (["train", "no-encoder.yaml", "--out", "new"], "no/such/encoder"),
        (["calibrate", "nowhere"], "nowhere"),
        (["calibrate", "cut"], "cut"),
        (["export", "nowhere"], "nowhere"),
        (["export", "cut"], "cut"),
        (["calibrate", "half"], "half"),
        (["export", "half"], "half"),
        (["evaluate", "--model", "EXPORTED", "--corpus", "iemocap"], "iemocap"),
        (["evaluate", "--model", "EXPORTED", "--corpus", "meld", "--split", "validation"], "validation"),
        (["evaluate", "--model", "EXPORTED", "--corpus", "meld", "--coverage", "1.5"], "--coverage"),
        (["evaluate", "--model", "EXPORTED", "--corpus", "meld", "--coverage", "nan"], "--coverage"),
        (["evaluate", "--model", "RUN", "--corpus", "meld"], "heartsay export"),
        (["reproduce", "default", "--work", "new", "--seeds", "1"], "--seeds"),
        (["reproduce", "default", "--work", "new", "--seeds", "1,1"], "--seeds"),
        (["reproduce", "default", "--work", "new", "--seeds", "1,-2"], "--seeds"),
        (["reproduce", "default", "--work", "new", "--seeds", "one,two"], "--seeds"),
        (["reproduce", "default", "--work", "new", "--device", "abacus"], "--device"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_gets_one_sentence(
    arguments: list[str],
    message: str,
    as_json: bool,
    settings: Path,
    data: Path,
    trained: tuple[Ran, Path],
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("unknown.yaml").write_text("name: mine\nepoch: 3\n")
    Path("no-encoder.yaml").write_text("name: mine\nencoder: no/such/encoder\n")
    # A run that was killed before its first epoch was told.
    Path("cut").mkdir()
    shutil.copy(trained[1] / "run.json", "cut")
    # One that was killed while it wrote its readings down.
    shutil.copytree(trained[1], "half")
    for file in Path("half").glob("readings-*"):
        file.write_bytes(file.read_bytes()[:1000])
    before = contents(tmp_path)
    places = {"CONFIG": settings, "RUN": trained[1], "EXPORTED": exported}
    given = [places.get(part, part) for part in arguments]

    ran = run(*given, *(["--json"] if as_json else []), data=data)

    assert ran.code == 2
    assert one_sentence(ran)
    assert message in ran.err
    if as_json:
        assert ran.said() == {"command": arguments[0], "error": ran.err.rstrip("\n")}
    else:
        assert ran.out == ""
    if "no-encoder.yaml" not in arguments:  # what a run was asked for is written down before it begins
        assert contents(tmp_path) == before


NEEDS_DATA = [
    ["train", "CONFIG", "--out", "new"],
    ["calibrate", "EXPORTED"],
    ["export", "RUN", "--out", "new"],
    ["evaluate", "--model", "EXPORTED", "--corpus", "ecf"],
    ["reproduce", "default", "--work", "new", "--results", "new", "--ship", "new"],
]


@pytest.mark.parametrize("lacks", ["a name", "the folder", "a file"])
@pytest.mark.parametrize("arguments", NEEDS_DATA, ids=lambda arguments: arguments[0])
def test_missing_data_gets_one_sentence_and_leaves_nothing(
    arguments: list[str],
    lacks: str,
    settings: Path,
    data: Path,
    trained: tuple[Ran, Path],
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(releases, "packed", lambda name: configurations.packed(settings))
    places = {"CONFIG": settings, "RUN": trained[1], "EXPORTED": exported}
    given = [places.get(part, part) for part in arguments]
    before = contents(exported)
    if lacks == "a file":
        where = shutil.copytree(data, tmp_path / "data")
        (where / "ecf/test.txt").unlink()

    ran = run(
        *given,
        "--json",
        data={"a name": None, "the folder": tmp_path / "nowhere", "a file": tmp_path / "data"}[lacks],
    )

    assert ran.code == 2
    assert one_sentence(ran)
    assert ("ecf/test.txt" if lacks == "a file" else "HEARTSAY_DATA") in ran.said()["error"]
    assert contents(exported) == before
    assert not [path for path in tmp_path.rglob("*") if "data" not in path.parts and path.is_file()]


@pytest.mark.parametrize("configuration", ["m3net-meld-voices", "voice", "small"])
def test_teachers_are_refused_where_nothing_learns_from_them(configuration: str, tmp_path: Path) -> None:
    ran = run("train", configuration, "--out", tmp_path / "run", "--teacher", tmp_path)
    assert ran.code == 2
    assert "--teacher" in ran.err
    assert not (tmp_path / "run").exists()
