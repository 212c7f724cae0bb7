"""A corpus on a Ray that is started once for all of this: two workers on this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.dummies.conversations import make_conversation, random_conversation
from tests.dummies.killers import ONCE, POISON, DeadlySettings, Killer
from tests.dummies.model import model_folder
from tests.dummies.tasks import work

import heartsay
from heartsay import formats
from heartsay.batch import Settings
from heartsay.cluster import joined
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError
from heartsay.experiments.pool import run_all
from heartsay.experiments.ray_pool import ray_pool
from heartsay.formats import read_many
from heartsay.pipeline import analyze, load_model
from heartsay.ray import Engine, How, Outcome, analyze_corpus

ray = pytest.importorskip("ray", reason="the extra `scale` is not installed")

ROOT = Path(__file__).resolve().parents[2]
MODEL = str(model_folder())
SETTINGS = Settings(0.9, "auto", ("parquet",))
TWO = Engine(None, 2)


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Two processors of Ray, whose processes find the tests' own modules."""
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        with joined(None, 2, heartsay.__version__):
            yield


def rows_of(conversations: list[Conversation]) -> list[dict[str, Any]]:
    return [
        {"conversation": c.id, "utterance": u.id, "speaker": u.speaker, "text": u.text, "role": u.speaker}
        for c in conversations
        for u in c.utterances
    ]


def run(out: Path, *sources: Path, settings: Settings = SETTINGS, **options: Any) -> Outcome:
    names = [str(source) for source in sources]
    return analyze_corpus(str(out), names, settings, How(), model=MODEL, engine=TWO, **options)


def test_files_and_tables_are_read_as_without_ray_and_a_killed_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chats, out = tmp_path / "chats", tmp_path / "out"
    chats.mkdir()
    conversations = [random_conversation(seed, 6) for seed in range(6)]
    for conversation in conversations[:3]:
        (chats / f"{conversation.id}.json").write_text(formats.write(conversation, "json"), "utf-8")
    (chats / "broken.json").write_text("{", "utf-8")
    parquet.write_table(pa.Table.from_pylist(rows_of(conversations[3:])), tmp_path / "calls.parquet")
    monkeypatch.setattr("heartsay.ray.plan.FILES", 2)
    reported: list[dict[str, Any]] = []
    outcome = run(out, chats, tmp_path / "calls.parquet", kept=("role",), report=reported.append)
    assert outcome.failed == {}
    assert (outcome.partitions, outcome.of, outcome.conversations, outcome.utterances) == (3, 3, 6, 36)
    assert [Path(path).name for path, _ in outcome.failures] == ["broken.json"]
    assert outcome.seconds is not None
    last = reported[-1]
    assert (last["done"], last["of"], last["left"]) == (3, 3, 0.0)
    assert last["unit"].startswith("partitions at ")

    found = parquet.read_table(out / "partitions")
    # Beside another input, a folder's name stands before the ids of what is in it.
    alone = [replace(c, id=f"chats/{c.id}") for c in read_many([chats]) if isinstance(c, Conversation)]
    plain = analyze([*alone, *conversations[3:]], model=load_model(MODEL))
    order = [("conversation", "ascending"), ("utterance_id", "ascending")]
    expected = pa.concat_tables([analysis.to_arrow() for analysis in plain]).sort_by(order)
    assert found.drop_columns(["role"]).sort_by(order).equals(expected)

    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["complete"]
    assert manifest["utterances"] == 36
    with pytest.raises(HeartsayError, match="holds a run already"):
        run(out, chats, tmp_path / "calls.parquet", kept=("role",))
    with pytest.raises(HeartsayError, match="other settings"):
        run(out, chats, tmp_path / "calls.parquet", resume=True)

    # As a kill would leave it: one partition is half-written, one is not there, a third is finished.
    before = {path.name: path.read_bytes() for path in (out / "partitions").iterdir()}
    stamp = (out / "partitions/part-000000.parquet").stat().st_mtime_ns
    (out / "partitions/part-000001.parquet").write_bytes(b"PAR1")
    (out / "partitions/part-000002.parquet").unlink()
    again = run(out, chats, tmp_path / "calls.parquet", kept=("role",), resume=True)
    assert (again.resumed, again.partitions) == (1, 3)
    assert {path.name: path.read_bytes() for path in (out / "partitions").iterdir()} == before
    assert (out / "partitions/part-000000.parquet").stat().st_mtime_ns == stamp
    assert json.loads((out / "manifest.json").read_text("utf-8")) == manifest


def with_killers(
    folder: Path, *turns: Conversation
) -> tuple[Outcome, list[dict[str, Any]], list[Conversation]]:
    """A run in which some conversations kill; what came of it, its rows, and all conversations."""
    conversations = [*(random_conversation(seed, 3) for seed in range(4)), *turns]
    (folder / "chats").mkdir()
    for conversation in conversations:
        path = folder / "chats" / f"{conversation.id}.json"
        path.write_text(formats.write(conversation, "json"), "utf-8")
    settings = replace(SETTINGS, explainer=Killer(folder / "mark"))
    outcome = run(folder / "out", folder / "chats", settings=settings)
    assert not (folder / "out/tries").exists()
    return outcome, parquet.read_table(folder / "out/partitions").to_pylist(), conversations


def rows_without_ray(conversations: list[Conversation]) -> list[dict[str, Any]]:
    ordered = sorted(conversations, key=lambda conversation: conversation.id)
    return [row for a in analyze(ordered, model=load_model(MODEL)) for row in a.to_rows()]


def test_a_killed_worker_costs_nothing(tmp_path: Path) -> None:
    unlucky = make_conversation("unlucky", ("A", f"Only {ONCE} was I late."))
    outcome, rows, conversations = with_killers(tmp_path, unlucky)
    assert (tmp_path / "mark").exists()
    assert outcome.set_aside == []
    assert rows == rows_without_ray(conversations)


@pytest.mark.slow  # three workers die, and each start takes seconds; test_partitions tries it without Ray
def test_a_poison_conversation_is_set_aside_by_name(tmp_path: Path) -> None:
    poisoned = make_conversation("poisoned", ("A", "Well then."), ("B", f"It is {POISON} here."))
    outcome, rows, conversations = with_killers(tmp_path, poisoned)
    assert outcome.set_aside == ["poisoned"]
    assert rows == rows_without_ray(conversations[:-1])


def test_a_worker_that_dies_of_loading_its_model_is_not_started_for_ever(tmp_path: Path) -> None:
    (tmp_path / "chats").mkdir()
    text = formats.write(random_conversation(0, 2), "json")
    (tmp_path / "chats/a.json").write_text(text, "utf-8")
    with pytest.raises(
        HeartsayError, match=r"a worker on .* died 2 times while it loaded the model .*--resume"
    ):
        run(tmp_path / "out", tmp_path / "chats", settings=DeadlySettings(0.9, "auto", ("parquet",)))
    assert json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))["missing"] == [0]


def test_partition_after_partition_that_cannot_be_written_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chats = tmp_path / "chats"
    chats.mkdir()
    for seed in range(5):
        text = formats.write(random_conversation(seed, 2), "json")
        (chats / f"{seed}.json").write_text(text, "utf-8")
    monkeypatch.setattr("heartsay.ray.plan.FILES", 1)
    refused = ({"number": number, "failed": f"no room for {number}"} for number in range(5))
    monkeypatch.setattr("heartsay.ray.run.results", lambda *_: refused)
    with pytest.raises(HeartsayError, match=r"3 partitions in a row .* no room for 2"):
        run(tmp_path / "out", chats)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))
    assert (manifest["complete"], manifest["missing"]) == (False, [0, 1, 2, 3, 4])
    assert manifest["failed"] == {str(number): f"no room for {number}" for number in range(3)}


def test_machines_of_a_cluster_are_asked_for_their_version() -> None:
    with joined("auto", 8, heartsay.__version__) as workers:
        assert workers == 2
    with (
        pytest.raises(HeartsayError, match=rf"heartsay 0\.0\.9, but .* heartsay {heartsay.__version__}"),
        joined("auto", 8, "0.0.9"),
    ):
        pass


def test_a_dataset_in_a_dataset_out() -> None:
    conversations = [random_conversation(seed, 4) for seed in range(3)]
    rows = rows_of(conversations)
    rows[0] |= {"conversation": "mute", "text": None}
    found = heartsay_ray().analyze(ray.data.from_items(rows[::-1]), model=MODEL).take_all()
    (mute,) = [row for row in found if row["conversation"] == "mute"]
    assert "at least one utterance with text" in mute["error"]
    whole = [row for row in found if row["conversation"] == conversations[1].id]
    expected = analyze(conversations[1], model=load_model(MODEL)).to_rows()
    assert [{k: v for k, v in row.items() if k != "error"} for row in whole] == expected


def heartsay_ray() -> Any:
    from heartsay import ray as room

    return room


def test_runs_of_a_study_are_tasks_of_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path))
    (tmp_path / "early").touch()
    failed = run_all(
        ["early", "a", "bad", "b", "worse"],
        work,
        is_done=lambda task: (tmp_path / task).exists(),
        needs=lambda task: {"b": ["a"], "worse": ["bad"]}.get(task, []),
        workers=2,
        report=lambda row: None,
        pool=partial(ray_pool, address=None),
    )
    assert failed == {"bad": "it is bad", "worse": "what it needs failed: it is bad"}
    assert (tmp_path / "b").read_text() == "a early"
