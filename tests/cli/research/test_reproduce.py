"""`heartsay reproduce`: interrupted and gone on with, its table and the model that it ships."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.cli.research.conftest import OTHER_SEED, SEED
from tests.dummies.commands import Ran, contents, run
from tests.dummies.corpora import UTTERANCES
from tests.dummies.measures import EMOTION_KEYS, PAIR_KEYS, percentages

from heartsay.card import Card
from heartsay.experiments import configurations
from heartsay.experiments.release import releases, reproduce
from heartsay.experiments.release.tables import page
from heartsay.runtime import Bundle
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder

pytestmark = pytest.mark.timeout(600)


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
