"""Adapters on a trained backbone: they start as it is, and they alone move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch, feature_corpus
from tests.dummies.runs import ALWAYS, SEED, Killed, contents, kill_at
from tests.dummies.runs import backbone_configuration as configuration

from heartsay.errors import InputError
from heartsay.models.backbone import InputShape
from heartsay.models.backbones.fusion_transformer import FusionTransformer
from heartsay.models.fusion.adapters import adapter_names, base_name
from heartsay.objectives.supervised import Supervised
from heartsay.objectives.task_losses import cross_entropy
from heartsay.training.feature_configuration import FeatureConfiguration, Part
from heartsay.training.run_folder import RunFolder
from heartsay.training.starting import start_from
from heartsay.training.tasks.backbone import load_backbone, train_backbone

SMALL: dict[str, Any] = {"width": 16, "heads": 2, "tokens": 2}
CORPUS = feature_corpus(sizes=(8, 3, 3), lengths=(1, 4))


def model(**settings: Any) -> FusionTransformer:
    torch.manual_seed(1)
    return FusionTransformer(InputShape(WIDTHS, 3, len(EMOTIONS)), **SMALL, **settings)


def settings(adapter: str | None = None) -> FeatureConfiguration:
    own = {} if adapter is None else {"adapter": adapter, "mose": {"rank": 2}}
    return configuration().model_copy(
        update={
            "backbone": Part(name="fusion-transformer", settings={**SMALL, **own}),
            "trained": "all" if adapter is None else "adapters",
            "epochs": 2,
            "batch_size": 8,
        }
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train_backbone(settings(), CORPUS, SEED, tmp_path_factory.mktemp("base") / "run")


@pytest.mark.parametrize("adapter", ["mose", "lora"])
def test_an_adapted_model_starts_as_what_it_adapts(adapter: str) -> None:
    trained, adapted = model().eval(), model(adapter=adapter).eval()
    with torch.no_grad():
        for weight in trained.parameters():
            weight.normal_(0, 0.2)
    start_from(adapted, trained)
    evidence = feature_batch((4, 2), missing=0.3).evidence
    with torch.no_grad():
        assert torch.equal(adapted(evidence).emotion, trained(evidence).emotion)
    moving = {name for name, weight in adapted.named_parameters() if weight.requires_grad}
    assert moving == adapter_names(adapted)


def test_an_adapted_model_starts_with_the_random_weights_of_a_plain_one() -> None:
    plain, adapted = model().state_dict(), model(adapter="mose")
    own, found = adapter_names(adapted), adapted.state_dict()
    assert {base_name(name) for name in set(found) - own} == set(plain)
    for name in set(found) - own:
        assert torch.equal(found[name], plain[base_name(name)])


@pytest.mark.parametrize("adapter", ["mose", "lora"])
def test_a_run_moves_the_adapters_alone(adapter: str, base: RunFolder, tmp_path: Path) -> None:
    run = train_backbone(settings(adapter), CORPUS, SEED, tmp_path / "run", baseline=base.path)
    weights, known = load_file(run.weights), load_file(base.weights)
    names = adapter_names(load_backbone(run, CORPUS))
    assert {base_name(name) for name in set(weights) - names} == set(known)
    for name in set(weights) - names:
        assert torch.equal(weights[name], known[base_name(name)])
    assert any(weights[name].abs().sum() > 0 for name in names if "up" in name)
    assert ("gates_loss" in run.history()[0]) == (adapter == "mose")


def test_the_base_is_trained_first_where_none_is_given(base: RunFolder, tmp_path: Path) -> None:
    run = train_backbone(settings("mose"), CORPUS, SEED, tmp_path)
    theirs = run.baseline.configuration(FeatureConfiguration)
    assert theirs == settings().model_copy(update={"name": theirs.name})
    same = [load_file(r.weights)["head.1.weight"] for r in (run.baseline, base)]
    assert torch.equal(*same)


def test_a_killed_run_of_adapters_goes_on_to_the_same(base: RunFolder, tmp_path: Path) -> None:
    arguments = (settings("mose"), CORPUS, SEED)
    whole = train_backbone(*arguments, tmp_path / "whole", baseline=base.path)
    with pytest.raises(Killed):
        train_backbone(
            *arguments, tmp_path / "killed", baseline=base.path, save_every=ALWAYS, report=kill_at(2, 1)
        )
    again = train_backbone(*arguments, tmp_path / "killed", baseline=base.path)
    assert contents(again) == contents(whole)


def test_no_adapters_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    plain = settings().model_copy(update={"trained": "adapters"})
    with pytest.raises(InputError, match="a backbone with adapters"):
        train_backbone(plain, CORPUS, SEED, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_gates_cost_in_the_base_objective() -> None:
    batch, objective = feature_batch((5, 4)), Supervised(cross_entropy)
    assert set(objective.losses(model(), batch)) == {"task"}
    parts = objective.losses(model(adapter="mose"), batch)
    assert set(parts) == {"task", "gates"}
    assert parts["gates"] > 0
