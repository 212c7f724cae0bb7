"""What workers are given: folders and rows of conversations, their plan and their job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

from heartsay import formats
from heartsay.batch import Settings
from heartsay.conversation import Conversation
from heartsay.pipeline import load_model
from heartsay.ray.listing import entries
from heartsay.ray.places import Place
from heartsay.ray.plan import Part, Plan, made, part_at
from heartsay.ray.reading import How
from heartsay.ray.worker import Job

SETTINGS = Settings(0.9, "auto", ("parquet",))
MODEL = str(model_folder())


def folder_of(place: Path, count: int = 6) -> list[Conversation]:
    place.mkdir(parents=True)
    conversations = [random_conversation(seed, 5) for seed in range(count)]
    for conversation in conversations:
        (place / f"{conversation.id}.json").write_text(formats.write(conversation, "json"), "utf-8")
    return conversations


def rows_of(conversations: list[Conversation]) -> list[dict[str, Any]]:
    return [
        {"conversation": c.id, "utterance": u.id, "speaker": u.speaker, "text": u.text, "start": float(n)}
        for c in conversations
        for n, u in enumerate(c.utterances)
    ]


def job(out: Path, **changes: Any) -> Job:
    model = load_model(MODEL)
    return Job(Place(str(out)), MODEL, model.fingerprint, SETTINGS, How(), **changes)


def planned(out: Path, *sources: Path | str) -> Plan:
    names = [str(source) for source in sources]
    return made(Place(str(out)), {"sources": names}, entries(names), (), 2)


def all_parts(out: Path, plan: Plan) -> list[Part]:
    return [part_at(Place(str(out)), *line) for line in plan.lines]
