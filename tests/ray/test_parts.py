"""What workers and the one who asked do, without Ray."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import fs, parquet
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

from heartsay import cluster, demo, formats
from heartsay.batch import Settings, analyze_into
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError, InputError
from heartsay.formats import ReadFailure, read_many
from heartsay.pipeline import analyze, load_model
from heartsay.ray import Outcome, analyze_corpus, buckets, manifest, places, run, tables, worker
from heartsay.ray.listing import Entry, entries
from heartsay.ray.places import Place
from heartsay.ray.plan import Part, Plan, made, part_at, written
from heartsay.ray.reading import How, conversation_of, pieces_of, readers
from heartsay.ray.tries import ALLOWED, Tries
from heartsay.ray.worker import Done, Job, make_partition
from heartsay.recordings import Inputs, Listening

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


def test_a_partition_of_files_is_byte_for_byte_the_table_without_ray(tmp_path: Path) -> None:
    folder_of(tmp_path / "chats")
    out = tmp_path / "out"
    (part,) = all_parts(out, planned(out, tmp_path / "chats"))
    done = make_partition(part, job(out), load_model(MODEL))
    assert (done.conversations, done.utterances, done.failures) == (6, 30, [])
    analyze_into(tmp_path / "plain", read_many([tmp_path / "chats"]), load_model(MODEL), SETTINGS)
    found = (out / "partitions" / "part-000000.parquet").read_bytes()
    assert found == (tmp_path / "plain" / "utterances.parquet").read_bytes()


def test_a_recording_is_byte_for_byte_the_table_without_ray(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV, of the extra `media`, is not installed")
    bundled = Path(demo.__file__).parent
    (tmp_path / "calls").mkdir()
    for suffix in (".ogg", ".vtt"):
        shutil.copy(bundled / f"call-back{suffix}", tmp_path / "calls")
    folder_of(tmp_path / "calls/chats", 1)
    out, given = tmp_path / "out", [tmp_path / "calls"]
    plan = planned(out, *given)
    done = [make_partition(part, job(out), load_model(MODEL)) for part in all_parts(out, plan)]
    assert [each.failures for each in done] == [[], []]
    assert sum(each.utterances for each in done) == 11
    analyze_into(tmp_path / "plain", Inputs(given), load_model(MODEL), SETTINGS)
    found = parquet.read_table(out / "partitions").sort_by([("conversation", "ascending")])
    plain = parquet.read_table(tmp_path / "plain/utterances.parquet")
    assert found.equals(plain.sort_by([("conversation", "ascending")]))
    assert set(found.column("conversation").to_pylist()) == {"call-back", "chats/random-0"}
    named = [str(tmp_path / "calls" / f"call-back{suffix}") for suffix in (".ogg", ".vtt")]
    assert [entry.label for entry in entries(named)] == ["call-back"]


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


def test_outputs_within_a_source_are_passed_over(tmp_path: Path) -> None:
    folder_of(tmp_path / "chats", 1)
    (tmp_path / "chats" / "out").mkdir()
    (tmp_path / "chats" / "out" / "part.parquet").write_bytes(b"PAR1")
    for prefix in ("", "file://"):
        chats = f"{prefix}{tmp_path}/chats"
        found = [entry.label for entry in entries([chats], out=Place(f"{chats}/out"))]
        assert found == ["random-0"]


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


def bucketed(table: tables.Table, folder: Path) -> list[pa.Table]:
    files = [
        Place(str(folder / f"{unit.number:06d}-{piece:03d}.arrow"))
        for unit in table.units
        for piece in range(tables.gather(unit, table, Place(str(folder))))
    ]
    return [tables.bucket(number, files) for number in range(len(table.ends))]


def test_conversations_are_whole_however_their_rows_are_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "UNIT", 20)
    monkeypatch.setattr(tables, "BATCH", 7)
    conversations = [random_conversation(seed, 6) for seed in range(12)]
    rows = rows_of(conversations)
    random.Random(0).shuffle(rows)
    for name, some in (("a.parquet", rows[:40]), ("b.parquet", rows[40:])):
        parquet.write_table(pa.Table.from_pylist(some), tmp_path / name, row_group_size=30)
    table = tables.survey([Entry(str(tmp_path / n), n, 1) for n in ("a.parquet", "b.parquet")], (), 1)
    assert table.rows == 72
    ends = tuple(buckets.HASHES * n // 5 for n in range(1, 6))
    found = {}
    for rows_in in bucketed(replace(table, ends=ends), tmp_path / "gathered"):
        for name, talk in tables.talks(rows_in):
            assert name not in found
            assert name is not None
            found[name] = conversation_of(name, talk, How())[0]
    assert {c.id: [u.text for u in c.utterances] for c in conversations} == {
        name: [u.text for u in talk.utterances] for name, talk in found.items()
    }
    assert all("ordered by their start" in talk.warnings[0] for talk in found.values())


@pytest.mark.parametrize(("rows", "workers"), [(0, 1), (5, 2), (2_610, 1), (200_000, 2), (10**9, 1000)])
def test_first_and_last_buckets_are_small_and_all_rows_have_one(rows: int, workers: int) -> None:
    sizes = buckets.sizes_of(rows, workers)
    assert rows <= sum(sizes) < rows + len(sizes)
    assert max(sizes) <= buckets.ROWS[1]
    if rows > 1000:
        assert set(sizes[:workers] + sizes[-workers:]) == {buckets.FIRST}
        assert set(sizes[workers : 2 * workers]) == {2 * buckets.FIRST}


def test_first_partitions_of_files_are_small(tmp_path: Path) -> None:
    found = [Entry(f"/{n}.txt", str(n), 4096) for n in range(300)]
    plan = made(Place(str(tmp_path)), {"sources": ["/"]}, found, (), 2)
    assert [len(part.files) for part in all_parts(tmp_path, plan)] == [
        2,
        2,
        4,
        4,
        8,
        8,
        16,
        16,
        32,
        32,
        64,
        64,
        48,
    ]


def test_a_conversation_that_stands_together_keeps_its_order_and_kept_columns_stay_beside(
    tmp_path: Path,
) -> None:
    conversations = [random_conversation(seed, 4) for seed in range(3)]
    rows = [
        row | {"role": f"{row['conversation']} {row['utterance']}", "start": None}
        for row in rows_of(conversations)
    ]
    del rows[2]["text"]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    table = tables.survey([Entry(str(tmp_path / "t.parquet"), "t", 1)], ("role",), 1)
    unit = table.units[0]
    tables.gather(unit, table, Place(str(tmp_path / "g")))
    given = job(
        tmp_path / "out",
        gathered=(Place(str(tmp_path / "g/000000-000.arrow")),),
        kept=tables.kept_schema(table),
    )
    done = make_partition(Part(0, bucket=0), given, load_model(MODEL))
    assert (done.conversations, done.utterances, done.warned) == (3, 11, 1)
    assert "without text left out" in done.warnings[0]
    found = parquet.read_table(tmp_path / "out/partitions/part-000000.parquet")
    for row in found.to_pylist():
        assert row["role"] == f"{row['conversation']} {row['utterance_id']}"
    plain = list(analyze(conversations[1:], model=load_model(MODEL)))
    expected = pa.concat_tables([analysis.to_arrow() for analysis in plain])
    assert found.slice(3).drop_columns(["role"]).equals(expected)


def test_times_may_be_milliseconds_or_points_in_time(tmp_path: Path) -> None:
    for kind, values in (
        ("start_ms", [0, 1500, 2400]),
        ("start", [datetime(2024, 5, 1, 12, 0, second) for second in (0, 1, 2)]),
        ("begin", ["00:00:00", "00:01.0", "2.0"]),
    ):
        rows = {"conversation": [7, 7, 7], "text": ["One.", "Two.", "Three."], kind: values}
        parquet.write_table(pa.table(rows), tmp_path / "t.parquet")
        table = tables.survey([Entry(str(tmp_path / "t.parquet"), "t", 1)], (), 1)
        (rows_in,) = bucketed(table, tmp_path / kind)
        ((name, talk),) = tables.talks(rows_in)
        assert name == "7"
        items = conversation_of(name, talk, How())[0]
        starts = [u.start for u in items.utterances]
        assert starts == ([0.0, 1.5, 2.4] if kind == "start_ms" else [0.0, 1.0, 2.0])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"text": ["a"]}, "a column for the conversation"),
        ({"conversation": ["a"], "speaker": ["b"]}, "a column for the text"),
    ],
)
def test_a_table_without_the_columns_is_refused(
    tmp_path: Path, columns: dict[str, list[str]], said: str
) -> None:
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=said):
        planned(tmp_path / "out", tmp_path / "t.parquet")


def test_what_is_no_table_and_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "half.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="a Parquet table"):
        planned(tmp_path / "out", tmp_path / "half.parquet")
    with pytest.raises(InputError, match="nothing of that name"):
        planned(tmp_path / "out", tmp_path / "gone")
    with pytest.raises(InputError, match="nothing of that name"):
        planned(tmp_path / "out", f"file://{tmp_path}/gone")
    with pytest.raises(InputError, match="or an address such as"):
        planned(tmp_path / "out", "ftp9://somewhere/x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="expected conversations"):
        planned(tmp_path / "out", tmp_path / "empty")


def test_rows_without_a_conversation_are_said_and_a_column_of_another_kind_is_refused(tmp_path: Path) -> None:
    rows = pa.table({"conversation": ["a", None, None], "text": ["One.", "Two.", "Three."]})
    parquet.write_table(rows, tmp_path / "t.parquet")
    table = tables.survey([Entry(str(tmp_path / "t.parquet"), "t", 1)], (), 1)
    tables.gather(table.units[0], table, Place(str(tmp_path / "g")))
    given = job(tmp_path / "out", gathered=(Place(str(tmp_path / "g/000000-000.arrow")),))
    done = make_partition(Part(0, bucket=0), given, load_model(MODEL))
    assert done.conversations == 1
    assert "none in 2 rows" in done.failures[0][1]
    rows = rows.append_column("start", [["soon", "later", "now"]])
    parquet.write_table(rows, tmp_path / "t.parquet")
    with pytest.raises(InputError, match="times: seconds"):
        tables.gather(table.units[0], table, Place(str(tmp_path / "g")))


def test_who_dies_twice_by_itself_is_set_aside_and_the_rest_is_the_same(tmp_path: Path) -> None:
    folder_of(tmp_path / "chats", 4)
    out = tmp_path / "out"
    (part,) = all_parts(out, planned(out, tmp_path / "chats"))
    given, model = job(out), load_model(MODEL)
    make_partition(part, given, model)
    whole = parquet.read_table(out / "partitions")

    class DeadError(BaseException):
        pass

    calls = []

    def dies(items: Any, *rest: Any) -> Any:
        for result in real(items, *rest):
            if not isinstance(result, ReadFailure) and result[0].id == "random-2":
                calls.append(1)
                raise DeadError
            yield result

    real = worker.analyze_items
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "analyze_items", dies)
        for _ in range(1 + ALLOWED):
            with pytest.raises(DeadError):
                make_partition(part, given, model)
        done = make_partition(part, given, model)
    assert len(calls) == 1 + ALLOWED
    assert done.set_aside == ["random-2"]
    assert "random-2: expected a conversation that a worker survives" in done.failures[0][1]
    rest = parquet.read_table(out / "partitions")
    assert rest.equals(whole.filter(pa.compute.field("conversation") != "random-2"))
    assert not (out / "tries" / "000000").exists()


def test_one_death_costs_nothing(tmp_path: Path) -> None:
    folder_of(tmp_path / "chats", 3)
    out = tmp_path / "out"
    (part,) = all_parts(out, planned(out, tmp_path / "chats"))
    given, model = job(out), load_model(MODEL)
    make_partition(part, given, model)
    before = (out / "partitions/part-000000.parquet").read_bytes()
    Tries(given.out / worker.TRIES, 0)
    assert make_partition(part, given, model).set_aside == []
    assert (out / "partitions/part-000000.parquet").read_bytes() == before


def test_a_partition_is_not_begun_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartsay.ray.tries.MOST", 2)
    for _ in range(2):
        Tries(Place(str(tmp_path)), 3)
    with pytest.raises(HeartsayError, match="partition 3 was begun 2 times"):
        Tries(Place(str(tmp_path)), 3)


def test_only_whole_partitions_are_finished(tmp_path: Path) -> None:
    out = Place(str(tmp_path))
    for number in range(3):
        places.write_bytes(out / "partitions" / manifest.partition(number), b"1234")
        note = json.dumps(vars(Done(number, bytes=4))).encode()
        places.write_bytes(out / "notes" / f"{number:06d}.json", note)
    (tmp_path / "partitions" / manifest.partition(1)).write_bytes(b"12")
    (tmp_path / "notes" / "000002.json").unlink()
    assert list(manifest.finished(out, 3)) == [0]
    (tmp_path / "notes" / "000000.json").write_text("{")
    with pytest.raises(HeartsayError, match="did not write"):
        manifest.finished(out, 3)


class Locked(fs.FileSystemHandler):
    """A bucket to which nobody has rights."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith(("get_file_info", "open", "create", "delete", "move")):

            def refuse(*_: object) -> None:
                raise OSError("AWS Error ACCESS_DENIED during ListObjectsV2 operation: Access Denied")

            return refuse
        return super().__getattribute__(name)

    def get_type_name(self) -> str:
        return "locked"


def test_a_bucket_without_permission_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # The handler is abstract; what it refuses is answered above.
    Locked.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]
    locked = fs.PyFileSystem(Locked())
    monkeypatch.setattr(places, "opened", lambda name: (locked, "bucket/key"))
    monkeypatch.setattr("heartsay.ray.listing.opened", lambda name: (locked, "bucket/key"))
    for act in (
        lambda: list(entries(["s3://bucket/key"])),
        lambda: places.write_bytes(Place("s3://bucket/key"), b""),
        lambda: places.listed(Place("s3://bucket/key")),
    ):
        with pytest.raises(HeartsayError, match=r"s3://bucket/key: no permission .*ACCESS_DENIED"):
            act()


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path / "chats", 1)
    out = tmp_path / "out"
    (part,) = all_parts(out, planned(out, tmp_path / "chats"))

    def full(*_: object) -> None:
        raise HeartsayError("no room left on the disk")

    monkeypatch.setattr(worker, "write_parquet", full)
    at_work = worker.Worker(job(out))
    answer = at_work.make(0, 1000, job(out))
    assert answer == {"number": part.number, "failed": "no room left on the disk"}
    assert not list((out / "partitions").iterdir())


def test_a_file_that_may_not_grow_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no limits of files")
    folder_of(tmp_path / "chats", 20)
    out = tmp_path / "out"
    (part, *_) = all_parts(out, planned(out, tmp_path / "chats"))
    at_work = worker.Worker(job(out))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        answer = at_work.make(*written_lines(out)[0], job(out))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer["number"] == part.number
    assert "file too large" in answer["failed"].lower()
    assert not list((out / "partitions").iterdir())
    assert not (out / "notes").exists()
    assert at_work.make(*written_lines(out)[0], job(out))["failures"] == []


def written_lines(out: Path) -> tuple[tuple[int, int], ...]:
    plan = written(Place(str(out)))
    assert plan is not None
    return plan.lines


def test_a_clock_that_is_set_meanwhile_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(10**9, 0, -(10**6)))
    monkeypatch.setattr("time.time", lambda: float(next(clock)))
    folder_of(tmp_path / "chats", 2)
    out = tmp_path / "out"
    (part,) = all_parts(out, planned(out, tmp_path / "chats"))
    done = make_partition(part, job(out), load_model(MODEL))
    assert 0 <= done.seconds < 60
    (out / "partitions/part-000000.parquet").touch()
    os.utime(out / "partitions/part-000000.parquet", (1.0, 1.0))  # before its own plan
    assert list(manifest.finished(Place(str(out)), 1)) == [0]
    told: list[dict[str, Any]] = []
    outcome = Outcome(Place(str(out)), of=4)
    counted = run._progress(outcome, time.monotonic(), told.append)
    outcome.count(done)
    counted()
    assert told[0]["left"] >= 0
    assert outcome.seconds is not None
    assert 0 <= outcome.seconds < 60


def test_files_are_listed_one_after_the_other(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(3):
            (tmp_path / folder / f"{number}.txt").write_text("A: Hi.", "utf-8")
    found = entries([str(tmp_path)])
    assert next(found).label == "a/0"
    shutil.rmtree(tmp_path / "b")  # it was not looked into yet
    assert next(found).label == "a/1"


def test_the_plan_that_is_there_is_followed(tmp_path: Path) -> None:
    folder_of(tmp_path / "chats", 3)
    out = tmp_path / "out"
    plan = planned(out, tmp_path / "chats")
    assert written(Place(str(out))) == plan
    (out / "plan" / "plan.json").write_text("{}")
    with pytest.raises(HeartsayError, match="is not a plan"):
        written(Place(str(out)))
    assert written(Place(str(tmp_path / "elsewhere"))) is None


def test_an_address_that_does_not_answer_is_said_soon() -> None:
    with pytest.raises(InputError, match="expected a Ray cluster that answers"):
        cluster.check_answers("127.0.0.1:1")
    with pytest.raises(InputError, match="HOST:PORT"):
        cluster.check_answers("ray://")
    with pytest.raises(InputError, match="HOST:PORT"):
        cluster.check_answers("host:port")


def test_what_is_no_ray_is_told_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(InputError, match="found timed out"):
            cluster.check_answers(address)

        def answer(content: bytes) -> Thread:
            def serve() -> None:
                line = server.accept()[0]
                line.recv(100)
                line.sendall(content)
                line.close()

            thread = Thread(target=serve)
            thread.start()
            return thread

        monkeypatch.setattr(cluster, "PATIENCE", 5.0)
        server.accept()[0].close()
        for content in (b"HTTP/1.1 400 Bad Request\r\n", b""):
            thread = answer(content)
            with pytest.raises(InputError, match="something that is no Ray"):
                cluster.check_answers(address)
            thread.join()
        thread = answer(bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
        cluster.check_answers(address)
        thread.join()


def test_where_ray_does_not_start_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray", reason="the extra `scale` is not installed")

    def init(**_: Any) -> None:
        raise Exception("The current node timed out during startup.\nMore.")  # as Ray does

    monkeypatch.setattr(ray, "init", init)
    message = r"started on this machine: The current node .* startup\. Other"
    with pytest.raises(HeartsayError, match=message), cluster.joined(None, 2, "1.2"):
        pass


def test_workers_of_another_version_are_refused_and_both_are_named() -> None:
    cluster.check_versions({"10.0.0.1": "1.2"}, "1.2")
    with pytest.raises(
        HeartsayError, match=r"heartsay 1\.2, but 10\.0\.0\.2 has heartsay 1\.1, 10\.0\.0\.3 has no"
    ):
        cluster.check_versions({"10.0.0.1": "1.2", "10.0.0.2": "1.1", "10.0.0.3": "none"}, "1.2")


def test_columns_that_cannot_be_kept_beside_results_are_refused(tmp_path: Path) -> None:
    rows = [{**row, "Label": "x", "date": "2026-01-01"} for row in rows_of([random_conversation(0, 3)])]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"not called as a column of the results is, found 'Label'"):
        tables.survey(list(entries([str(tmp_path / "a.parquet")])), ("Label",), 1)
    other = [{**row, "date": datetime(2026, 1, 1)} for row in rows]
    parquet.write_table(pa.Table.from_pylist(other), tmp_path / "b.parquet")
    both = list(entries([str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")]))
    with pytest.raises(InputError, match=r"column 'date' of one type in all tables.*found timestamp.*string"):
        tables.survey(both, ("date",), 1)
    assert tables.survey(both, (), 1).rows == 6


@pytest.mark.parametrize("rate", [None, 0.5])
def test_a_conversation_of_a_dataset_that_cannot_be_read_is_one_row_of_the_same_columns(
    rate: float | None,
) -> None:
    from heartsay.ray.dataset import _Analyzer

    analyzer = _Analyzer(MODEL, replace(SETTINGS, false_discovery_rate=rate))
    good = [{"conversation": "a", "speaker": "A", "text": "Oh no.", "start": "1"}]
    whole = analyzer(pa.Table.from_pylist(good))
    assert whole.column("error").to_pylist() == [None]
    bad = ({"start": "abc"}, {"start": None, "utterance": "²"}, {"text": ""}, {"conversation": None})
    for changes in bad:
        schema = pa.schema([(name, pa.string()) for name in (*good[0], "utterance")])
        row = analyzer(pa.Table.from_pylist([{**good[0], **changes}], schema))
        assert row.num_rows == 1
        assert row.column("error")[0].as_py()
        assert row.schema.names == whole.schema.names


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
