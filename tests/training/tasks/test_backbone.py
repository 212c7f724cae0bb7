"""Runs of a tiny backbone: they learn, choose on development data, and go on whatever the objective."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.dummies.evidence import feature_corpus
from tests.dummies.runs import ALWAYS, NEVER, SEED, Killed, contents, kill_at
from tests.dummies.runs import backbone_configuration as configuration

from heartsay.errors import InputError, ModelError
from heartsay.evidence.corpus import EvidenceCorpus, fingerprint, standardised
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.models.backbone import InputShape
from heartsay.objectives.registry import build_objective
from heartsay.objectives.task_losses import task_loss
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.feature_readings import Extras, feature_reading
from heartsay.training.run_folder import RunFolder
from heartsay.training.scores import emotion_scores
from heartsay.training.tasks.backbone import BackboneTask, load_backbone, loss_options, train_backbone


def corpus(seed: int = 0) -> EvidenceCorpus:
    return feature_corpus(sizes=(12, 5, 5), lengths=(1, 7), seed=seed)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RunFolder]:
    """An uninterrupted run of each objective, made when it is first asked for."""
    root = tmp_path_factory.mktemp("runs")
    return lambda objective: train_backbone(configuration(objective), corpus(), SEED, root / objective)


@pytest.fixture(scope="module")
def base(runs: Callable[[str], RunFolder]) -> RunFolder:
    return runs("base")


# What a run leaves.


def test_a_finished_run_holds_everything_that_tells_of_it(base: RunFolder) -> None:
    assert set(contents(base)) == {
        "run.json",
        "metrics.jsonl",
        "model.safetensors",
        "readings.npz",
        "readings-test-selected.npz",
    }
    assert base.is_finished()
    assert [row["epoch"] for row in base.history()] == [1, 2, 3]
    assert base.configuration(FeatureConfiguration) == configuration()
    told = base.data()
    assert (told["name"], told["composed"]) == ("dummy", False)
    assert told["fingerprint"] == fingerprint(corpus())


def test_weights_and_readings_are_those_of_the_epochs_that_count(base: RunFolder) -> None:
    for path, row in (
        (base.readings(), base.chosen()),
        (base.readings("test-selected"), base.chosen("test")),
    ):
        for split, name in (("dev", "development"), ("test", "test")):
            part = Reading.load(path).of(split)
            for score, value in emotion_scores(part.logits["edges/full"], part.gold, 4).items():
                assert value == pytest.approx(row[f"{name}_{score}"], abs=1e-4)
    kept = Reading.load(base.readings())
    model = load_backbone(base, corpus())
    again = feature_reading(model, standardised(corpus()), kept.modalities)
    for name, values in kept.logits.items():
        np.testing.assert_allclose(again.logits[name], values, atol=1e-5)
    assert kept.representation is not None
    assert again.representation is not None
    assert kept.representation.shape == again.representation.shape
    assert Reading.load(base.readings("test-selected")).representation is None


def test_a_run_learns_what_it_is_shown(tmp_path: Path) -> None:
    wide = configuration(epochs=12, backbone={"name": "evidence-attention", "settings": {"width": 32}})
    data = feature_corpus(sizes=(30, 10, 5))
    run = train_backbone(wide, data, SEED, tmp_path)
    history = run.history()
    assert history[-1]["task_loss"] < 0.6 * history[0]["task_loss"]
    assert run.chosen()["development_weighted_f1"] > 55  # one of four classes by chance is 25


def test_weights_stay_only_if_wanted_and_extras_are_read_only_if_asked_for(tmp_path: Path) -> None:
    extras = Extras(missing_rates=(0.1,), missing_draws=2)
    run = train_backbone(configuration("cmerc"), corpus(), SEED, tmp_path, extras=extras, keep_weights=False)
    assert not list(tmp_path.rglob("*.safetensors"))
    assert run.is_finished()
    assert {"missing/0.1/0", "missing/0.1/1"} <= Reading.load(run.readings()).logits.keys()
    assert not any("missing" in name for name in Reading.load(run.readings("test-selected")).logits)
    with pytest.raises(ModelError, match="keep its weights"):
        load_backbone(run, corpus())


def test_another_seed_gives_another_beginning_and_another_order() -> None:
    def task(seed: int) -> BackboneTask:
        data = standardised(corpus())
        shape = InputShape(data.widths, data.speakers, len(data.classes))
        objective = build_objective("base", task_loss("cross_entropy", data.classes), tuple(data.widths), {})
        return BackboneTask(configuration(), data, shape, objective, seed, torch.device("cpu"))

    beginnings = [torch.cat([w.flatten() for w in task(s).model.parameters()]).tolist() for s in (7, 7, 8)]
    assert beginnings[0] == beginnings[1] != beginnings[2]
    orders = [[batch.tolist() for batch in task(s).batches(e)] for s in (7, 8) for e in range(3)]
    assert len({json.dumps(order) for order in orders}) == 6


# Choosing.


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
    chosen = [run.chosen()["epoch"] for run in runs]
    assert chosen[0] == chosen[1] != runs[1].chosen("test")["epoch"]
    assert runs[0].chosen("test")["epoch"] != runs[1].chosen("test")["epoch"]
    assert runs[0].weights.read_bytes() == runs[1].weights.read_bytes()
    ours, theirs = (Reading.load(run.readings()) for run in runs)
    np.testing.assert_array_equal(ours.logits["edges/full"], theirs.logits["edges/full"])
    test_selected = Reading.load(runs[1].readings("test-selected"))
    assert (test_selected.logits["edges/full"] != theirs.logits["edges/full"]).any()


# Kills.


@pytest.mark.parametrize(
    ("objective", "place", "save_every"),
    [
        ("cmerc", (2, 1, 1), ALWAYS),
        ("cmerc", (2, 3, 2), ALWAYS),
        ("crl", (3, 2), ALWAYS),
        ("fmfp", (3, 2), ALWAYS),
        ("cml", (2, None), NEVER),
    ],
    ids=[
        "within the baseline",
        "cmerc",
        "crl",
        "fmfp",
        "cml",
    ],
)
def test_a_run_that_was_killed_goes_on_to_the_same_numbers(
    runs: Callable[[str], RunFolder],
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
    base: RunFolder, tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
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
    assert not RunFolder(tmp_path).is_finished()
    assert contents(train_backbone(configuration(), corpus(), SEED, tmp_path)) == contents(base)


# The baseline of a curriculum.


def test_a_baseline_is_trained_first_and_one_that_is_given_changes_nothing(
    runs: Callable[[str], RunFolder], base: RunFolder, tmp_path: Path
) -> None:
    own = runs("cmerc")
    assert contents(own.baseline)["model.safetensors"] == contents(base)["model.safetensors"]
    given = train_backbone(configuration("cmerc"), corpus(), SEED, tmp_path, baseline=base.path)
    assert not given.baseline.path.exists()
    assert contents(given) == {n: b for n, b in contents(own).items() if not n.startswith("baseline")}


def test_a_baseline_that_is_not_alike_is_refused(base: RunFolder, tmp_path: Path) -> None:
    wider = configuration("cmerc", backbone={"name": "evidence-attention", "settings": {"width": 16}})
    with pytest.raises(ModelError, match="another backbone"):
        train_backbone(wider, corpus(), SEED, tmp_path / "a", baseline=base.path)
    with pytest.raises(ModelError, match="another corpus, fold or features"):
        train_backbone(configuration("cmerc"), corpus(1), SEED, tmp_path / "b", baseline=base.path)
    with pytest.raises(ModelError, match="not the folder of a training run"):
        train_backbone(configuration("cmerc"), corpus(), SEED, tmp_path / "c", baseline=tmp_path / "none")


# What cannot be trained.


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


def test_rare_classes_count_more_if_asked_and_an_absent_one_breaks_nothing(tmp_path: Path) -> None:
    whole = corpus()
    without = tuple(replace(c, emotion=np.where(c.emotion == 3, 0, c.emotion)) for c in whole.splits["train"])
    data = replace(whole, splits={**whole.splits, "train": without})
    settings = configuration(epochs=1, task_loss={"class_weights": "inverse_frequency"})
    options = loss_options(settings.task_loss, data)
    counts = np.bincount(np.concatenate([c.emotion for c in without]), minlength=4)
    weights = np.array(options["class_weights"])
    np.testing.assert_allclose(weights[:3] * counts[:3], weights[0] * counts[0])
    run = train_backbone(settings, data, SEED, tmp_path)
    assert np.isfinite(run.history()[0]["task_loss"])
