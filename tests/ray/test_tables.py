"""Tables of utterances, without Ray: conversations made whole from their rows, and what is refused."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.dummies.conversations import random_conversation
from tests.dummies.partitions import MODEL, SETTINGS, job, planned, rows_of

from heartsay.errors import InputError
from heartsay.pipeline import analyze, load_model
from heartsay.ray import buckets, tables
from heartsay.ray.listing import Entry, entries
from heartsay.ray.places import Place
from heartsay.ray.plan import Part
from heartsay.ray.reading import How, conversation_of
from heartsay.ray.worker import make_partition


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
