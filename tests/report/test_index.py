from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dummies import analysis as dummies
from tests.report.test_render import Page

from heartsay.report import FailedEntry, IndexEntry, index_entry, render_index, write_index


def entry(number: int = 0, **changes: object) -> IndexEntry:
    made = IndexEntry(f"{number}.html", f"talk {number}", ["A", "B"], 7, {"joy": 4, "anger": 3}, 1, 0)
    return made._replace(**changes)  # type: ignore[arg-type]


def test_an_entry_sums_up_its_analysis() -> None:
    made = index_entry(dummies.small(), "harbour-pitch.html")
    assert made.speakers == ["Ines", "Theo", "Mara"]
    assert (made.utterances, made.left_open, made.warnings) == (28, 4, 0)
    assert made.counts["joy"] == 5


def test_a_table_row_links_to_each_report() -> None:
    html = "".join(
        render_index([index_entry(f(), f"{f.__name__}.html") for f in (dummies.small, dummies.long)])
    )
    page = Page(html)
    assert page.open == []
    assert [a["href"] for a in page.named("a")] == ["./small.html", "./long.html"]
    assert "neutral 7, joy 5, surprise 3" in html
    assert "2 conversations, 328 utterances." in html


def test_files_that_failed_are_listed_with_their_reason() -> None:
    html = "".join(render_index([entry(), FailedEntry("broken.csv", "expected <text>, found none")]))
    assert "expected &lt;text&gt;, found none" in html
    assert "1 conversation, 7 utterances; 1 file could not be read." in html


@pytest.mark.parametrize(
    ("href", "written"),
    [
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ('a"b c#?.html', "./a%22b%20c%23%3F.html"),
        ("deep/er.html", "./deep/er.html"),
        ("\udcff.html", "./%3F.html"),
    ],
)
def test_any_file_name_is_a_link_to_that_file_and_nothing_else(href: str, written: str) -> None:
    page = Page("".join(render_index([entry(href=href)])))
    assert [a["href"] for a in page.named("a")] == [written]


def test_what_people_are_called_is_never_markup() -> None:
    hostile = index_entry(dummies.hostile(), "x.html")
    page = Page(
        "".join(render_index([hostile, FailedEntry(dummies.HOSTILE, dummies.HOSTILE)], title=dummies.HOSTILE))
    )
    assert not page.named("script")
    assert not page.named("img")
    assert page.open == []


def test_labels_of_other_corpora_are_shown() -> None:
    html = "".join(render_index([entry(counts={"frustration": 3, "joy": 1})]))
    assert "frustration 3, joy 1" in html


def test_rows_are_written_as_they_come() -> None:
    taken = []

    def many() -> Iterator[IndexEntry]:
        for i in range(3):
            taken.append(i)
            yield entry(i)

    pieces = render_index(many())
    seen = ""
    while "talk 0" not in seen:
        seen += next(pieces)
    assert taken == [0]


def test_ten_thousand_rows_need_no_more_memory_than_a_few(tmp_path: Path) -> None:
    write_index([entry()], tmp_path / "index.html")
    tracemalloc.start()
    write_index((entry(i) for i in range(10_000)), tmp_path / "index.html")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000 < (tmp_path / "index.html").stat().st_size / 5
    assert [p.name for p in tmp_path.iterdir()] == ["index.html"]
