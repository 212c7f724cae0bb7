import pytest
from pyarrow import parquet
from tests.formats.samples import analysis, controlled

from heartsay.analysis import Conflict
from heartsay.errors import HeartsayError
from heartsay.formats.analyses import parquet_table
from heartsay.formats.analyses.parquet_table import write_parquet
from heartsay.formats.analyses.rows import BY_MODALITY, COLUMNS, CONTROL, utterance_rows


def test_the_rows_read_back_as_they_are(tmp_path):
    analyses = [analysis("a", [("1", "=Hi,\nyou."), ("u 2", "Ho.")]), analysis("b", [("1", "So.")])]
    write_parquet(analyses, tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet")
    assert table.column_names == list(COLUMNS)
    assert table.to_pylist() == list(utterance_rows(analyses))
    assert str(table.schema.field("causes").type).startswith(
        "list<element: struct<utterance: string not null"
    )
    assert table.to_pylist()[0]["causes"][0] == {"utterance": "1", "confidence": 0.834, "direction": "past"}


def test_row_groups_are_written_as_they_fill(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_table, "ROW_GROUP", 10)
    on_disk: list[int] = []

    def many():
        for number in range(25):
            on_disk.append(sum(path.stat().st_size for path in tmp_path.iterdir()))
            yield analysis(str(number), [("1", "Hi."), ("2", "Ho.")])

    write_parquet(many(), tmp_path / "x.parquet")
    with parquet.ParquetFile(tmp_path / "x.parquet") as file:
        groups = [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)]
    assert groups == [10] * 5
    assert on_disk[0] == 0
    assert 0 < on_disk[12] < on_disk[-1]


def test_no_analyses_make_an_empty_table(tmp_path):
    write_parquet([], tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet")
    assert (table.num_rows, table.column_names) == (0, list(COLUMNS))


def test_a_failure_half_way_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_table, "ROW_GROUP", 1)

    def broken():
        yield analysis("a", [("1", "Hi.")])
        yield analysis("b", [("1", "Hi.")])
        raise HeartsayError("no more")

    with pytest.raises(HeartsayError, match="no more"):
        write_parquet(broken(), tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_false_discovery_rate_reads_back(tmp_path):
    analyses = [controlled(analysis("a", [("1", "Hi."), ("2", "Ho.")]))]
    write_parquet(analyses, tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet")
    assert table.column_names == [*COLUMNS, *CONTROL]
    assert table.to_pylist() == list(utterance_rows(analyses))
    assert table.to_pylist()[1]["false_discovery_rate"] == 0.2


def test_voice_face_and_their_conflict_have_columns_that_are_empty_without_them(tmp_path):
    talk = analysis("a", [("1", "Hi."), ("2", "Ho.")])
    first, second = talk.utterances
    heard = first.model_copy(
        update={
            "by_modality": {"text": {"joy": 0.7, "anger": 0.3}, "voice": {"joy": 0.2, "anger": 0.8}},
            "conflict": Conflict(
                kind="words and voice",
                score=0.4,
                modalities=["text", "voice"],
                probability=0.6,
                flagged=True,
                follows="text",
            ),
        }
    )
    write_parquet([talk.model_copy(update={"utterances": [heard, second]})], tmp_path / "a.parquet")
    one, two = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert (one["voice_label"], one["voice_confidence"], one["face_label"]) == ("anger", 0.8, None)
    assert (one["conflict_between"], one["conflict_probability"]) == ("text voice", 0.6)
    assert one["conflict_follows"] == "text"
    assert {two[name] for name in BY_MODALITY} == {None}
