"""Exported models, run with onnxruntime and without torch.

`Bundle` loads a model's folder and turns Evidence into Readings; `read_conversations` does so for any number
of conversations as they come.
"""

from heartsay.runtime.bundle import Bundle
from heartsay.runtime.reading import read_conversations

__all__ = ["Bundle", "read_conversations"]
