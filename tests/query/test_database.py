"""Results can be asked anything that reads them, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.dummies.analysis import hostile, small, untimed

pytest.importorskip("duckdb", reason="the extra query is not installed")

from heartsay.errors import InputError
from heartsay.formats.analyses.parquet_table import write_parquet
from heartsay.query import Question, Results, at_least, open_results

NO_REPORT = "no/report [1]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tables, one in a folder with a quote in its name; one conversation has a report."""
    root = tmp_path_factory.mktemp("results")
    first = small()
    write_parquet([first, first.model_copy(update={"conversation": NO_REPORT})], root / "utterances.parquet")
    (root / f"{first.conversation}.html").write_text("a report")
    other = root / "it's [a] folder"
    other.mkdir()
    write_parquet([first], other / "utterances.parquet")
    parquet.write_table(pa.table({"x": [1]}), root / "other.parquet")
    (root / "damaged.parquet").write_bytes(b"PAR1")
    (root / "secret.csv").write_text("a,b\n1,2\n")
    return root


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return open_results(folder)


def rows(results: Results, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
    return list(results.ask(sql, values).rows)


def test_tables_are_found_and_others_passed_over(results: Results) -> None:
    assert [str(path) for path in results.tables] == [
        "it's [a] folder/utterances.parquet",
        "utterances.parquet",
    ]
    assert [str(path) for path in results.passed_over] == ["damaged.parquet", "other.parquet"]
    assert rows(results, "SELECT count(*) FROM utterances") == [(3 * len(small()),)]


def test_an_utterance_has_its_place_and_its_report(results: Results) -> None:
    analysis = small()
    found = rows(
        results,
        "SELECT utterance_id, position, progress, report FROM utterances WHERE results = 'utterances.parquet'"
        " AND conversation = ? ORDER BY position",
        [analysis.conversation],
    )
    assert [row[0] for row in found] == [u.id for u in analysis.utterances]
    assert [row[1] for row in found] == list(range(1, len(found) + 1))
    assert found[0][2] == 0
    first, last = analysis.utterances[0], analysis.utterances[-1]
    assert found[-1][2] == pytest.approx((last.start - first.start) / (last.end - first.start))
    assert found[4][3] == f"{analysis.conversation}.html#u5"
    assert rows(results, "SELECT count(report) FROM utterances WHERE conversation = ?", [NO_REPORT]) == [(0,)]


def test_without_times_progress_counts_utterances(tmp_path: Path) -> None:
    analysis = untimed()
    write_parquet([analysis], tmp_path / "utterances.parquet")
    found = rows(open_results(tmp_path), "SELECT progress FROM utterances ORDER BY position")
    assert [row[0] for row in found] == [k / len(analysis) for k in range(len(analysis))]


def test_hostile_names_are_values_like_any_other(tmp_path: Path) -> None:
    analysis = hostile()
    write_parquet([analysis], tmp_path / "utterances.parquet")
    results = open_results(tmp_path)
    speaker = analysis.utterances[1].speaker
    found = rows(results, *Question(speaker=speaker).listed())
    assert [row[1] for row in found] == [u.id for u in analysis.utterances if u.speaker == speaker]


def test_causes_name_both_sides(results: Results) -> None:
    analysis = small()
    whole = [(u.id, c.utterance, c.confidence) for u in analysis.utterances for c in u.causes]
    sql = "SELECT utterance_id, cause, confidence FROM causes WHERE results = ? AND conversation = ?"
    assert sorted(rows(results, sql, ["utterances.parquet", analysis.conversation])) == sorted(whole)
    speaker = {u.id: (u.speaker, u.text) for u in analysis.utterances}
    for felt, who, cause, said, text in rows(
        results, "SELECT utterance_id, speaker, cause, cause_speaker, cause_text FROM causes"
    ):
        assert (who, (said, text)) == (speaker[felt][0], speaker[cause])


def test_conversations_are_counted(results: Results) -> None:
    analysis = small()
    sql = "SELECT utterances, speakers, left_open, report FROM conversations"
    sql += " WHERE conversation = ? AND results = ?"
    found = rows(results, sql, [analysis.conversation, "utterances.parquet"])
    open_ = sum(u.emotion.abstain for u in analysis.utterances)
    speakers = len({u.speaker for u in analysis.utterances})
    assert found == [(len(analysis), speakers, open_, f"{analysis.conversation}.html")]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY utterances TO '{folder}/written.csv'",
        "COPY (SELECT 1) TO '{folder}/written.csv'",
        "SELECT 1; DROP VIEW utterances",
        "DROP VIEW utterances",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO reports VALUES ('a', 'b', 'c')",
        "ATTACH '{folder}/written.db'",
        "EXPORT DATABASE '{folder}/written'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('{folder}/other.parquet')",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM query('COPY utterances TO ''{folder}/written.csv''')",
        "SELECT getenv('HOME')",
        "SELECT * FROM folder",
    ],
)
def test_nothing_else_is_read_and_nothing_is_written(results: Results, folder: Path, sql: str) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError):
        rows(results, sql.replace("{folder}", str(folder).replace("'", "''")))
    assert sorted(folder.rglob("*")) == before
    assert rows(results, "SELECT count(*) > 0 FROM utterances") == [(True,)]


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("", "expected one SELECT, found nothing"),
        ("SELEC 1", "syntax error"),
        ("SELECT labl FROM utterances", "DESCRIBE utterances"),
        ("SELECT * FROM utterance", "did you mean"),
        ("SELECT 'a'::INT", "Conversion Error"),
        ("SELECT ?", "the question"),
        ("SELECT list(i) FROM range(200000000) t(i)", "1,000 MB of memory"),
    ],
)
def test_what_cannot_be_answered_gets_a_sentence(results: Results, sql: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        rows(results, sql)
    assert "\n" not in str(caught.value)


def test_values_are_never_part_of_the_question(results: Results) -> None:
    for evil in ("x' OR '1'='1", "'; DROP VIEW utterances; --", 'a"b', "%"):
        question = Question(emotion=evil, speaker=evil, conversation=evil, containing=evil)
        for sql, values in (question.listed(), question.caused(), question.counted("speaker")):
            assert rows(results, sql, values) == []


@pytest.mark.parametrize("given", ["nowhere", "empty", "secret.csv", "other.parquet", "damaged.parquet"])
def test_what_holds_no_results_gets_a_sentence(folder: Path, tmp_path: Path, given: str) -> None:
    (tmp_path / "empty").mkdir()
    path = tmp_path / given if given in ("nowhere", "empty") else folder / given
    with pytest.raises(InputError, match="expected tables of results"):
        open_results(path)


def test_one_table_can_be_named(folder: Path) -> None:
    results = open_results(folder / "utterances.parquet")
    assert rows(results, "SELECT count(*) FROM conversations") == [(2,)]


def test_tables_with_other_emotions_stand_side_by_side(tmp_path: Path) -> None:
    write_parquet([small()], tmp_path / "utterances.parquet")
    table = parquet.read_table(tmp_path / "utterances.parquet").rename_columns({"p_disgust": "p_frustrated"})
    (tmp_path / "other").mkdir()
    parquet.write_table(table, tmp_path / "other" / "utterances.parquet")
    sql = (
        "SELECT results, count(p_disgust) > 0, count(p_frustrated) > 0 FROM utterances GROUP BY 1 ORDER BY 1"
    )
    found = rows(open_results(tmp_path), sql)
    assert found == [("other/utterances.parquet", False, True), ("utterances.parquet", True, False)]


def test_questions_count_and_list_what_is_meant(results: Results) -> None:
    analysis = small()
    last = max(u.end for u in analysis.utterances)
    meant = [
        u
        for u in analysis.utterances
        if u.emotion.label == "anger" and u.emotion.confidence >= 0.7 and u.start / last >= 0.75
    ]
    question = Question(
        emotion="anger", confidence=0.7, since=0.75, conversation=analysis.conversation, settled=True
    )
    assert meant
    here = [row for row in rows(results, *question.listed()) if row[-1] is not None]
    assert [row[1] for row in here] == [u.id for u in meant]
    counted = rows(results, *Question(emotion="anger").counted("speaker"))
    own = {
        s: [u for u in analysis.utterances if u.speaker == s]
        for s in {u.speaker for u in analysis.utterances}
    }
    for speaker, count, of_all, *_ in counted:
        assert count == 3 * sum(u.emotion.label == "anger" for u in own[speaker])
        assert of_all == 3 * len(own[speaker])
    assert sum(row[1] for row in counted) == 3 * sum(u.emotion.label == "anger" for u in analysis.utterances)


def test_a_confidence_is_a_word_or_a_number() -> None:
    assert (at_least("likely"), at_least("0.25")) == (0.5, 0.25)
    for wrong in ("certain", "1.5", "-1", "nan"):
        with pytest.raises(InputError, match="likely, or a number"):
            at_least(wrong)


def test_a_hundred_thousand_utterances_are_asked_in_seconds(tmp_path: Path) -> None:
    one = small()
    many = (one.model_copy(update={"conversation": f"c{k}"}) for k in range(100_000 // len(one)))
    write_parquet(many, tmp_path / "utterances.parquet")
    begun = time.monotonic()
    results = open_results(tmp_path)
    counted = rows(results, *Question(emotion="anger", since=0.75).counted("speaker"))
    assert counted[0][1] > 1000
    assert time.monotonic() - begun < 60
