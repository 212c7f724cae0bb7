"""TextGrid and ELAN files: read, written, read again, and opened by praatio and pympi."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.formats.samples import KITCHEN, read_bytes, read_text, texts

from heartsay import formats
from heartsay.conversation import Event
from heartsay.errors import InputError

WITH_EVENT = replace(KITCHEN, events=(Event("[door]", 1, 1.8, 1.9),))
SHORT = """"ooTextFile"
"TextGrid"
0
4.1
<exists>
2
"IntervalTier"
"Mina"
0
4.1
2
0
2.4
"It ""broke"" again."
2.4
4.1
""
"TextTier"
"bells"
0
4.1
1
3.0
"ding"
"""
LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "Ana - words"
        xmin = 0
        xmax = 3
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = "hello"
        intervals [2]:
            xmin = 0.5
            xmax = 1
            text = "there"
        intervals [3]:
            xmin = 1
            xmax = 2.5
            text = ""
        intervals [4]:
            xmin = 2.5
            xmax = 3
            text = "bye"
    item [2]:
        class = "IntervalTier"
        name = "Ana - phones"
        xmin = 0
        xmax = 3
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 3
            text = "h"
    item [3]:
        class = "IntervalTier"
        name = "emotion"
        xmin = 0
        xmax = 3
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 1
            text = "joy"
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_the_short_form_in_praats_encodings(encoding: str) -> None:
    (found,) = read_bytes(SHORT.encode(encoding), "x.TextGrid")
    assert [(u.speaker, u.text, u.start, u.end) for u in found.utterances] == [
        ("Mina", 'It "broke" again.', 0.0, 2.4)
    ]


def test_words_of_an_aligner_are_put_together_at_pauses() -> None:
    (found,) = read_text(LONG, "x.TextGrid")
    assert [(*pair, u.emotion) for pair, u in zip(texts(found), found.utterances, strict=True)] == [
        *(("Ana", "hello there", "joy"), ("Ana", "bye", None))
    ]
    assert any("passed over: Ana - phones" in warning for warning in found.warnings)


@pytest.mark.parametrize(("form", "suffix"), [("textgrid", ".TextGrid"), ("eaf", ".eaf")])
def test_what_is_written_reads_back_with_labels_and_events(form: str, suffix: str) -> None:
    (back,) = read_text(formats.write(WITH_EVENT, form), f"x{suffix}")
    assert [replace(u, id="") for u in back.utterances] == [replace(u, id="") for u in KITCHEN.utterances]
    assert [(event.text, event.start, event.before) for event in back.events] == [("[door]", 1.8, 1)]


def test_praatio_and_pympi_open_what_is_written(tmp_path: Path) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    elan = pytest.importorskip("pympi.Elan")
    grid, annotations = tmp_path / "x.TextGrid", tmp_path / "x.eaf"
    grid.write_text(formats.write(WITH_EVENT, "textgrid"), encoding="utf-8")
    annotations.write_text(formats.write(WITH_EVENT, "eaf"), encoding="utf-8")
    opened = textgrid.openTextgrid(str(grid), includeEmptyIntervals=False)
    assert [entry.label for entry in opened.getTier("emotion@Ana").entries] == ["anger", "anger"]
    assert [entry.start for entry in opened.getTier("Ana").entries] == [0.5, 4.5]
    file = elan.Eaf(str(annotations))
    assert file.get_annotation_data_for_tier("Ana")[0] == (500, 1750, "Who finished the coffee?")
    assert [a[2] for a in file.get_annotation_data_for_tier("emotion@Ana")] == ["anger", "anger"]


def test_a_label_with_a_question_mark_is_no_gold() -> None:
    text = formats.write(KITCHEN, "textgrid").replace('text = "sadness"', 'text = "sadness?"')
    (found,) = read_text(text, "x.TextGrid")
    assert [u.emotion for u in found.utterances] == ["anger", "neutral", "anger", None]


EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="80"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="900"/></TIME_ORDER>
<TIER TIER_ID="ref@A" LINGUISTIC_TYPE_REF="r"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1"
 TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>001</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>
</ANNOTATION></TIER>
<TIER TIER_ID="tx@A" PARENT_REF="ref@A" LINGUISTIC_TYPE_REF="t"><ANNOTATION><REF_ANNOTATION
 ANNOTATION_ID="a2" ANNOTATION_REF="a1"><ANNOTATION_VALUE>It broke.</ANNOTATION_VALUE></REF_ANNOTATION>
</ANNOTATION><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="gone"><ANNOTATION_VALUE>Oh.
</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"""


def test_words_below_a_tier_of_references_and_annotations_that_refer_to_nothing() -> None:
    (found,) = read_text(EAF, "x.eaf")
    assert [(u.speaker, u.text, u.start, u.end) for u in found.utterances] == [
        *(("A", "It broke.", 0.08, 0.9), ("A", "Oh.", None, None))
    ]
    assert "1 annotations refer to one that is not there" in found.warnings[0]


BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><ANNOTATION_DOCUMENT>&y;</ANNOTATION_DOCUMENT>'


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (BOMB, "x.eaf", "without a document type"),
        ("<ANNOTATION_DOCUMENT><TIER>", "x.eaf", "a mistake"),
        ("<html/>", "x.eaf", "found <html>"),
        ("<ANNOTATION_DOCUMENT/>", "x.eaf", "a tier with what is said"),
        (LONG[:500], "x.TextGrid", "the end of the file"),
        ('"ooTextFile"\n"Pitch 1"\n', "x.TextGrid", "of the type 'Pitch 1'"),
        ("hello", "x.TextGrid", "the end of the file"),
    ],
)
def test_what_is_amiss_is_said(text: str, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_text(text, name)


def test_what_overlaps_within_a_speaker_is_cut_or_refused() -> None:
    first, second = KITCHEN.utterances[0], KITCHEN.utterances[2]
    cut = replace(KITCHEN, utterances=(first, replace(second, start=1.0)), pairs=None)
    (back,) = read_text(formats.write(cut, "textgrid"), "x.TextGrid")
    assert back.utterances[1].start == first.end
    with pytest.raises(InputError, match="within the time of another"):
        formats.write(replace(cut, utterances=(first, replace(second, start=1.0, end=1.5))), "eaf")


def test_a_label_that_begins_a_little_off_is_of_the_utterance_that_it_lies_over() -> None:
    text = LONG.replace(
        'xmin = 0\n            xmax = 1\n            text = "joy"',
        'xmin = 0.1\n            xmax = 1.1\n            text = "joy"',
    )
    assert text != LONG
    (found,) = read_text(text, "x.TextGrid")
    assert [u.emotion for u in found.utterances] == ["joy", None]
    assert not any("label" in warning for warning in found.warnings)


def test_a_label_of_no_utterance_is_told() -> None:
    text = LONG.replace(
        'xmin = 0\n            xmax = 1\n            text = "joy"',
        'xmin = 1.2\n            xmax = 2.4\n            text = "joy"',
    )
    (found,) = read_text(text, "x.TextGrid")
    assert [u.emotion for u in found.utterances] == [None, None]
    assert any("1 label" in w and "'joy' of emotion" in w for w in found.warnings)
    (found,) = read_text(LONG.replace('"emotion"', '"emotion@Bo"'), "x.TextGrid")
    assert [u.emotion for u in found.utterances] == [None, None]
    assert any("1 label" in w and "'joy' of emotion@Bo" in w for w in found.warnings)


def test_points_with_words_are_told() -> None:
    (found,) = read_text(SHORT, "x.TextGrid")
    assert any("passed over: bells" in warning for warning in found.warnings)
    with pytest.raises(InputError, match="found tiers with points"):
        read_text(
            '"ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n1\n"TextTier"\n"A"\n0\n1\n1\n0.5\n"hi"', "x.TextGrid"
        )


LABELLED = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="80"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="900"/></TIME_ORDER>
<TIER TIER_ID="Ana" PARTICIPANT="P1"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1"
 TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>It broke.</ANNOTATION_VALUE>
</ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="Bo" PARTICIPANT="P2"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2"
 TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>So what?</ANNOTATION_VALUE>
</ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="emotion@Ana" PARENT_REF="Ana"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3"
 ANNOTATION_REF="a1"><ANNOTATION_VALUE>anger</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"""
INDEPENDENT = (
    LABELLED.replace(' PARENT_REF="Ana"', "")
    .replace(
        'REF_ANNOTATION ANNOTATION_ID="a3"\n ANNOTATION_REF="a1"',
        'ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"',
    )
    .replace("</REF_ANNOTATION>", "</ALIGNABLE_ANNOTATION>")
)


@pytest.mark.parametrize(
    "text",
    [
        LABELLED,
        LABELLED.replace('"emotion@Ana"', '"emotion"'),
        INDEPENDENT,
        LABELLED.replace(' TIME_VALUE="80"', "").replace(' TIME_VALUE="900"', ""),
        LABELLED.replace(' PARTICIPANT="P1"', "").replace('"emotion@Ana"', '"emotion" PARTICIPANT="P1"'),
    ],
)
def test_labels_belong_to_whom_their_tier_depends_on_or_is_named_after(text: str) -> None:
    (found,) = read_text(text, "x.eaf")
    assert [u.emotion for u in found.utterances] == ["anger", None]
