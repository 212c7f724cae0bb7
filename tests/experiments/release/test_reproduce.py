"""The whole way of the default model, from data to a shipped folder with its card, on a tiny encoder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.dummies.encoder import CAUSED, HELD_BACK, configuration, training_data

from heartsay import analyze
from heartsay.conversation import Conversation
from heartsay.corpora.leaks import Cleaned
from heartsay.errors import InputError
from heartsay.experiments.release import reproduce
from heartsay.experiments.release.releases import Release
from heartsay.experiments.release.reproduce import choose, reproduce_release
from heartsay.experiments.release.tables import page
from heartsay.pipeline import evaluation
from heartsay.runtime import Bundle
from heartsay.training import distillation
from heartsay.training.run_folder import RunFolder

SEEDS = (1, 2)
TEACHER = Release("large", "large", configuration(epochs=1, name="teacher"))
STUDENT = Release("tiny", "tiny", configuration(epochs=1, distillation={"talk": ["ecf"]}), teacher=TEACHER)
"""Both of one tiny encoder, though a teacher is larger as a rule."""


def row(candidate: str, corpus: str, split: str, weighted_f1: float, pair_f1: float) -> dict[str, Any]:
    return {
        "candidate": candidate,
        "corpus": corpus,
        "split": split,
        "weighted_f1": weighted_f1,
        "pair_f1": pair_f1,
    }


def test_the_candidate_is_chosen_on_development_data_by_both_tasks() -> None:
    rows = [
        row("1", "meld", "dev", 60.0, 0.0),
        row("1", "ecf", "dev", 99.0, 50.0),
        row("1", "meld", "test", 99.0, 99.0),
        row("1", "ecf", "test", 99.0, 99.0),
        row("average", "meld", "dev", 59.0, 0.0),
        row("average", "ecf", "dev", 0.0, 52.0),
        row("average", "meld", "test", 0.0, 0.0),
        row("average", "ecf", "test", 0.0, 0.0),
    ]
    assert choose(rows) == "average"


def write_projects(folders: Mapping[str, Path], results: Path, report: object, keep: Path) -> None:
    """In place of a table that needs the published corpora: which models it would be of."""
    named = {name: Bundle.load(folder).fingerprint for name, folder in folders.items()}
    (results / "projects.json").write_text(json.dumps(named))


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Iterable[list[str]]:
    """Our own conversations where the published corpora would be; gives the splits that were asked for."""
    asked: list[str] = []

    def load(corpus: str, split: str) -> Sequence[Conversation]:
        asked.append(f"{corpus}/{split}")
        return HELD_BACK if split == "dev" else HELD_BACK[::-1]

    def drop(conversations: Sequence[Conversation], against: Sequence[str]) -> Sequence[Conversation]:
        assert against == ("test",)
        return conversations

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "load", load)
        patch.setattr(evaluation, "drop_held_out", drop)
        patch.delenv("HEARTSAY_DATA", raising=False)  # no other projects
        patch.setattr("heartsay.experiments.release.calibrate.felt_share", lambda labels: 0.5)
        patch.setattr(reproduce, "write_projects", write_projects)
        patch.setattr(reproduce, "load_training_data", lambda report: training_data())
        patch.setattr(reproduce, "absent_corpora", list)
        patch.setattr(distillation, "training_part", lambda name: Cleaned(CAUSED[:2], {}))
        yield asked


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reproduce")


@pytest.fixture(scope="module")
def content(root: Path, corpora: list[str]) -> dict[str, Any]:
    return reproduce_release(STUDENT, root / "work", root / "results", root / "shipped", seeds=SEEDS)


def test_every_candidate_is_measured_on_development_data_and_seeds_and_the_chosen_one_on_test(
    content: dict[str, Any],
) -> None:
    places = [(r["candidate"], r["seed"], r["corpus"], r["split"]) for r in content["rows"]]
    seeds = [("1", 1), ("2", 2)]
    average = [("average", None)]
    tested = seeds + (average if content["chosen"] == "average" else [])
    assert places == [
        (candidate, seed, corpus, split)
        for split, candidates in (("dev", seeds + average), ("test", tested))
        for candidate, seed in candidates
        for corpus in ("meld", "ecf")
    ]
    assert content["chosen"] == choose(content["rows"])


def test_no_model_reads_the_same_talk_twice(content: dict[str, Any], root: Path, corpora: list[str]) -> None:
    kept = sorted(path.name for path in (root / "work" / "tiny" / "readings").iterdir())
    models = {row["candidate"] for row in content["rows"]}
    read = {(row["candidate"], row["split"]) for row in content["rows"]}
    assert len(models) <= len(kept) <= len(read)  # MELD and ECF are the same conversations here


def test_what_is_written_is_what_is_returned(content: dict[str, Any], root: Path) -> None:
    assert json.loads((root / "results" / "results.json").read_text("utf-8")) == content
    assert page(content) == (root / "results" / "table.md").read_text()


def test_the_shipped_folder_is_the_chosen_model_with_its_card(content: dict[str, Any], root: Path) -> None:
    model = Bundle.load(root / "shipped")
    chosen = Bundle.load(root / "work" / "tiny" / "exported" / content["chosen"])
    assert model.fingerprint == chosen.fingerprint
    projects = json.loads((root / "results" / "projects.json").read_text("utf-8"))
    assert projects == {"tiny": chosen.fingerprint}
    assert model.card is not None
    assert (model.card.name, model.card.seeds) == ("tiny", list(SEEDS))
    (expected,) = (
        r
        for r in content["rows"]
        if (r["candidate"], r["corpus"], r["split"]) == (content["chosen"], "ecf", "test")
    )
    assert model.card.metrics["ecf/test"]["pair_f1"] == expected["pair_f1"]
    assert (root / "shipped" / "card.md").read_text("utf-8").startswith("# tiny")
    analysis = analyze(HELD_BACK[1], model=root / "shipped")
    assert len(analysis.utterances) == len(HELD_BACK[1])


def test_finished_runs_are_not_trained_again_and_others_are_refused(
    content: dict[str, Any], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_data() -> None:
        raise AssertionError("training data was read")

    monkeypatch.setattr(reproduce, "load_training_data", no_data)
    with pytest.raises(InputError, match="another configuration or seed"):
        reproduce_release(
            replace(STUDENT, configuration=configuration(epochs=2)),
            root / "work",
            root / "other",
            root / "other",
            seeds=SEEDS,
        )
    assert not (root / "other").exists()


def test_the_same_command_again_exports_nothing_anew_and_ends_alike(
    content: dict[str, Any], root: Path, corpora: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_export(*_: object, **__: object) -> None:
        raise AssertionError("a model was exported again")

    monkeypatch.setattr(reproduce, "export_run", no_export)
    again = reproduce_release(STUDENT, root / "work", root / "again", root / "shipped-again", seeds=SEEDS)
    assert again == content


def test_teachers_are_trained_first_and_what_they_say_is_kept(content: dict[str, Any], root: Path) -> None:
    for seed in SEEDS:
        teacher = RunFolder(root / "work" / "large" / f"seed-{seed}")
        assert teacher.is_finished()
        assert len(list(teacher.path.glob("soft-labels-*.npz"))) == 2  # of the scenes, and of the talk
        student = RunFolder(root / "work" / "tiny" / f"seed-{seed}")
        assert student.data()["fingerprint"] != teacher.data()["fingerprint"]
    assert content["configuration"]["distillation"]["talk"] == ["ecf"]


def test_the_card_names_the_talk_that_only_teachers_labelled(content: dict[str, Any], root: Path) -> None:
    card = Bundle.load(root / "shipped").card
    assert card is not None
    (talk,) = (data for data in card.training_data if "not its labels" in data.use)
    assert talk.name == "ECF 1.0, training split"
    assert "taught by" in card.description
