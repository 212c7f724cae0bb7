"""Every configuration that comes along is composed as it was written out before, and can be built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from heartsay.errors import InputError
from heartsay.experiments.configurations import FOLDER, Parts, compose, load, names, parts
from heartsay.experiments.published import published_for
from heartsay.models.backbone import InputShape
from heartsay.models.registry import build_backbone
from heartsay.objectives.registry import OBJECTIVES, build_objective
from heartsay.objectives.task_losses import task_loss
from heartsay.training.feature_configuration import FeatureConfiguration

EXPECTED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "configurations.json").read_text("utf-8")
)
"""What each configuration was when it had a file of its own."""

WIDTHS = {
    "iemocap": {"text": 100, "voice": 1582, "face": 342},
    "meld": {"text": 600, "voice": 300, "face": 342},
    "meld-voices": {"text": 384, "voice": 47},
    "composed": {"text": 384, "voice": 64, "face": 64},
}
"""Sizes of features by corpus."""

ROBERTA = 4096
SPEAKERS = {"iemocap": 2, "meld": 9, "meld-voices": 8, "composed": 8}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_composed_configuration_is_what_its_file_was(name: str) -> None:
    read = load(name)
    assert read == type(read).model_validate(EXPECTED[name])


@pytest.mark.parametrize("name", [name for name in names() if parts(name)])
def test_a_configuration_builds(name: str) -> None:
    of, read = parts(name), load(name)
    assert of is not None
    assert isinstance(read, FeatureConfiguration)
    assert read.name == name
    assert ("file:" in read.corpus) == (of.corpus in ("iemocap", "meld"))
    widths = dict(WIDTHS[of.corpus])
    if "roberta" in read.corpus:
        widths["text"] = ROBERTA
    used = {m: widths[m] for m in read.modalities or widths}
    with torch.device("meta"):
        build_backbone(read.backbone.name, InputShape(used, SPEAKERS[of.corpus], 7), read.backbone.settings)
    weights = [1.0] * 7 if read.task_loss.class_weights == "inverse_frequency" else None
    loss = task_loss(read.task_loss.name, [""] * 7, weights, read.task_loss.gamma)
    build_objective(read.objective.name, loss, tuple(used), read.objective.settings)
    assert (read.backbone.name, read.objective.name) == (of.backbone, of.method)


def test_every_objective_has_a_name_that_configurations_use() -> None:
    methods = {of.method for of in map(parts, names()) if of is not None}
    assert methods == set(OBJECTIVES)


def test_there_are_few_files() -> None:
    assert len(list(FOLDER.rglob("*.yaml"))) <= 30


def test_a_file_of_a_users_own_starts_from_another(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(
        "base: m3net-cmerc-meld-voices\nepochs: 3\nbackbone: {settings: {hidden: 16}}\n"
    )
    (tmp_path / "own.yaml").write_text("base: small.yaml\nname: mine\nobjective: {name: cml}\n")
    small, own = load(tmp_path / "small.yaml"), load(str(tmp_path / "own.yaml"))
    base = compose(Parts("m3net", "cmerc", "meld-voices"))
    assert isinstance(small, FeatureConfiguration)
    assert isinstance(own, FeatureConfiguration)
    assert (small.name, small.epochs, small.objective) == ("small", 3, base.objective)
    assert small.backbone.settings == {**base.backbone.settings, "hidden": 16}
    # Another objective does not inherit settings that it does not have.
    assert (own.name, own.objective.name, own.objective.settings) == ("mine", "cml", {})
    assert own.backbone == small.backbone


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("m3net-cmerk-meld-voices", "m3net-cmerc-meld-voices"),
        ("xyz", "for example"),
        ("absent.yaml", "check the path"),
    ],
)
def test_an_unknown_name_is_told_the_nearest(name: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        load(name)
    assert told in raised.value.do


@pytest.mark.parametrize("back", ["a.yaml", "../{folder}/a.yaml"])
def test_files_that_lead_to_each_other_are_refused(tmp_path: Path, back: str) -> None:
    (tmp_path / "a.yaml").write_text("base: b.yaml\n")
    (tmp_path / "b.yaml").write_text(f"base: {back.format(folder=tmp_path.name)}\n")
    with pytest.raises(InputError, match="lead back"):
        load(tmp_path / "a.yaml")


PAPER = {  # CMERC (ACM MM 2024), Tables 5 and 6, weighted F1: without and with
    "dialogue-rnn": {"iemocap": (60.44, 62.43), "meld": (57.30, 58.11)},
    "dialogue-gcn": {"iemocap": (62.46, 63.58), "meld": (51.82, 55.73)},
    "mmgcn": {"iemocap": (65.62, 66.24), "meld": (57.52, 58.67)},
    "mm-dfn": {"iemocap": (67.51, 68.83), "meld": (58.09, 59.11)},
    "m3net": {"iemocap": (69.61, 71.98), "meld": (65.37, 66.85)},
}
ON_M3NET = ("crl", "fmfp", "cml", "cmerc-without-curriculum", "cmerc-without-contrast")


@pytest.mark.parametrize("corpus", ["iemocap", "meld"])
@pytest.mark.parametrize("backbone", PAPER)
def test_published_numbers_are_found_for_what_the_paper_has(backbone: str, corpus: str) -> None:
    for method, value in zip(("base", "cmerc"), PAPER[backbone][corpus], strict=True):
        assert published_for(Parts(backbone, method, corpus))["weighted_f1"] == value


@pytest.mark.parametrize("method", ON_M3NET)
def test_published_rivals_and_ablations_have_their_numbers(method: str) -> None:
    assert {"weighted_f1", "cel"} <= set(published_for(Parts("m3net", method, "meld")))
    assert published_for(Parts("mmgcn", method, "meld")) == {}
