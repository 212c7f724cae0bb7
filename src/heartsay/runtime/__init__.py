"""Exported models, run with onnxruntime and without torch.

`ExportedModel` loads a model's folder and reads packs; `read_conversations` turns conversations into
packs and the readings of packs back into calibrated numbers per utterance and pair.
"""

from heartsay.runtime.model import ExportedModel
from heartsay.runtime.reading import ConversationReading, read_conversations

__all__ = ["ConversationReading", "ExportedModel", "read_conversations"]
