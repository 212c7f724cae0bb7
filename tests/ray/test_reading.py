"""What a worker reads of the files of its partition, and by which models, without Ray."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.dummies.conversations import random_conversation
from tests.dummies.partitions import MODEL, SETTINGS, all_parts, folder_of, job, planned

from heartsay import demo, formats
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError
from heartsay.formats import ReadFailure, read_many
from heartsay.pipeline import load_model
from heartsay.ray import analyze_corpus, worker
from heartsay.ray.listing import entries
from heartsay.ray.places import Place
from heartsay.ray.plan import Part, made
from heartsay.ray.reading import How, pieces_of, readers
from heartsay.recordings import Listening


def test_ids_of_files_are_those_without_ray_and_twins_are_read_once(tmp_path: Path) -> None:
    chats = tmp_path / "chats"
    first, second = folder_of(chats / "a", 2)
    folder_of(chats / "b", 2)
    (chats / "a" / f"{first.id}.csv").write_text(formats.write(first, "csv"), "utf-8")
    (chats / "both.jsonl").write_text(
        "\n".join(json.dumps(json.loads(formats.write(c, "json"))) for c in (first, second)), "utf-8"
    )
    expected = [item.id for item in read_many([chats]) if isinstance(item, Conversation)]
    part = Part(0, tuple(entries([str(chats)])))
    found = [
        i.id for _, read in pieces_of(part, How(), (), {}) for i in read() if isinstance(i, Conversation)
    ]
    assert sorted(found) == sorted(expected)
    assert len(found) == 6


def test_a_file_system_of_arrow_gives_the_same_conversations(tmp_path: Path) -> None:
    chats = tmp_path / "chats"
    folder_of(chats / "in", 3)
    (chats / "in" / "broken.json").write_text("{", "utf-8")

    def read(source: str) -> list[tuple[str, Any]]:
        pieces = pieces_of(Part(0, tuple(entries([source]))), How(), (), {})
        items = [item for _, read in pieces for item in read()]
        return [
            ("failed", item.error.found) if isinstance(item, ReadFailure) else (item.id, item.utterances)
            for item in items
        ]

    assert read(f"file://{chats}") == read(str(chats))
    assert len(read(str(chats))) == 4


def test_a_large_file_is_shared_out_and_none_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        json.dumps({"id": str(n), **json.loads(formats.write(random_conversation(n, 2), "json"))})
        for n in range(9)
    ]
    (tmp_path / "all.jsonl").write_text("\n".join([*lines[:4], "{", *lines[4:]]), "utf-8")
    monkeypatch.setattr("heartsay.ray.plan.BYTES", (tmp_path / "all.jsonl").stat().st_size // 3)
    parts = all_parts(tmp_path / "out", planned(tmp_path / "out", tmp_path / "all.jsonl"))
    assert len(parts) == 4
    items = [item for part in parts for _, read in pieces_of(part, How(), (), {}) for item in read()]
    whole = list(read_many([tmp_path / "all.jsonl"]))
    assert Counter(type(item) for item in items) == Counter(type(item) for item in whole)
    assert {i.id for i in items if isinstance(i, Conversation)} == {
        i.id for i in whole if isinstance(i, Conversation)
    }


def models(folder: Path) -> list[Listening]:
    """Two ways of listening, by models of different weights."""
    for name in ("one", "other"):
        (folder / name).mkdir()
        (folder / name / "model.bin").write_bytes(name.encode())
    return [Listening(speech_model=str(folder / name)) for name in ("one", "other")]


def test_a_run_of_recordings_is_not_gone_on_with_by_other_readers(tmp_path: Path) -> None:
    one, other = models(tmp_path)
    folder_of(tmp_path / "chats", 1)
    stated = {**SETTINGS.depends_on(load_model(MODEL)), "keep": [], **How(listening=one).depends_on()}
    words = [str(tmp_path / "chats")]
    plan = made(
        Place(str(tmp_path / "a")), {**stated, "sources": words}, entries(words), (), 2, partial(readers, one)
    )
    assert "words_by" not in plan.settings, "it does not matter where nothing was recorded"
    shutil.copy(Path(demo.__file__).parent / "call-back.ogg", tmp_path / "chats")
    made(
        Place(str(tmp_path / "b")), {**stated, "sources": words}, entries(words), (), 2, partial(readers, one)
    )
    for another in (other, Listening()):
        with pytest.raises(HeartsayError, match=r"other settings \(words_by was"):
            analyze_corpus(
                str(tmp_path / "b"), words, SETTINGS, How(listening=another), model=MODEL, resume=True
            )
    before = readers(one)
    (tmp_path / "moved").mkdir()
    (tmp_path / "one").rename(tmp_path / "moved" / "one")
    assert readers(Listening(speech_model=str(tmp_path / "moved" / "one"))) == before
    assert readers(replace(one, words=False)) == readers(replace(other, words=False))


def test_a_recording_is_not_read_by_a_machine_with_other_readers(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `scale` is not installed")
    one, other = models(tmp_path)
    shutil.copy(Path(demo.__file__).parent / "call-back.ogg", tmp_path / "call.ogg")
    plan = planned(tmp_path / "out", tmp_path / "call.ogg")
    how = How(listening=other, readers=readers(one))
    hand = worker.Worker(replace(job(tmp_path / "out"), how=how))
    said = hand.make(*plan.lines[0], replace(job(tmp_path / "out"), how=how))
    assert list(said) == ["problem"]
    assert re.search(r"call\.ogg is not read: .* words by one \(.* with words by other \(", said["problem"])


def test_a_file_of_a_store_that_has_gone_is_one_failure(tmp_path: Path) -> None:
    folder_of(tmp_path / "chats", 3)
    (found,) = [f"file://{tmp_path / 'chats'}"]
    part = Part(0, tuple(entries([found])))
    Path(part.files[0].path.removeprefix("file://")).unlink()
    items = [item for _, read in pieces_of(part, How(), (), {}) for item in read()]
    assert [type(item) for item in items] == [ReadFailure, Conversation, Conversation]
    assert "expected the file that was listed, found nothing there" in str(items[0].error)
