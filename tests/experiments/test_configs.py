"""Every configuration that comes along can be read and built, and says what was published for it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import torch

from heartsay.models.backbone import InputShape
from heartsay.models.registry import BACKBONES, build_backbone
from heartsay.objectives.registry import build_objective
from heartsay.objectives.task_losses import task_loss
from heartsay.training.feature_configuration import (
    FeatureConfiguration,
    is_feature_configuration,
    load_feature_configuration,
)
from heartsay.training.yaml_settings import read_settings

CONFIGS = [
    path
    for path in sorted(Path(str(files("heartsay.experiments") / "configs")).glob("*.yaml"))
    if is_feature_configuration(read_settings(path))
]
NAMES = {path.stem for path in CONFIGS}

WIDTHS = {
    "iemocap": {"text": 100, "voice": 1582, "face": 342},
    "meld": {"text": 600, "voice": 300, "face": 342},
    "meld-voices": {"text": 384, "voice": 47},
    "composed": {"text": 384, "voice": 64, "face": 64},
}
"""Sizes of features by the last part of a configuration's name."""

ROBERTA = 4096
SPEAKERS = {"iemocap": 2, "meld": 9, "meld-voices": 8, "composed": 8}

PUBLISHED_BACKBONES = ("dialogue-rnn", "dialogue-gcn", "mmgcn", "mm-dfn", "m3net")
ON_M3NET = (
    "crl",
    "fmfp",
    "cml",
    *(f"cmerc-without-{part}" for part in ("curriculum", "contrast", "constraint")),
)

WEIGHTED_F1 = {  # CMERC (ACM MM 2024), Tables 4 to 6: without and with
    "dialogue-rnn": {"iemocap": (60.44, 62.43), "meld": (57.30, 58.11)},
    "dialogue-gcn": {"iemocap": (62.46, 63.58), "meld": (51.82, 55.73)},
    "mmgcn": {"iemocap": (65.62, 66.24), "meld": (57.52, 58.67)},
    "mm-dfn": {"iemocap": (67.51, 68.83), "meld": (58.09, 59.11)},
    "m3net": {"iemocap": (69.61, 71.98), "meld": (65.37, 66.85)},
}


def corpus_of(path: Path) -> str:
    return max((name for name in WIDTHS if path.stem.endswith(f"-{name}")), key=len)


def test_every_backbone_has_its_configurations() -> None:
    expected = {
        f"{model}-{method}{corpus}" for model in BACKBONES for method in ("", "cmerc-") for corpus in WIDTHS
    }
    expected |= {f"m3net-{method}-{corpus}" for method in ON_M3NET for corpus in ("iemocap", "meld")}
    assert expected == NAMES


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_a_configuration_builds(path: Path) -> None:
    read = load_feature_configuration(path)
    assert read.name == path.stem
    corpus = corpus_of(path)
    assert ("file:" in read.corpus) == (corpus in ("iemocap", "meld"))
    widths = dict(WIDTHS[corpus])
    if "roberta" in read.corpus:
        widths["text"] = ROBERTA
    used = {m: widths[m] for m in read.modalities or widths}
    with torch.device("meta"):
        build_backbone(read.backbone.name, InputShape(used, SPEAKERS[corpus], 7), read.backbone.settings)
    weights = [1.0] * 7 if read.task_loss.class_weights == "inverse_frequency" else None
    loss = task_loss(read.task_loss.name, [""] * 7, weights, read.task_loss.gamma)
    build_objective(read.objective.name, loss, tuple(used), read.objective.settings)
    assert path.stem.startswith(read.backbone.name)
    assert read.objective.name == "base" or read.objective.name in path.stem


@pytest.mark.parametrize("corpus", ["iemocap", "meld"])
@pytest.mark.parametrize("model", PUBLISHED_BACKBONES)
def test_published_numbers_stand_where_the_paper_has_them(model: str, corpus: str) -> None:
    for method, value in zip(("", "cmerc-"), WEIGHTED_F1[model][corpus], strict=True):
        read = configured(f"{model}-{method}{corpus}")
        found = {number.metric: number for number in read.published}
        assert found["weighted_f1"].value == value
        assert found["weighted_f1"].protocol == "test-selected"
        auroc = found.get("weighted_one_vs_rest_auroc")
        # One figure of DialogueRNN's rows can only be chance, and the row says so.
        assert auroc is None or (auroc.note is None) == (model != "dialogue-rnn") == (auroc.value > 75)


@pytest.mark.parametrize("corpus", ["iemocap", "meld"])
@pytest.mark.parametrize("method", ON_M3NET)
def test_published_rivals_and_ablations_have_their_number(method: str, corpus: str) -> None:
    read = configured(f"m3net-{method}-{corpus}")
    assert {"weighted_f1", "cel"} <= {number.metric for number in read.published}
    assert read.backbone == configured(f"m3net-{corpus}").backbone


def configured(name: str) -> FeatureConfiguration:
    (path,) = (path for path in CONFIGS if path.stem == name)
    return load_feature_configuration(path)
