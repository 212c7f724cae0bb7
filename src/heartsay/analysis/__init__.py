"""What comes out: the analysis of one conversation, as typed, frozen, JSON-ready parts.

`document` holds the parts, `use` what can be done with an analysis in Python, and `feeling` what it says of
whether there is a feeling at all.
"""

from heartsay.analysis.document import (
    SCHEMA_VERSION,
    Analysis,
    AnnotationProject,
    CalibrationNote,
    Cause,
    Conflict,
    ConflictFit,
    Emotion,
    Explanation,
    FalseDiscoveryControl,
    Feeling,
    ModalityModel,
    ModelStamp,
    MovedBy,
    PairOfModalities,
    Part,
    Recognition,
    SoundEvent,
    UtteranceAnalysis,
)
from heartsay.analysis.feeling import EVEN, NEUTRAL, feeling_in, feeling_of, passages

__all__ = [
    "EVEN",
    "NEUTRAL",
    "SCHEMA_VERSION",
    "Analysis",
    "AnnotationProject",
    "CalibrationNote",
    "Cause",
    "Conflict",
    "ConflictFit",
    "Emotion",
    "Explanation",
    "FalseDiscoveryControl",
    "Feeling",
    "ModalityModel",
    "ModelStamp",
    "MovedBy",
    "PairOfModalities",
    "Part",
    "Recognition",
    "SoundEvent",
    "UtteranceAnalysis",
    "feeling_in",
    "feeling_of",
    "passages",
]
