"""Questions to results through the command line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.dummies.analysis import hostile, small
from tests.dummies.commands import one_sentence, run

pytest.importorskip("duckdb", reason="the extra query is not installed")

from heartsay.formats.analyses.parquet_table import write_parquet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_parquet([small(), hostile()], folder / "utterances.parquet")
    (folder / f"{small().conversation}.html").write_text("a report")
    return folder


def test_utterances_are_listed_with_time_and_report(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    ran = run("query", folder, "--emotion", "anger", "--at-least", "likely", "--since", "0.75")
    assert (ran.code, ran.err) == (0, "")
    (line,) = [line for line in ran.out.splitlines() if ".html" in line]
    assert f"{small().conversation}.html#u28" in line
    assert " 2:21 " in line


def test_json_and_csv_hold_the_same_rows(folder: Path) -> None:
    question = ("query", folder, "--emotion", "anger", "--by", "speaker")
    said = run(*question, "--json").said()
    assert said["columns"][:3] == ["speaker", "utterances", "of_all"]
    table = list(csv.DictReader(io.StringIO(run(*question, "--csv").out)))
    assert [row["speaker"] for row in table] == [row["speaker"] for row in said["rows"]]
    assert sum(row["utterances"] for row in said["rows"]) == sum(
        u.emotion.label == "anger" for a in (small(), hostile()) for u in a.utterances
    )


def test_sql_answers_with_whatever_it_makes(folder: Path) -> None:
    sql = "SELECT 1.5::DECIMAL(3, 1) AS d, DATE '2020-01-01' AS t, [1, NULL] AS l,"
    sql += " {\"a\": 1} AS s, 'nan'::DOUBLE AS n"
    (row,) = run("query", folder, sql, "--json").said()["rows"]
    assert row == {"d": "1.5", "t": "2020-01-01", "l": [1, None], "s": {"a": 1}, "n": None}
    assert "Nothing." in run("query", folder, "SELECT 1 WHERE false").out
    assert "and 60 more rows" in run("query", folder, "FROM range(100)").out
    assert "p_anger" in run("query", folder, "DESCRIBE utterances").out


def test_a_text_does_not_steer_the_terminal(folder: Path) -> None:
    ran = run("query", folder, "SELECT chr(27) || '[31mred' || chr(10) || chr(8238) AS text")
    assert "[31mred" in ran.out
    assert not {"\x1b", "\u202e"} & set(ran.out)


def test_a_drawing_is_written(folder: Path, tmp_path: Path) -> None:
    ran = run("query", folder, "--plot", "flow", "--out", tmp_path / "flow.svg", "--json")
    assert (ran.code, ran.said()["written"]) == (0, str(tmp_path / "flow.svg"))
    assert "<svg" in (tmp_path / "flow.svg").read_text()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--emotion", "rage"), "expected one of anger, "),
        (("--speaker", "Nobody"), "--speaker: expected one of"),
        (("--conversation", "x"), "--conversation: expected one of"),
        (("--at-least", "sure"), "likely, or a number"),
        (("SELECT 1", "--emotion", "anger"), "SQL, or options"),
        (("--by", "speaker", "--causes"), "one of --by, --causes and --plot"),
        (("--csv", "--json"), "--csv or --json"),
        (("--plot", "flow"), "--plot with --out"),
        (("--out", "x.png"), "--plot with --out"),
        (("--plot", "flow", "--out", "x.gif"), "ends in .png, .svg, .pdf"),
        (("DROP VIEW utterances",), "one SELECT, found DROP"),
    ],
)
def test_what_cannot_be_answered_gets_one_sentence(
    folder: Path, options: tuple[str, ...], sentence: str
) -> None:
    ran = run("query", folder, *options)
    assert ran.code == 2
    assert one_sentence(ran)
    assert sentence in ran.err


def test_a_folder_without_results_gets_one_sentence(tmp_path: Path) -> None:
    ran = run("query", tmp_path)
    assert (ran.code, one_sentence(ran)) == (2, True)
    assert "--format parquet" in ran.err
