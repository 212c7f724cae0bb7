from __future__ import annotations

import pytest

from heartsay.experiments.published import published
from heartsay.experiments.report_tables import Results, grid, lookup, published_cell, spread

KEY = ("meld-voices", "m3net", "cmerc", "development-selected")


@pytest.mark.parametrize(
    ("values", "planned", "expected"),
    [
        ([60.0, 62.0], 2, "61.00 ± 1.41 (2)"),
        ([60.0, 62.0], 5, "61.00 ± 1.41 (2 of 5)"),
        ([60.0], 5, "60.00 (1 of 5)"),
        ([60.0], 1, "60.00 (1)"),
        ([], 5, "no runs yet"),
        ([], 0, "-"),
        ([None, None], 2, "undefined"),
        ([60.0, None], 2, "60.00 (2, 1 undefined)"),
    ],
)
def test_a_cell_says_how_many_seeds_it_is_of(values: list[float | None], planned: int, expected: str) -> None:
    assert spread(values, planned) == expected


def test_a_cell_takes_only_its_own_rows() -> None:
    names = ("corpus", "model", "method", "protocol")
    rows = [{**dict(zip(names, KEY, strict=True)), "f1": 50.0, "shares": {"text": 1.0}}]
    rows += [{**dict(zip(names, (*KEY[:3], "test-selected"), strict=True)), "f1": 70.0, "shares": {}}]
    planned = {**dict(zip(names[:3], KEY[:3], strict=True)), "seeds": 1}
    results = Results({"rows": rows, "planned": [planned]})
    assert results.cell(KEY, "f1", 1) == "50.0 (1)"
    assert results.cell(KEY, "shares.text", 0) == "1 (1)"
    assert results.cell(KEY, "shares.face") == "undefined"
    assert results.cell(("meld-voices", "m3net", "crl", KEY[3]), "f1") == "-"


def test_lookup_leads_into_columns_of_several_numbers() -> None:
    assert lookup({"a": {"b": 3}}, "a.b") == 3.0
    assert lookup({"a": None}, "a.b") is None


def test_published_numbers_are_complete_and_marked_where_they_are_doubtful() -> None:
    told = published("cmerc")
    rows = told["rows"]
    by_table = {table: [r for r in rows if r["table"] == table] for table in "234567"}
    assert {t: len(r) for t, r in by_table.items()} == {"2": 8, "3": 2, "4": 17, "5": 14, "6": 16, "7": 9}
    assert all(len(row["values"]) == 7 for table in "56" for row in by_table[table])
    base = {(r["table"], r["corpus"]): r for r in rows if (r["model"], r["method"]) == ("m3net", "base")}
    for corpus in ("iemocap", "meld"):
        for metric in ("weighted_f1", "cel"):
            assert base["4", corpus]["values"][metric] == base["5", corpus]["values"][metric]
        assert base["3", corpus]["values"]["weighted_f1_at_0"] == base["5", corpus]["values"]["weighted_f1"]
    doubtful = next(r for r in by_table["6"] if r.get("approximate"))
    assert published_cell(doubtful, doubtful["approximate"][0]).startswith("~")
    assert published_cell(doubtful, "weighted_f1")[0] != "~"
    assert all(row["note"] for row in rows if row["model"] == "dialogue-rnn" and row["table"] == "6")
    assert "test split" in told["protocol"]


def test_grid_is_a_markdown_table() -> None:
    assert grid(("a", "b"), [("1", "2")]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |", ""]
