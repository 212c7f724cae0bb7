"""What a worker makes of a partition, without Ray: the same bytes as elsewhere, and what stops it."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.dummies.partitions import MODEL, SETTINGS, all_parts, folder_of, job, planned

from heartsay import demo
from heartsay.batch import analyze_into
from heartsay.errors import HeartsayError
from heartsay.formats import ReadFailure, read_many
from heartsay.pipeline import load_model
from heartsay.ray import Outcome, manifest, places, run, worker
from heartsay.ray.listing import entries
from heartsay.ray.places import Place
from heartsay.ray.plan import written
from heartsay.ray.tries import ALLOWED, Tries
from heartsay.ray.worker import Done, make_partition
from heartsay.recordings import Inputs


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
