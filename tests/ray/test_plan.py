"""What is listed and how it is planned, without Ray."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs
from tests.dummies.partitions import all_parts, folder_of, planned

from heartsay.errors import HeartsayError, InputError
from heartsay.ray import places
from heartsay.ray.listing import Entry, entries
from heartsay.ray.places import Place
from heartsay.ray.plan import made, written


def test_outputs_within_a_source_are_passed_over(tmp_path: Path) -> None:
    folder_of(tmp_path / "chats", 1)
    (tmp_path / "chats" / "out").mkdir()
    (tmp_path / "chats" / "out" / "part.parquet").write_bytes(b"PAR1")
    for prefix in ("", "file://"):
        chats = f"{prefix}{tmp_path}/chats"
        found = [entry.label for entry in entries([chats], out=Place(f"{chats}/out"))]
        assert found == ["random-0"]


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
