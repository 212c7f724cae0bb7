"""The backbones by name, with the papers they are from; a module is loaded when its backbone is asked for."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from heartsay.errors import InputError
from heartsay.extension import is_reference, load_class, unknown_name
from heartsay.settings import checked_settings, constructor_options

if TYPE_CHECKING:
    from heartsay.models.backbone import Backbone, InputShape


@dataclass(frozen=True)
class Registered:
    """A backbone that can be built by name.

    Attributes:
        target: the class, or ``module:class`` to be loaded when needed.
        citation: who published it, when and where; a link, or for this project's own a path in it.
    """

    target: str | type[Backbone]
    citation: str

    def load(self) -> type[Backbone]:
        """The class."""
        if not isinstance(self.target, str):
            return self.target
        module, _, name = self.target.partition(":")
        loaded: type[Backbone] = getattr(importlib.import_module(module), name)
        return loaded


_REGISTERED: dict[str, Registered] = {}

BACKBONES: Mapping[str, Registered] = MappingProxyType(_REGISTERED)
"""Every registered backbone by name."""


def register(name: str, target: str | type[Backbone], citation: str) -> None:
    """Make a backbone known by name.

    Args:
        name: what configurations call it, in lower case with hyphens.
        target: the class, or ``module:class`` to be loaded when needed.
        citation: where it was published.

    Raises:
        InputError: the name is taken.
    """
    if name in _REGISTERED:
        raise InputError(
            expected="a new name",
            found=f"{name!r}, which is taken",
            where="registering a backbone",
            do="choose another name",
        )
    _REGISTERED[name] = Registered(target, citation)


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
    return _class(name)(shape, **checked_settings(settings, backbone_options(name), f"backbone {name}"))


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


for _name, _target, _citation in (
    (
        "dialogue-rnn",
        "dialogue_rnn:DialogueRNN",
        "Majumder, Poria, Hazarika, Mihalcea, Gelbukh, Cambria, AAAI 2019, https://arxiv.org/abs/1811.00405",
    ),
    (
        "dialogue-gcn",
        "dialogue_gcn:DialogueGCN",
        "Ghosal, Majumder, Poria, Chhaya, Gelbukh, EMNLP-IJCNLP 2019, https://arxiv.org/abs/1908.11540",
    ),
    (
        "mmgcn",
        "mmgcn:MMGCN",
        "Hu, Liu, Zhao, Jin, ACL-IJCNLP 2021, https://aclanthology.org/2021.acl-long.440",
    ),
    ("mm-dfn", "mm_dfn:MMDFN", "Hu, Hou, Wei, Jiang, Mo, ICASSP 2022, https://arxiv.org/abs/2203.02385"),
    (
        "m3net",
        "m3net:M3Net",
        "Chen, Shao, Zhu, Shen, CVPR 2023, https://doi.org/10.1109/CVPR52729.2023.01036",
    ),
    (
        "evidence-attention",
        "evidence_attention:EvidenceAttention",
        "The Heartsay authors, 2026, src/heartsay/models/backbones/evidence_attention.py",
    ),
):
    register(_name, f"heartsay.models.backbones.{_target}", _citation)
