"""The backbones by name, with the papers they are from; a module is loaded when its backbone is asked for."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from heartsay.extension import is_reference, load_class, unknown_name
from heartsay.settings import checked_settings, constructor_options

if TYPE_CHECKING:
    from heartsay.models.backbone import Backbone, InputShape


class Published(NamedTuple):
    """A backbone that can be built by name.

    Attributes:
        module: of `heartsay.models.backbones`.
        name: of the class in it.
        citation: who published it, when and where; a link, or for this project's own a path in it.
    """

    module: str
    name: str
    citation: str

    def load(self) -> type[Backbone]:
        """The class."""
        loaded: type[Backbone] = getattr(import_module(f"heartsay.models.backbones.{self.module}"), self.name)
        return loaded


BACKBONES: Mapping[str, Published] = {
    "dialogue-rnn": Published(
        "dialogue_rnn",
        "DialogueRNN",
        "Majumder, Poria, Hazarika, Mihalcea, Gelbukh, Cambria, AAAI 2019, https://arxiv.org/abs/1811.00405",
    ),
    "dialogue-gcn": Published(
        "dialogue_gcn",
        "DialogueGCN",
        "Ghosal, Majumder, Poria, Chhaya, Gelbukh, EMNLP-IJCNLP 2019, https://arxiv.org/abs/1908.11540",
    ),
    "mmgcn": Published(
        "mmgcn",
        "MMGCN",
        "Hu, Liu, Zhao, Jin, ACL-IJCNLP 2021, https://aclanthology.org/2021.acl-long.440",
    ),
    "mm-dfn": Published(
        "mm_dfn", "MMDFN", "Hu, Hou, Wei, Jiang, Mo, ICASSP 2022, https://arxiv.org/abs/2203.02385"
    ),
    "m3net": Published(
        "m3net", "M3Net", "Chen, Shao, Zhu, Shen, CVPR 2023, https://doi.org/10.1109/CVPR52729.2023.01036"
    ),
    "evidence-attention": Published(
        "evidence_attention",
        "EvidenceAttention",
        "The Heartsay authors, 2026, src/heartsay/models/backbones/evidence_attention.py",
    ),
    "fusion-transformer": Published(
        "fusion_transformer",
        "FusionTransformer",
        "The Heartsay authors, 2026, src/heartsay/models/backbones/fusion_transformer.py",
    ),
    "hct-dmg": Published(
        "hct_dmg",
        "HctDmg",
        "Wang, Li, Liang, Morency, Bell, Lai, arXiv 2023, https://arxiv.org/abs/2305.13583",
    ),
}
"""Every backbone of the project by name."""


def build_backbone(name: str, shape: InputShape, settings: Mapping[str, Any]) -> Backbone:
    """Build a backbone with fresh weights.

    Args:
        name: a key of `BACKBONES`, or `module:Name` for a class of the user's own.
        shape: what it is built for.
        settings: what the class's constructor takes besides the shape, as YAML or JSON can hold it; what is
            not given keeps its default.

    Raises:
        InputError: no backbone, or no setting, of that name, or a value of another type; lists those there
            are.
    """
    return _class(name)(shape, **check_backbone_settings(name, settings))


def check_backbone_settings(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as the backbone's constructor wants them.

    Raises:
        InputError: as `build_backbone`.
    """
    return checked_settings(settings, backbone_options(name), f"backbone {name}")


def backbone_options(name: str) -> dict[str, inspect.Parameter]:
    """What can be set of a backbone: what its constructor takes besides the shape.

    Raises:
        InputError: no backbone of that name.
    """
    return constructor_options(_class(name), skip=1)


def _class(name: str) -> type[Backbone]:
    if is_reference(name):
        from heartsay.models.backbone import Backbone

        return load_class(name, Backbone, "a backbone")  # type: ignore[type-abstract]  # for subclasses
    if name not in BACKBONES:
        raise unknown_name(name, BACKBONES, "a backbone")
    return BACKBONES[name].load()
