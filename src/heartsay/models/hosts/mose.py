"""MoSE in decoders of transformers', through peft's hook for modules of one's own.

The hook is experimental, and peft writes down neither the module nor its settings: they are kept in a file
beside the adapter and the module is registered again on load. What MoSE adds hangs on the input, so it can
never become part of a weight, and merging is refused.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from torch import Tensor, nn

from heartsay.atomic import write_text
from heartsay.errors import DAMAGE, MissingDependencyError, ModelError
from heartsay.models.fusion.modality import current
from heartsay.models.fusion.mose import MoSE, MoSESettings
from heartsay.models.hosts.decoder import projections

FILE = "mose.json"
"""What holds the settings, in the folder of an adapter."""


class MoSELayer(nn.Module):
    """A projection with experts, as peft wants it; `layer_of` gives it its settings, and peft's base class.

    Args:
        base_layer: the projection.
        adapter_name: what peft calls the adapter.
        config: peft's, unused beside the settings.
        kwargs: what else peft hands over.
    """

    settings: ClassVar[MoSESettings]

    adapter_layer_names = ("lora_experts",)
    other_param_names = ("r", "lora_alpha", "scaling")

    def __init__(self, base_layer: nn.Module, adapter_name: str, config: Any, **kwargs: Any) -> None:
        from peft.tuners.lora import LoraLayer

        super().__init__()
        LoraLayer.__init__(self, base_layer)
        # Names of what peft saves begin with lora_.
        self.lora_experts = nn.ModuleDict()
        self._active_adapter = adapter_name
        self.update_layer(adapter_name)

    def update_layer(self, adapter_name: str, *args: Any, **kwargs: Any) -> None:
        """Add an adapter of this name."""
        settings, layer = type(self).settings, _as_peft_has_it(self)
        layer.r[adapter_name], layer.lora_alpha[adapter_name] = settings.rank, settings.alpha
        layer.scaling[adapter_name] = settings.alpha / settings.rank
        self.lora_experts[adapter_name] = MoSE(layer.in_features, layer.out_features, settings)
        layer._move_adapter_to_device_of_base_layer(adapter_name)
        layer.set_adapter(layer.active_adapters)

    def forward(self, values: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Map (B, L, I) to (B, L, O)."""
        layer = _as_peft_has_it(self)
        mapped: Tensor = layer.base_layer(values, *args, **kwargs)
        if layer.disable_adapters:
            return mapped
        for name in layer.active_adapters:
            if name in self.lora_experts:
                experts: Any = self.lora_experts[name]
                given = values.to(experts.expert_down.dtype)
                mapped = mapped + experts(given, current()).to(mapped.dtype)
        return mapped

    def merge(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse.

        Raises:
            ModelError: always.
        """
        raise ModelError(
            "MoSE cannot be merged into a weight: what it adds hangs on the input. Keep the adapter beside "
            "its model, or remove it with unload()."
        )

    def unmerge(self) -> None:
        """Nothing was ever merged."""


def _as_peft_has_it(layer: MoSELayer) -> Any:
    """The layer with what it inherits from peft, of which types say nothing here."""
    return layer


def layer_of(settings: MoSESettings) -> type[MoSELayer]:
    """The class of projections with these settings.

    Raises:
        MissingDependencyError: peft is not installed.
    """
    peft = peft_package()
    parents = (MoSELayer, peft.tuners.lora.LoraLayer)
    return type("MoSELayer", parents, {"settings": settings, "__doc__": MoSELayer.__doc__})


def peft_package() -> Any:
    """The package.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        return import_module("peft")
    except ImportError as error:
        raise MissingDependencyError("MoSE in a decoder of transformers'", "mllm") from error


def add_experts(model: nn.Module, settings: MoSESettings) -> nn.Module:
    """Add experts to the queries and values of a multimodal decoder; all else is kept from moving.

    Raises:
        ModelError: its text decoder has no such projections.
        MissingDependencyError: peft is not installed.
    """
    peft = peft_package()
    config = peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=projections(model),
    )
    config._register_custom_module({nn.Linear: layer_of(settings)})
    adapted: nn.Module = peft.get_peft_model(model, config)
    return adapted


def save_experts(model: nn.Module, folder: Path) -> None:
    """Write the experts and their settings, and nothing of the model that they are added to.

    Raises:
        ModelError: the model has no experts.
    """
    layer = next((m for m in model.modules() if isinstance(m, MoSELayer)), None)
    if layer is None:
        raise ModelError(f"{type(model).__name__} has no experts to save; add some with add_experts.")
    model.save_pretrained(str(folder))  # type: ignore[operator]
    write_text(folder / FILE, json.dumps(asdict(layer.settings), indent=1) + "\n")


def load_experts(model: nn.Module, folder: Path, *, trainable: bool = False) -> nn.Module:
    """Put saved experts on the model that they were trained with.

    Args:
        model: without experts.
        folder: where they were saved.
        trainable: whether they shall move.

    Raises:
        ModelError: there are none, or they are not of this kind or do not fit.
        MissingDependencyError: peft is not installed.
    """
    peft = peft_package()
    try:
        settings = MoSESettings(**json.loads((folder / FILE).read_text("utf-8")))
        config = peft.LoraConfig.from_pretrained(str(folder))
        # Not written down by peft: without it, plain LoRA would be built and the experts thrown away.
        config._register_custom_module({nn.Linear: layer_of(settings)})
        loaded: nn.Module = peft.PeftModel.from_pretrained(
            model, str(folder), config=config, is_trainable=trainable
        )
    except DAMAGE as error:
        first = str(error).split("\n")[0]
        raise ModelError(f"{folder} holds no experts that fit this model ({first}).") from error
    _check_all_loaded(loaded, folder)
    return loaded


def _check_all_loaded(model: nn.Module, folder: Path) -> None:
    """Refuse where weights of the file and of the model are not the same ones; peft would only warn."""
    from peft.utils import get_peft_model_state_dict
    from safetensors import safe_open

    wanted = set(get_peft_model_state_dict(model))
    with safe_open(str(folder / "adapter_model.safetensors"), "pt") as file:
        found = set(file.keys())
    if wanted != found:
        raise ModelError(
            f"{folder} holds no experts that fit this model ({len(wanted - found)} weights are lacking and "
            f"{len(found - wanted)} unknown)."
        )
