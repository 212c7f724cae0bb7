"""Analyses as tasks of Label Studio with predictions, the least sure first: there labels help most.

One task for each utterance, with the talk before it; `conversations.label_studio` reads what people chose.
The labelling interface that they are for:

    <View><Paragraphs name="context" value="$context" nameKey="speaker" textKey="text" layout="dialogue"/>
    <Text name="text" value="$text"/>
    <Choices name="emotion" toName="text"><Choice value="anger"/>...</Choices></View>
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heartsay.atomic import write_text
from heartsay.formats.analyses.spec import AnalysisFormat, FailedInput

if TYPE_CHECKING:
    from heartsay.analysis import Analysis

CONTEXT = 6
"""Turns before an utterance that are shown with it."""


def write_label_studio(analyses: Iterable[Analysis | FailedInput], path: str | Path) -> None:
    """Write the utterances of all analyses as tasks, by rising confidence; memory holds them all.

    Raises:
        HeartsayError: it cannot be written; nothing is left behind.
    """
    tasks = [task for each in analyses if not isinstance(each, FailedInput) for task in _tasks(each)]
    tasks.sort(key=lambda task: task["predictions"][0]["score"] if task["predictions"] else 0.0)
    write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")


def _tasks(analysis: Analysis) -> Iterable[dict[str, Any]]:
    for position, u in enumerate(analysis.utterances):
        before = analysis.utterances[max(0, position - CONTEXT) : position]
        choice = {"from_name": "emotion", "to_name": "text", "type": "choices"}
        prediction = {
            "model_version": f"{analysis.model.name} {analysis.model.version}",
            "score": round(u.emotion.confidence or 0.0, 6),
            "result": [{**choice, "value": {"choices": [u.emotion.label]}}],
        }
        yield {
            "data": {
                "conversation": analysis.conversation,
                "position": position,
                "utterance_id": u.id,
                "speaker": u.speaker,
                "text": u.text or "",
                **({} if u.start is None else {"start": u.start}),
                **({} if u.end is None else {"end": u.end}),
                "context": [{"speaker": b.speaker, "text": b.text or ""} for b in before],
            },
            "predictions": [] if u.emotion.label is None else [prediction],
        }


def conversations_in(path: Path) -> set[str]:
    """The conversations that a file of tasks holds."""
    tasks = json.loads(path.read_text("utf-8"))
    return {str(task["data"]["conversation"]) for task in tasks}


FORMAT = AnalysisFormat(
    "label-studio", write_table=write_label_studio, table="label-studio.json", holds=conversations_in
)
