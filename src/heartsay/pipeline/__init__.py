"""From a conversation to its analysis: the user's path, without torch.

`analyze` does it, `load_model` loads the model that does it, `evaluation` measures it on labelled
conversations, and `submission` writes the analyses of a corpus as SemEval-2024 Task 3 wants them.
"""

from heartsay.pipeline.analysing import (
    DEFAULT_COVERAGE,
    EvidenceMode,
    analyze,
    load_model,
)

__all__ = [
    "DEFAULT_COVERAGE",
    "EvidenceMode",
    "analyze",
    "load_model",
]
