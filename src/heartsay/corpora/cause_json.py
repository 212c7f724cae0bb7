"""The JSON form that RECCON introduced and MECAD follows: `{conversation: [[turn, turn, ...]]}`.

A turn has `turn` (1-based), `speaker`, `utterance`, `emotion` and, where it has an emotion, `expanded
emotion cause evidence`: turn numbers, or "b" for a cause that no turn states (background).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.refusal import parsed, refuse
from heartsay.formats.source import open_path

EVIDENCE = "expanded emotion cause evidence"
BACKGROUND = "b"


def read_cause_json(path: Path, labels: Mapping[str, str], id_field: str = "turn") -> list[Conversation]:
    """Read a file of that form; conversation ids are the file's keys.

    Args:
        path: the file.
        labels: the file's emotion names to those of `labels.EMOTIONS`.
        id_field: the turn's field that becomes the utterance id.

    Raises:
        InputError: the file breaks the form, with the conversation and turn.
    """
    with open_path(path) as source:
        text = source.text()
    document = parsed(text, path)
    if not isinstance(document, dict):
        refuse(path, "an object {conversation: [[turn, ...]]}", type(document).__name__)
    return [_conversation(path, str(key), value, labels, id_field) for key, value in document.items()]


def _conversation(path: Path, key: str, value: Any, labels: Mapping[str, str], id_field: str) -> Conversation:
    where = f"{path}, conversation {key}"
    if not (isinstance(value, list) and len(value) == 1 and isinstance(value[0], list) and value[0]):
        refuse(where, "a list that holds one list of turns", repr(value)[:60])
    utterances: list[Utterance] = []
    pairs: set[tuple[int, int]] = set()
    for index, turn in enumerate(value[0]):
        place = f"{where}, turn {index + 1}"
        if not isinstance(turn, dict) or turn.get("turn") != index + 1:
            refuse(place, f"a turn numbered {index + 1}", repr(turn)[:60])
        try:
            speaker, text, label, id_ = (turn[name] for name in ("speaker", "utterance", "emotion", id_field))
        except KeyError as error:
            refuse(place, f"a field {error}", "none")
        if not str(text).strip():
            refuse(place, "an utterance with text", "none")
        if not isinstance(label, str) or label not in labels:
            refuse(place, f"an emotion ({', '.join(labels)})", repr(label))
        utterances.append(Utterance(str(id_), str(speaker), str(text).strip(), emotion=labels[label]))
        pairs |= {(index, cause) for cause in _causes(turn.get(EVIDENCE, []), len(value[0]), place)}
    return Conversation(key, tuple(utterances), frozenset(pairs), source=str(path))


def _causes(evidence: Any, length: int, where: str) -> set[int]:
    """0-based causes of one turn; background causes are no pair."""
    turns = [item for item in evidence if item != BACKGROUND] if isinstance(evidence, list) else None
    if turns is None or any(not isinstance(turn, int) or not 1 <= turn <= length for turn in turns):
        refuse(where, f'causes from 1 to {length} or "{BACKGROUND}"', repr(evidence)[:60])
    return {turn - 1 for turn in turns}
