"""What the labels of well-known corpora mean among the seven emotions.

None stands for a label that is none of the seven: what carries it counts as unlabelled. Frustration, peace
and power have no counterpart; depression, which MESC labels beside sadness, is read as sadness.
"""

from __future__ import annotations

from collections.abc import Mapping

LABEL_MAPS: Mapping[str, Mapping[str, str | None]] = {
    "iemocap": {
        **dict.fromkeys(("ang", "anger", "angry"), "anger"),
        **dict.fromkeys(("hap", "happy", "happiness", "exc", "excited", "excitement"), "joy"),
        **dict.fromkeys(("sad", "sadness"), "sadness"),
        **dict.fromkeys(("neu", "neutral", "neutral state"), "neutral"),
        **{"fea": "fear", "fear": "fear", "sur": "surprise", "surprise": "surprise"},
        **{"dis": "disgust", "disgust": "disgust"},
        **dict.fromkeys(("fru", "frustrated", "frustration", "oth", "other", "xxx"), None),
    },
    "emorynlp": {
        **{"neutral": "neutral", "joyful": "joy", "mad": "anger", "sad": "sadness", "scared": "fear"},
        **{"peaceful": None, "powerful": None},
    },
    "dailydialog": {
        **{
            "0": "neutral",
            "1": "anger",
            "2": "disgust",
            "3": "fear",
            "4": "joy",
            "5": "sadness",
            "6": "surprise",
        },
        **{"no emotion": "neutral", "no_emotion": "neutral", "happiness": "joy"},
    },
    "mesc": {
        **{name: name for name in ("neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise")},
        "depression": "sadness",
    },
}
"""By the names that `--labels` takes."""
