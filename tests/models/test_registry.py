"""Backbones by name: each with its paper and its proofs; settings are checked before anything is built."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from tests.dummies.evidence import EMOTIONS, WIDTHS, feature_batch

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch
from heartsay.experiments.cmerc.plan import Scope
from heartsay.models.backbone import Backbone, EmotionReading, InputShape
from heartsay.models.registry import BACKBONES, backbone_options, build_backbone

SHAPE = InputShape(WIDTHS, 2, len(EMOTIONS))
TOY = f"{__name__}:Toy"


class Toy(Backbone):
    """Takes a setting of every kind that a configuration can hold."""

    def __init__(
        self,
        shape: InputShape,
        *,
        width: int,
        dropout: float = 0.5,
        deep: bool = False,
        kind: Literal["plain", "fancy"] = "plain",
        shares: tuple[float, ...] = (1.0, 2.0),
        window: int | None = 10,
    ) -> None:
        super().__init__()
        self.settings = (width, dropout, deep, kind, shares, window)

    def forward(self, evidence: EvidenceBatch) -> EmotionReading:
        empty = torch.zeros(*evidence.real.shape, 1)
        return EmotionReading(empty, empty)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_has_a_class_a_paper_and_tests_of_its_own(name: str) -> None:
    registered = BACKBONES[name]
    kind = registered.load()
    assert issubclass(kind, Backbone)
    assert kind.__doc__
    authors, year, link = re.fullmatch(r"(\D+) (20\d\d), (\S+)", registered.citation).groups()  # type: ignore[union-attr]
    assert authors
    assert 2015 < int(year) < 2100
    assert link.startswith("https://") or (Path(__file__).parents[2] / link).is_file()
    module = kind.__module__.rpartition(".")[2]
    own = Path(__file__).parent / "backbones" / f"test_{module}.py"
    assert own.is_file(), f"{name} has no tests of its own"
    assert kind.__name__ in own.read_text("utf-8")


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_is_built_with_its_defaults_and_reads(name: str) -> None:
    with torch.inference_mode():
        reading = build_backbone(name, SHAPE, {}).eval()(feature_batch((3, 2)).evidence)
    assert reading.emotion.shape == (2, 3, len(EMOTIONS))


def test_knowing_the_names_loads_no_torch() -> None:
    code = "import sys; from heartsay.models.registry import BACKBONES; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"a backbone out of .*m3net.*evidence-attention.*'m4net'"):
        build_backbone("m4net", SHAPE, {})


def test_an_unknown_setting_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"'depth'.*width \(128\), layers \(2\)"):
        build_backbone("evidence-attention", SHAPE, {"depth": 3})


def test_a_setting_without_default_must_be_given() -> None:
    with pytest.raises(InputError, match="the setting width"):
        build_backbone(TOY, SHAPE, {})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("width", "16"),
        ("width", 16.5),
        ("width", True),
        ("width", None),
        ("dropout", "0.5"),
        ("dropout", False),
        ("deep", 1),
        ("kind", "odd"),
        ("shares", [1.0, "2"]),
        ("shares", 1.0),
        ("window", "far"),
        ("window", {1, 2}),
    ],
)
def test_a_setting_of_another_type_is_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(
        InputError, match=rf"backbone {TOY}, {setting}: expected .* the settings of {TOY} are"
    ):
        build_backbone(TOY, SHAPE, {"width": 4, setting: value})


def test_settings_arrive_as_the_constructor_wants_them() -> None:
    given = {"width": 4, "dropout": 0, "deep": True, "kind": "fancy", "shares": [3, 0.5], "window": None}
    built = build_backbone(TOY, SHAPE, given)
    assert isinstance(built, Toy)
    assert built.settings == (4, 0.0, True, "fancy", (3.0, 0.5), None)


def test_a_class_of_the_users_own_is_built_by_module_and_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = "from tests.models.test_registry import Toy\n\nclass Own(Toy):\n    pass\n\nnot_one = 3\n"
    Path("own_backbone.py").write_text(code, "utf-8")
    before = dict(BACKBONES)
    built = build_backbone("own_backbone:Own", SHAPE, {"width": 4})
    assert type(built).__name__ == "Own"
    assert built.settings == Toy(SHAPE, width=4).settings
    assert backbone_options("own_backbone:Own")["width"].annotation is int
    assert dict(BACKBONES) == before
    assert not set(Scope().backbones) - set(BACKBONES)
    with pytest.raises(InputError, match="the settings of own_backbone:Own are width"):
        build_backbone("own_backbone:Own", SHAPE, {"deepness": 4})
    with pytest.raises(InputError, match=r"expected a backbone called Owm .* found .*Own"):
        build_backbone("own_backbone:Owm", SHAPE, {})
    with pytest.raises(InputError, match="a subclass of Backbone"):
        build_backbone("own_backbone:not_one", SHAPE, {})


def test_evidence_attention_has_at_most_a_quarter_of_m3nets_parameters() -> None:
    published = InputShape({"text": 4096, "voice": 300, "face": 342}, 9, 7)
    sizes = {
        name: sum(p.numel() for p in build_backbone(name, published, {}).parameters())
        for name in ("m3net", "evidence-attention")
    }
    assert 4 * sizes["evidence-attention"] <= sizes["m3net"]
