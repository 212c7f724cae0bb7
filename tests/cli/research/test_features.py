"""Backbones over features through the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.dummies.commands import Ran, contents, one_sentence, run
from tests.dummies.evidence import feature_corpus

from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.experiments import feature_corpora
from heartsay.experiments.cmerc.plan import FULL, runs
from heartsay.progress import Report
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.run_folder import RunFolder

SETTINGS: dict[str, Any] = {
    "name": "tiny",
    "corpus": "dummy",
    "backbone": {"name": "evidence-attention", "settings": {"width": 8, "layers": 1, "heads": 2}},
    "epochs": 2,
    "batch_size": 4,
    "learning_rate": 0.01,
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, int | None, int]]:
    """What the corpora were asked for: cache, fold and seed of each call."""
    calls: list[tuple[Path, int | None, int]] = []

    def load(cache: Path, fold: int | None, seed: int, report: Report) -> EvidenceCorpus:
        calls.append((cache, fold, seed))
        return feature_corpus(sizes=(8, 4, 4), lengths=(1, 5), seed=fold or 0)

    for name in ("dummy", "meld-voices"):
        monkeypatch.setitem(feature_corpora.CORPORA, name, load)
    return calls


def write(path: Path, **changes: Any) -> Path:
    path.write_text(yaml.safe_dump({**SETTINGS, **changes}), "utf-8")
    return path


def train(folder: Path, *options: str | Path, **changes: Any) -> Ran:
    return run("train", write(folder / "tiny.yaml", **changes), "--out", folder / "run", *options)


def test_training_tells_what_was_chosen_and_what_the_test_split_would_choose(
    tmp_path: Path, asked: list[tuple[Path, int | None, int]]
) -> None:
    ran = train(tmp_path, "--cache", tmp_path / "features", "--seed", "3", "--json")
    assert (ran.code, ran.err) == (0, "")
    said, folder = ran.said(), RunFolder(tmp_path / "run")
    assert asked == [(tmp_path / "features", None, 0)]
    assert said["best"] == folder.chosen()
    assert said["test_selected"] == folder.chosen("test")
    assert said["epochs"] == folder.history()
    assert (said["seed"], said["corpus"], said["composed"]) == (3, "dummy", False)
    assert folder.is_finished()

    before = contents(tmp_path / "run")
    again = train(tmp_path, "--seed", "3")
    assert again.code == 0
    assert f"Epoch {said['best']['epoch']}, chosen on development data" in again.out
    assert f"epoch {said['test_selected']['epoch']} with" in again.out
    assert contents(tmp_path / "run") == before


def test_a_fold_follows_from_the_seed_unless_it_is_given(
    tmp_path: Path, asked: list[tuple[Path, int | None, int]]
) -> None:
    for seed in range(1, 6):
        (tmp_path / str(seed)).mkdir()
        ran = train(tmp_path / str(seed), "--seed", str(seed), "--json", corpus="meld-voices", epochs=1)
        assert ran.said()["fold"] == asked[-1][1]
    assert sorted(fold for _, fold, _ in asked if fold is not None) == [0, 1, 2, 3, 4]
    assert {seed for _, _, seed in asked} == {0}  # the folds themselves stay where they are
    ran = train(tmp_path, "--fold", "3", corpus="meld-voices", epochs=1)
    assert ran.code == 0
    assert asked[-1][1] == 3


def test_epochs_are_told_to_people(tmp_path: Path, asked: list[tuple[Path, int | None, int]]) -> None:
    ran = train(tmp_path, objective={"name": "cmerc"})
    assert ran.code == 0
    lines = ran.err.splitlines()
    assert lines[0].startswith("The base method first")
    assert [line.split(":")[0] for line in lines[1:3]] == ["epoch 1", "epoch 2"]
    assert "development weighted F1" in lines[1]
    assert lines[3:5] == ["Reading both held-out splits under every view", "Now tiny"]


def test_a_backbone_that_is_not_there_is_refused_before_features_are_made(
    tmp_path: Path, asked: list[tuple[Path, int | None, int]]
) -> None:
    before = len(asked)
    for backbone in ({"name": "m4net"}, {"name": "m3net", "settings": {"depht": 3}}):
        ran = train(tmp_path, backbone=backbone)
        assert (ran.code, one_sentence(ran)) == (2, True)
    assert len(asked) == before


def test_another_corpus_can_be_named(tmp_path: Path, asked: list[tuple[Path, int | None, int]]) -> None:
    ran = train(tmp_path, "--corpus", "dummy", corpus="file:nowhere.pkl")
    assert ran.code == 0
    assert RunFolder(tmp_path / "run").configuration(FeatureConfiguration).corpus == "dummy"


@pytest.mark.parametrize(
    ("options", "stated"), [([], True), (["--corpus", "file:own.pkl"], True), (["--corpus", "dummy"], False)]
)
def test_published_numbers_stand_beside_published_features_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], stated: bool
) -> None:
    beside: list[dict[str, float]] = []
    monkeypatch.setattr("heartsay.cli.train._train_backbone", lambda _, numbers, *__: beside.append(numbers))
    assert run("train", "mmgcn-iemocap", "--out", tmp_path / "run", *options).code == 0
    assert [numbers.get("weighted_f1") for numbers in beside] == [65.62 if stated else None]


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "for programs"])
@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"epoch": 3}, [], "tiny.yaml, epoch"),
        ({"backbone": {"name": "oracle"}}, [], "oracle"),
        ({"objective": {"name": "magic"}}, [], "magic"),
        ({"corpus": "nothing"}, [], "nothing"),
        ({"corpus": "file:nowhere.pkl"}, [], "nowhere.pkl"),
        ({"modalities": ["smell"]}, [], "smell"),
        ({}, ["--seed", "-1"], "--seed"),
        ({}, ["--device", "abacus"], "--device"),
        ({"learning_rate": 1e30}, [], "lower the learning rates"),
    ],
    ids=str,
)
def test_what_cannot_be_done_gets_one_sentence(
    tmp_path: Path,
    asked: list[tuple[Path, int | None, int]],
    changes: dict[str, Any],
    options: list[str],
    message: str,
    as_json: bool,
) -> None:
    ran = train(tmp_path, *options, *(["--json"] if as_json else []), **changes)
    assert ran.code == 2
    assert message in ran.err
    if as_json:
        assert one_sentence(ran)
        assert ran.said() == {"command": "train", "error": ran.err.rstrip("\n")}
    if "learning_rate" not in changes:
        assert not (tmp_path / "run").exists()


def test_options_of_features_are_refused_for_the_packed_model(tmp_path: Path) -> None:
    path = tmp_path / "packed.yaml"
    path.write_text("name: mine\n")
    for option in (["--fold", "1"], ["--corpus", "meld-voices"]):
        ran = run("train", path, "--out", tmp_path / "run", *option)
        assert ran.code == 2
        assert one_sentence(ran)
        assert option[0] in ran.err


@pytest.mark.parametrize("command", ["export", "calibrate"])
def test_other_commands_say_that_they_cannot_use_such_a_run(
    tmp_path: Path, asked: list[tuple[Path, int | None, int]], command: str
) -> None:
    assert train(tmp_path).code == 0
    ran = run(command, tmp_path / "run")
    assert ran.code == 2
    assert one_sentence(ran)
    assert "backbone over features" in ran.err


def test_the_help_shows_an_example_of_each_kind() -> None:
    ran = run("train", "--help")
    for name in ("train default", "m3net-cmerc-meld-voices", "m3net-cmerc-iemocap"):
        assert name in ran.out


OWN = """
from heartsay.models.backbones.evidence_attention import EvidenceAttention
from heartsay.objectives.supervised import Supervised
from tests.dummies.evidence import feature_corpus


class Mine(EvidenceAttention):
    pass


class Plain(Supervised):
    pass


def talk(cache, fold, seed):
    return feature_corpus(sizes=(8, 4, 4), lengths=(1, 5), seed=fold or 0)


def nothing(cache, fold, seed):
    return None
"""


def test_a_users_own_backbone_objective_and_corpus_train_by_name_and_enter_no_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_parts_of_a_test.py").write_text(OWN)
    module = "own_parts_of_a_test"
    own = {
        "corpus": f"{module}:talk",
        "backbone": {**SETTINGS["backbone"], "name": f"{module}:Mine"},
        "objective": {"name": f"{module}:Plain"},
    }
    ran = train(tmp_path, "--json", **own)
    assert (ran.code, ran.err) == (0, "")
    assert ran.said()["best"]["epoch"] in (1, 2)
    assert all(not run.model.endswith("Mine") for run in runs(FULL))
    wrong = run(
        "train", write(tmp_path / "other.yaml", **{**own, "corpus": f"{module}:nothing"}), "--out", "x"
    )
    assert wrong.code == 2
    assert one_sentence(wrong)
    assert "NoneType" in wrong.err
