"""The backbones by name, with the papers they are from; a module is loaded when its backbone is asked for."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from heartsay.errors import InputError
from heartsay.settings import checked_setting

if TYPE_CHECKING:
    from heartsay.models.backbone import Backbone, InputShape


@dataclass(frozen=True)
class Citation:
    """Where a backbone was published.

    Attributes:
        authors: family names, or what the authors call themselves.
        year: of publication.
        venue: conference, journal or project.
        link: where it can be read; for this project's own, a path in it.
    """

    authors: str
    year: int
    venue: str
    link: str


@dataclass(frozen=True)
class Registered:
    """A backbone that can be built by name.

    Attributes:
        target: the class, or ``module:class`` to be loaded when needed.
        citation: where it was published.
    """

    target: str | type[Backbone]
    citation: Citation

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


def register(name: str, target: str | type[Backbone], citation: Citation) -> None:
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
        name: a key of `BACKBONES`.
        shape: what it is built for.
        settings: what the class's constructor takes besides the shape, as YAML or JSON can hold it; what is
            not given keeps its default.

    Raises:
        InputError: no backbone, or no setting, of that name, or a value of another type; lists those there
            are.
    """
    if name not in BACKBONES:
        raise InputError(
            expected="the name of a backbone",
            found=repr(name),
            where="backbone",
            do=f"choose one of {', '.join(BACKBONES)}",
        )
    kind = BACKBONES[name].load()
    options = _options(kind)
    do = f"the settings of {name} are {', '.join(map(_shown, options.values())) or 'none'}"
    unknown = sorted(set(settings) - set(options))
    if unknown:
        raise InputError(
            expected="settings that the backbone has", found=repr(unknown[0]), where=f"backbone {name}", do=do
        )
    for option in options.values():
        if option.name not in settings and option.default is option.empty:
            raise InputError(
                expected=f"the setting {option.name}", found="none", where=f"backbone {name}", do=do
            )
    checked = {
        s: checked_setting(v, options[s].annotation, f"backbone {name}, {s}", do) for s, v in settings.items()
    }
    return kind(shape, **checked)


def _options(kind: type[Backbone]) -> dict[str, inspect.Parameter]:
    """What the constructor takes besides the shape, with annotations resolved."""
    # Through `Any`, since what a subclass takes is not the base class's business.
    constructor: Any = kind.__init__
    types = typing.get_type_hints(constructor)
    parameters = list(inspect.signature(constructor).parameters.values())[2:]
    return {p.name: p.replace(annotation=types[p.name]) for p in parameters}


def _shown(option: inspect.Parameter) -> str:
    return option.name if option.default is option.empty else f"{option.name} ({option.default!r})"


_HOME = "heartsay.models.backbones"

register(
    "dialogue-rnn",
    f"{_HOME}.dialogue_rnn:DialogueRNN",
    Citation(
        "Majumder, Poria, Hazarika, Mihalcea, Gelbukh, Cambria",
        2019,
        "AAAI",
        "https://arxiv.org/abs/1811.00405",
    ),
)
register(
    "dialogue-gcn",
    f"{_HOME}.dialogue_gcn:DialogueGCN",
    Citation(
        "Ghosal, Majumder, Poria, Chhaya, Gelbukh", 2019, "EMNLP-IJCNLP", "https://arxiv.org/abs/1908.11540"
    ),
)
register(
    "mmgcn",
    f"{_HOME}.mmgcn:MMGCN",
    Citation("Hu, Liu, Zhao, Jin", 2021, "ACL-IJCNLP", "https://aclanthology.org/2021.acl-long.440"),
)
register(
    "mm-dfn",
    f"{_HOME}.mm_dfn:MMDFN",
    Citation("Hu, Hou, Wei, Jiang, Mo", 2022, "ICASSP", "https://arxiv.org/abs/2203.02385"),
)
register(
    "m3net",
    f"{_HOME}.m3net:M3Net",
    Citation(
        "Chen, Shao, Zhu, Shen",
        2023,
        "CVPR",
        "https://doi.org/10.1109/CVPR52729.2023.01036",
    ),
)
register(
    "evidence-attention",
    f"{_HOME}.evidence_attention:EvidenceAttention",
    Citation(
        "The Heartsay authors", 2026, "this project", "src/heartsay/models/backbones/evidence_attention.py"
    ),
)
