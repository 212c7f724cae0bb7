import csv

import pytest
from tests.formats.samples import analysis, controlled

from heartsay.errors import HeartsayError
from heartsay.formats import read_all
from heartsay.formats.analyses.csv_table import write_csv
from heartsay.formats.analyses.rows import COLUMNS, CONTROL


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_per_utterance_with_all_that_is_said_of_it(tmp_path):
    path = tmp_path / "utterances.csv"
    write_csv([analysis("a", [("1", "Hi,\nyou."), ("u 2", "Ho.")]), analysis("b", [("1", "So.")])], path)
    first, second, third = rows(path)
    assert list(first) == list(COLUMNS)
    assert (first["conversation"], first["utterance_id"], third["conversation"]) == ("a", "1", "b")
    assert (first["text"], first["start"], first["end"]) == ("Hi,\nyou.", "0.25", "")
    assert (first["label"], first["confidence"], first["set"]) == ("neutral", "0.7", "neutral surprise")
    assert (first["p_neutral"], first["p_anger"]) == ("0.7", "0.05")
    assert (second["abstain"], second["reason"]) == ("true", "the set holds more than one emotion")
    assert (first["abstain"], first["reason"]) == ("false", "")
    assert (first["own_context"], first["other_context"]) == ("-0.125", "")
    assert second["causes"] == "1:0.83 u%202:0.40"
    assert second["explanation"] == "It rests on u 2."


def test_what_spreadsheets_take_for_a_formula_is_disarmed(tmp_path):
    path = tmp_path / "utterances.csv"
    dangerous = ['=HYPERLINK("x")', "+1", "-yes", "@sum", "\tx", "＝1", "\u200b=1", " =1", "\ufeff＠sum"]
    write_csv([analysis("=a", [(str(n), text) for n, text in enumerate(dangerous)])], path)
    assert [row["text"] for row in rows(path)] == [f"'{text}" for text in dangerous]
    assert {row["conversation"] for row in rows(path)} == {"'=a"}
    assert rows(path)[0]["own_context"] == "-0.125"


def test_the_table_reads_back_as_conversations(tmp_path):
    path = tmp_path / "utterances.csv"
    write_csv([analysis(name, [("x", "Hi."), ("y", "Ho.")]) for name in ("a", "b")], path)
    found = list(read_all(path))
    assert [one.id for one in found] == ["utterances/a", "utterances/b"]
    assert [(item.id, item.text, item.emotion) for item in found[0].utterances] == [
        ("x", "Hi.", None),
        ("y", "Ho.", None),
    ]


def test_no_analyses_make_a_header_alone(tmp_path):
    write_csv([], tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().splitlines() == [",".join(COLUMNS)]


def test_a_failure_half_way_leaves_nothing(tmp_path):
    def broken():
        yield analysis("a", [("1", "Hi.")])
        raise HeartsayError("no more")

    with pytest.raises(HeartsayError, match="no more"):
        write_csv(broken(), tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []


def test_analyses_with_other_emotions_are_refused(tmp_path):
    other = analysis("b", [("1", "Hi.")])
    emotion = other.utterances[0].emotion.model_copy(update={"distribution": {"calm": 1.0}})
    other = other.model_copy(
        update={"utterances": [other.utterances[0].model_copy(update={"emotion": emotion})]}
    )
    with pytest.raises(HeartsayError, match=r"'b'.*calm.*table of its own"):
        write_csv([analysis("a", [("1", "Hi.")]), other], tmp_path / "x.csv")
    write_csv([other], tmp_path / "x.csv")
    assert "p_calm" in rows(tmp_path / "x.csv")[0]


def test_a_false_discovery_rate_has_columns_of_its_own_where_one_was_asked_for(tmp_path):
    analyses = [controlled(analysis(name, [("1", "Hi."), ("2", "Ho.")])) for name in ("a", "b")]
    write_csv(analyses, tmp_path / "x.csv")
    found = rows(tmp_path / "x.csv")
    assert list(found[0]) == [*COLUMNS, *CONTROL]
    assert list(found[0])[:-2] == list(COLUMNS)
    assert {(row["false_discovery_rate"], row["false_discovery_rule"]) for row in found} == {
        ("0.2", "conformal_risk_control")
    }


def test_one_table_does_not_mix_links_selected_in_two_ways(tmp_path):
    plain = analysis("a", [("1", "Hi.")])
    for first, second in ((plain, controlled(plain)), (controlled(plain), plain)):
        with pytest.raises(HeartsayError, match=r"'a'.*false discovery rate.*tables of their own"):
            write_csv([first, second], tmp_path / "x.csv")
