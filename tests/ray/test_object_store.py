"""Talk in a bucket, analysed into a bucket: an emulator of S3 on this machine, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import fs, parquet
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

from heartsay import formats
from heartsay.batch import Settings
from heartsay.errors import HeartsayError, InputError
from heartsay.pipeline import load_model
from heartsay.ray import How, manifest, tables
from heartsay.ray.listing import entries
from heartsay.ray.places import Place, listed, read_bytes, remove_folder
from heartsay.ray.plan import made, part_at, written
from heartsay.ray.worker import Job, make_partition

server = pytest.importorskip("moto.server", reason="moto[server], an emulator of S3, is not installed")

MODEL = str(model_folder())


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[fs.FileSystem]:
    emulator = server.ThreadedMotoServer("127.0.0.1", 0)
    emulator.start()
    host, port = emulator.get_host_and_port()
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    found = fs.S3FileSystem(allow_bucket_creation=True, endpoint_override=f"{host}:{port}", scheme="http")
    found.create_dir("talk")
    yield found
    emulator.stop()


def put(store: fs.FileSystem, path: str, content: bytes) -> None:
    with store.open_output_stream(path) as file:
        file.write(content)


def test_a_folder_and_a_table_in_a_bucket_become_partitions_there(
    store: fs.FileSystem, tmp_path: Path
) -> None:
    conversations = [random_conversation(seed, 3) for seed in range(4)]
    for c in conversations[:2]:
        put(store, f"talk/chats/{c.id}.json", formats.write(c, "json").encode())
    rows = [
        {"conversation": c.id, "utterance": u.id, "speaker": u.speaker, "text": u.text}
        for c in conversations[2:]
        for u in c.utterances
    ]
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(rows), sink)
    put(store, "talk/calls.parquet", sink.getvalue().to_pybytes())
    sources, here = ["s3://talk/chats", "s3://talk/calls.parquet"], tmp_path / "here"
    found = {}
    for out in (Place("s3://talk/results"), Place(str(here))):
        plan = made(out, {"sources": sources}, entries(sources, out=out), (), 1)
        assert written(out) == plan
        assert plan.table is not None
        unit = plan.table.units[0]
        assert tables.gather(unit, plan.table, out / "gathered") == 1
        model = load_model(MODEL)
        settings = Settings(0.9, "auto", ("parquet",))
        job = Job(
            out, MODEL, model.fingerprint, settings, How(), (out / f"gathered/{unit.number:06d}-000.arrow",)
        )
        for line in plan.lines:
            make_partition(part_at(out, *line), job, model)
        done = manifest.finished(out, len(plan.lines))
        assert sum(each.conversations for each in done.values()) == 4
        found[out] = [read_bytes(out / "partitions" / manifest.partition(n)) for n in range(len(plan.lines))]
    assert found[Place("s3://talk/results")] == found[Place(str(here))]
    remove_folder(Place("s3://talk/results"))
    assert listed(Place("s3://talk/results")) == {}


def test_a_bucket_that_is_absent_is_said(store: fs.FileSystem) -> None:
    with pytest.raises(HeartsayError, match="there is no such bucket"):
        remove_folder(Place("s3://absent/tries"))
    for source in ("s3://absent/talk", "s3://talk/absent"):
        with pytest.raises(InputError, match="nothing of that name"):
            list(entries([source]))
