"""Runs of a tiny backbone: they learn, choose on development data, and a kill changes no number."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.dummies.evidence import feature_corpus

from heartsay.errors import InputError, ModelError
from heartsay.evidence.corpus import EvidenceCorpus, fingerprint, standardised
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.training import feature_loop
from heartsay.training.diverged import DivergedError
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.feature_loop import load_backbone, train_backbone
from heartsay.training.feature_readings import Extras, feature_reading
from heartsay.training.feature_run_folder import FeatureRunFolder, best
from heartsay.training.scores import emotion_scores

ROOT = Path(__file__).resolve().parents[2]
SEED = 7
ALWAYS, NEVER = 1e-9, 1e9
"""Seconds between saved states."""


def configuration(objective: str = "base", **changes: Any) -> FeatureConfiguration:
    values: dict[str, Any] = {
        "name": "tiny",
        "corpus": "dummy",
        "backbone": {"name": "evidence-attention", "settings": {"width": 8, "layers": 1, "heads": 2}},
        "objective": {"name": objective},
        "epochs": 3,
        "batch_size": 4,
        "learning_rate": 0.01,
    }
    return FeatureConfiguration.model_validate({**values, **changes})


def corpus(seed: int = 0) -> EvidenceCorpus:
    return feature_corpus(sizes=(12, 5, 5), lengths=(1, 7), seed=seed)


class Killed(BaseException):
    """Stands for a kill that a process cannot refuse."""


def kill_at(epoch: int, step: int | None, messages: int = 0) -> Callable[[dict[str, Any]], None]:
    """Kill there, once so many messages have been said: a baseline that comes first is told by two."""
    said: list[str] = []

    def report(row: dict[str, Any]) -> None:
        said.extend([row["message"]] if "message" in row else [])
        if (row.get("epoch"), row.get("step"), len(said)) == (epoch, step, messages):
            raise Killed

    return report


def contents(run: FeatureRunFolder) -> dict[str, bytes]:
    return {str(p.relative_to(run.path)): p.read_bytes() for p in run.path.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], FeatureRunFolder]:
    """An uninterrupted run of each objective, made when it is first asked for."""
    root = tmp_path_factory.mktemp("runs")
    return lambda objective: train_backbone(configuration(objective), corpus(), SEED, root / objective)


@pytest.fixture(scope="module")
def base(runs: Callable[[str], FeatureRunFolder]) -> FeatureRunFolder:
    return runs("base")


# What a run leaves.


def test_a_finished_run_holds_everything_that_tells_of_it(base: FeatureRunFolder) -> None:
    assert set(contents(base)) == {
        "run.json",
        "metrics.jsonl",
        "model.safetensors",
        "readings.npz",
        "readings-test-selected.npz",
    }
    assert base.is_finished()
    assert [row["epoch"] for row in base.history()] == [1, 2, 3]
    assert base.configuration() == configuration()
    told = base.corpus()
    assert (told["name"], told["composed"]) == ("dummy", False)
    assert told["fingerprint"] == fingerprint(corpus())


def test_weights_and_readings_are_those_of_the_epochs_that_count(base: FeatureRunFolder) -> None:
    for readings, row in (
        (base.load_reading(), base.selected()),
        (base.load_reading(test_selected=True), base.test_selected()),
    ):
        for split, name in (("dev", "development"), ("test", "test")):
            part = readings.of(split)
            for score, value in emotion_scores(part.logits["edges/full"], part.gold, 4).items():
                assert value == pytest.approx(row[f"{name}_{score}"], abs=1e-4)
    kept = base.load_reading()
    model = load_backbone(base, corpus())
    again = feature_reading(model, standardised(corpus()), kept.modalities)
    for name, values in kept.logits.items():
        np.testing.assert_allclose(again.logits[name], values, atol=1e-5)
    assert kept.representation is not None
    assert again.representation is not None
    assert (
        kept.representation.shape == again.representation.shape == (len(kept), again.representation.shape[1])
    )
    assert base.load_reading(test_selected=True).representation is None


def test_a_run_learns_what_it_is_shown(tmp_path: Path) -> None:
    wide = configuration(epochs=12, backbone={"name": "evidence-attention", "settings": {"width": 32}})
    data = feature_corpus(sizes=(30, 10, 5))
    run = train_backbone(wide, data, SEED, tmp_path)
    history = run.history()
    assert history[-1]["task_loss"] < 0.6 * history[0]["task_loss"]
    assert run.selected()["development_weighted_f1"] > 55  # one of four classes by chance is 25


def test_weights_stay_only_if_wanted_and_extras_are_read_only_if_asked_for(tmp_path: Path) -> None:
    extras = Extras(missing_rates=(0.1,), missing_draws=2)
    run = train_backbone(configuration("cmerc"), corpus(), SEED, tmp_path, extras=extras, keep_weights=False)
    assert not list(tmp_path.rglob("*.safetensors"))
    assert run.is_finished()
    assert {"missing/0.1/0", "missing/0.1/1"} <= run.load_reading().logits.keys()
    assert not any("missing" in name for name in run.load_reading(test_selected=True).logits)
    with pytest.raises(ModelError, match="keep its weights"):
        load_backbone(run, corpus())


def test_another_seed_gives_another_beginning_and_another_order(
    base: FeatureRunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beginnings: list[list[float]] = []
    orders: list[list[list[int]]] = []
    build, order = feature_loop.build_backbone, feature_loop.epoch_order

    def watched_order(*arguments: Any) -> Any:
        batches = order(*arguments)
        orders.append([batch.tolist() for batch in batches])
        return batches

    class Watched(feature_loop._Trainer):
        def begin(self, baseline: Any) -> None:
            beginnings.append(torch.cat([w.detach().flatten() for w in self.model.parameters()]).tolist())
            super().begin(baseline)

    monkeypatch.setattr(feature_loop, "build_backbone", build)
    monkeypatch.setattr(feature_loop, "epoch_order", watched_order)
    monkeypatch.setattr(feature_loop, "_Trainer", Watched)
    same = train_backbone(configuration(), corpus(), SEED, tmp_path / "same")
    other = train_backbone(configuration(), corpus(), SEED + 1, tmp_path / "other")
    assert contents(same) == contents(base)
    assert other.history() != base.history()
    assert beginnings[0] != beginnings[1]
    assert len({json.dumps(each) for each in orders}) == 6  # three epochs of two runs


# Choosing.


def row(epoch: int, f1: float, nll: float) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "development_weighted_f1": f1,
        "development_negative_log_likelihood": nll,
        "test_weighted_f1": -f1,
        "test_negative_log_likelihood": nll,
    }


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([row(1, 50, 1.0), row(2, 60, 2.0), row(3, 55, 0.5)], 2),
        ([row(1, 60, 1.0), row(2, 60, 0.9), row(3, 60, 1.1)], 2),
        ([row(1, 60, 1.0), row(2, 60, 1.0)], 1),
    ],
    ids=["f1", "likelier of equals", "earlier of equals"],
)
def test_the_best_epoch(rows: list[dict[str, Any]], chosen: int) -> None:
    assert best(rows, "development")["epoch"] == chosen


def test_the_test_split_chooses_nothing_but_what_is_named_after_it(tmp_path: Path) -> None:
    """Test labels that are wrong on purpose make the least trained epoch the best one on the test split."""
    honest = feature_corpus(sizes=(30, 10, 10))
    wrong = tuple(replace(c, emotion=(c.emotion + 1) % 4) for c in honest.splits["test"])
    planted = replace(honest, splits={**honest.splits, "test": wrong})
    settings = configuration(epochs=6)
    runs = [
        train_backbone(settings, data, SEED, tmp_path / name)
        for name, data in (("honest", honest), ("planted", planted))
    ]
    chosen = [run.selected()["epoch"] for run in runs]
    assert chosen[0] == chosen[1] != runs[1].test_selected()["epoch"]
    assert runs[0].test_selected()["epoch"] != runs[1].test_selected()["epoch"]
    assert runs[0].weights.read_bytes() == runs[1].weights.read_bytes()
    ours, theirs = (run.load_reading() for run in runs)
    np.testing.assert_array_equal(ours.logits["edges/full"], theirs.logits["edges/full"])
    test_selected = runs[1].load_reading(test_selected=True)
    assert (test_selected.logits["edges/full"] != theirs.logits["edges/full"]).any()


# Kills.


@pytest.mark.parametrize(
    ("objective", "place", "save_every"),
    [
        ("base", (1, 2), NEVER),
        ("base", (2, 3), ALWAYS),
        ("base", (3, None), NEVER),
        ("cmerc", (2, 1, 1), ALWAYS),
        ("cmerc", (2, 3, 2), ALWAYS),
        ("crl", (3, 2), ALWAYS),
        ("fmfp", (3, 2), ALWAYS),
        ("cml", (2, None), NEVER),
    ],
    ids=[
        "nothing kept",
        "within an epoch",
        "after the last epoch",
        "within the baseline",
        "cmerc",
        "crl",
        "fmfp",
        "cml",
    ],
)
def test_a_run_that_was_killed_goes_on_to_the_same_numbers(
    runs: Callable[[str], FeatureRunFolder],
    tmp_path: Path,
    objective: str,
    place: tuple[Any, ...],
    save_every: float,
) -> None:
    arguments = (configuration(objective), corpus(), SEED, tmp_path)
    with pytest.raises(Killed):
        train_backbone(*arguments, save_every=save_every, report=kill_at(*place))
    torch.manual_seed(12345)  # a new process starts with generators in another state
    assert contents(train_backbone(*arguments)) == contents(runs(objective))


@pytest.mark.parametrize("file", ["readings.npz", "readings-test-selected.npz"])
def test_a_run_that_was_killed_while_it_read_at_the_end_goes_on(
    base: FeatureRunFolder, tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Reading.save

    def killed(self: Any, path: Path) -> None:
        if path.name == file:
            raise Killed
        save(self, path)

    with monkeypatch.context() as patch:
        patch.setattr(Reading, "save", killed)
        with pytest.raises(Killed):
            train_backbone(configuration(), corpus(), SEED, tmp_path)
    assert not FeatureRunFolder(tmp_path).is_finished()
    assert contents(train_backbone(configuration(), corpus(), SEED, tmp_path)) == contents(base)


CHILD = """
import json, sys, time
from pathlib import Path
import torch
from tests.training.test_feature_loop import corpus
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.feature_loop import train_backbone

settings, seed, folder, slow, threads = json.loads(sys.argv[1])
torch.set_num_threads(threads)  # sums in another order end in other digits
said = []

def report(row):
    said.extend([row["message"]] if "message" in row else [])
    place = [len(said), row.get("epoch"), row.get("step")]
    print(json.dumps(place), flush=True)
    if slow and place == [2, 2, 2]:  # the baseline has come first
        time.sleep(600)

settings = FeatureConfiguration.model_validate(settings)
train_backbone(settings, corpus(), seed, Path(folder), save_every=1e-9, report=report)
"""


def start(folder: Path, slow: bool) -> subprocess.Popen[str]:
    settings = configuration("cmerc").model_dump(mode="json")
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry)])
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            CHILD,
            json.dumps([settings, SEED, str(folder), slow, torch.get_num_threads()]),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_a_process_killed_in_the_middle_of_an_epoch_is_started_again_and_ends_with_the_same_bits(
    runs: Callable[[str], FeatureRunFolder], tmp_path: Path
) -> None:
    run = FeatureRunFolder(tmp_path / "run")
    with start(run.path, slow=True) as child:
        try:
            assert child.stdout is not None
            for line in child.stdout:
                if json.loads(line) == [2, 2, 2]:
                    break
        finally:
            child.kill()
    assert child.returncode == -signal.SIGKILL
    assert not run.is_finished()
    state = torch.load(run.state, weights_only=True)
    assert (state["epoch"], state["step_in_epoch"]) == (1, 1)
    with start(run.path, slow=False) as child:
        out, _ = child.communicate()
    assert child.returncode == 0
    assert json.loads(out.splitlines()[2]) == [2, 2, 2]  # after the messages of a baseline that is there
    assert contents(run) == contents(runs("cmerc"))


def test_a_finished_run_is_not_trained_again(base: FeatureRunFolder) -> None:
    before, rows = contents(base), list[dict[str, Any]]()
    train_backbone(configuration(), corpus(), SEED, base.path, report=rows.append)
    assert rows == []
    assert contents(base) == before


# The baseline of a curriculum.


def test_a_baseline_is_trained_first_and_one_that_is_given_changes_nothing(
    runs: Callable[[str], FeatureRunFolder], base: FeatureRunFolder, tmp_path: Path
) -> None:
    own = runs("cmerc")
    assert (
        contents(FeatureRunFolder(own.baseline))["model.safetensors"] == contents(base)["model.safetensors"]
    )
    given = train_backbone(configuration("cmerc"), corpus(), SEED, tmp_path, baseline=base.path)
    assert not given.baseline.exists()
    assert contents(given) == {n: b for n, b in contents(own).items() if not n.startswith("baseline")}


def test_a_baseline_that_is_not_alike_is_refused(base: FeatureRunFolder, tmp_path: Path) -> None:
    wider = configuration("cmerc", backbone={"name": "evidence-attention", "settings": {"width": 16}})
    with pytest.raises(ModelError, match="another backbone"):
        train_backbone(wider, corpus(), SEED, tmp_path / "a", baseline=base.path)
    with pytest.raises(ModelError, match="another corpus, fold or features"):
        train_backbone(configuration("cmerc"), corpus(1), SEED, tmp_path / "b", baseline=base.path)
    with pytest.raises(ModelError, match="not the folder of a training run"):
        train_backbone(configuration("cmerc"), corpus(), SEED, tmp_path / "c", baseline=tmp_path / "none")


# What cannot be trained.


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"seed": SEED + 1}, "configuration or seed"),
        ({"configuration": configuration(epochs=4)}, "configuration or seed"),
        ({"corpus": corpus(1)}, "corpus, fold or features"),
    ],
    ids=["seed", "configuration", "corpus"],
)
def test_a_folder_with_another_run_is_refused(
    base: FeatureRunFolder, changed: dict[str, Any], differs: str
) -> None:
    arguments = {"configuration": configuration(), "corpus": corpus(), "seed": SEED, **changed}
    with pytest.raises(InputError, match=f"another {differs}"):
        train_backbone(**arguments, folder=base.path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"modalities": ["text", "smell"]}, "found text, smell"),
        ({"modalities": ["text", "text"]}, "each once"),
        ({"backbone": {"name": "oracle"}}, "oracle"),
        ({"backbone": {"name": "evidence-attention", "settings": {"widht": 8}}}, "widht"),
        ({"objective": {"name": "magic"}}, "magic"),
        ({"objective": {"name": "cmerc", "settings": {"curriculum": 2.0}}}, "curriculum"),
        ({"task_loss": {"name": "defective_focal", "class_weights": "inverse_frequency"}}, "class weights"),
    ],
    ids=lambda part: part if isinstance(part, str) else next(iter(part)),
)
def test_settings_that_cannot_be_built_leave_no_folder(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    settings = FeatureConfiguration.model_validate({**configuration().model_dump(), **changes})
    with pytest.raises(InputError, match=said):
        train_backbone(settings, corpus(), SEED, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_split_without_labels_is_refused(tmp_path: Path, split: str) -> None:
    whole = corpus()
    blank = tuple(replace(c, emotion=np.full(len(c), UNLABELLED)) for c in whole.splits[split])
    for part in (blank, ()):
        broken = replace(whole, splits={**whole.splits, split: part})
        with pytest.raises(InputError, match=f"found none in {split}"):
            train_backbone(configuration(), broken, SEED, tmp_path)


def test_a_loss_that_is_no_number_stops_the_run_in_words(tmp_path: Path) -> None:
    wild = configuration(learning_rate=1e30)
    with pytest.raises(DivergedError, match=r"epoch \d.*; lower learning_rate or set gradient_norm"):
        train_backbone(wild, corpus(), SEED, tmp_path, save_every=ALWAYS)
    run = FeatureRunFolder(tmp_path)
    assert not run.is_finished()
    assert not run.readings.exists()


def test_rare_classes_count_more_if_asked_and_an_absent_one_breaks_nothing(tmp_path: Path) -> None:
    whole = corpus()
    without = tuple(replace(c, emotion=np.where(c.emotion == 3, 0, c.emotion)) for c in whole.splits["train"])
    data = replace(whole, splits={**whole.splits, "train": without})
    settings = configuration(epochs=1, task_loss={"class_weights": "inverse_frequency"})
    options = feature_loop._loss_options(settings.task_loss, data)
    counts = np.bincount(np.concatenate([c.emotion for c in without]), minlength=4)
    weights = np.array(options["class_weights"])
    np.testing.assert_allclose(weights[:3] * counts[:3], weights[0] * counts[0])
    run = train_backbone(settings, data, SEED, tmp_path)
    assert np.isfinite(run.history()[0]["task_loss"])
