"""A small gold file of SemEval-2024 Task 3, written for tests, and submissions to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TALK = [
    {"utterance_ID": 1, "text": "The boat leaves at nine.", "speaker": "Ana", "emotion": "neutral"},
    {
        "utterance_ID": 2,
        "text": "Nine? Already?",
        "speaker": "Ben",
        "emotion": "surprise",
        "video_name": "2.mp4",
    },
    {"utterance_ID": 3, "text": "At last!", "speaker": "Ana", "emotion": "joy"},
]
GOLD = [
    {
        "conversation_ID": 7,
        "conversation": TALK,
        "emotion-cause_pairs": [["2_surprise", "1"], ["3_joy", "1"]],
    },
    {"conversation_ID": 9, "conversation": TALK[:1], "emotion-cause_pairs": []},
]


def save(tmp_path: Path, document: Any, name: str = "file.json") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def submission(*pairs: Any, **changes: Any) -> list[dict[str, Any]]:
    return [
        {"conversation_ID": 7, "emotion-cause_pairs": list(pairs), **changes},
        {"conversation_ID": 9, "emotion-cause_pairs": []},
    ]
