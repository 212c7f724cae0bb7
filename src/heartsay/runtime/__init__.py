"""Exported models, run with onnxruntime and without torch.

`Bundle` loads a model's folder and turns Evidence into Readings; `read_conversations` does so for any number
of conversations as they come. `find_model` finds the folder of a model that comes along, by its name.
`Expert` reads one voice or one face by itself; `load_modality_experts` loads those that come along.
"""

from heartsay.runtime.bundle import Bundle
from heartsay.runtime.modality_experts import ModalityExperts, load_modality_experts
from heartsay.runtime.reading import read_conversations
from heartsay.runtime.shipped import find_model, shipped_models

__all__ = [
    "Bundle",
    "ModalityExperts",
    "find_model",
    "load_modality_experts",
    "read_conversations",
    "shipped_models",
]
