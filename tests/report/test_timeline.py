from __future__ import annotations

import re
from itertools import pairwise

import pytest
from tests.dummies import analysis as dummies

from heartsay.analysis import Analysis
from heartsay.report.arcs import links
from heartsay.report.timeline import LETTER, PAUSE_ROOM, SIZES, draw

ALL = [dummies.small, dummies.one, dummies.long, dummies.untimed, dummies.all_abstaining, dummies.hostile]


@pytest.fixture(params=SIZES, ids=[size.name for size in SIZES])
def size(request):
    return request.param


@pytest.mark.parametrize("make", ALL, ids=[make.__name__ for make in ALL])
def test_everyone_is_drawn_once_inside_the_row(make, size) -> None:
    analysis: Analysis = make()
    timeline = draw(analysis, size)
    marks = [mark for system in timeline.systems for mark in system.marks]
    assert [mark.index for mark in marks] == list(range(len(analysis.utterances)))
    for system in timeline.systems:
        for mark in system.marks:
            assert timeline.gutter <= mark.x
            assert mark.x + mark.width <= size.width + 0.01
            assert mark.y >= 0
            assert mark.y + mark.height + size.foot <= system.height


def test_the_level_is_the_confidence(size) -> None:
    analysis = dummies.small()
    for system in draw(analysis, size).systems:
        for mark in system.marks:
            confidence = analysis.utterances[mark.index].emotion.confidence
            assert mark.fill == pytest.approx(mark.height * confidence)


def test_each_speaker_keeps_to_one_lane(size) -> None:
    analysis = dummies.small()
    for system in draw(analysis, size).systems:
        lanes = {lane.y: lane.speaker for lane in system.lanes}
        speakers = list(dict.fromkeys(u.speaker for u in analysis.utterances))
        assert len(lanes) == 3
        for mark in system.marks:
            assert speakers[lanes[mark.y + mark.height]] == analysis.utterances[mark.index].speaker


def test_with_many_speakers_a_row_shows_those_who_speak_in_it() -> None:
    spoken = [{"id": str(i), "speaker": f"S{i // 10}", "text": "Yes."} for i in range(200)]
    analysis = dummies._analysis("crowd", [dummies.utterance(i + 1, spoken, "joy", 0.5) for i in range(200)])
    systems = draw(analysis, SIZES[0]).systems
    assert len(systems) > 1
    for system in systems:
        assert {lane.speaker for lane in system.lanes} == {mark.index // 10 for mark in system.marks}


@pytest.mark.parametrize("make", [dummies.small, dummies.long])
def test_each_cause_is_an_arrow_or_two_stubs(make, size) -> None:
    analysis = make()
    systems = draw(analysis, size).systems
    row = {mark.index: k for k, system in enumerate(systems) for mark in system.marks}
    wanted = links(analysis)
    drawn = [arc.link for system in systems for arc in system.arcs]
    assert sorted(drawn) == sorted(link for link in wanted if row[link.cause] == row[link.emotion])
    stubs = {(s.index, s.arriving): s.others for system in systems for s in system.stubs}
    for link in wanted:
        if row[link.cause] != row[link.emotion]:
            assert link.cause in stubs[link.emotion, True]
            assert link.emotion in stubs[link.cause, False]
    assert sum(len(others) for others in stubs.values()) == 2 * (len(wanted) - len(drawn))


def test_arrows_start_at_the_cause_and_point_at_what_it_moved(size) -> None:
    for system in draw(dummies.long(60), size).systems:
        marks = {mark.index: mark for mark in system.marks}
        for arc in system.arcs:
            start = float(re.match(r"M([\d.-]+)", arc.path)[1])
            tip = float(re.match(r"M([\d.-]+)", arc.head)[1])
            cause, emotion = marks[arc.link.cause], marks[arc.link.emotion]
            assert cause.x <= start <= cause.x + cause.width
            assert emotion.x <= tip <= emotion.x + emotion.width


def test_a_surer_cause_is_a_thicker_and_darker_arrow() -> None:
    arcs = sorted(
        (arc for system in draw(dummies.small(), SIZES[0]).systems for arc in system.arcs),
        key=lambda arc: arc.link.confidence,
    )
    assert arcs[0].width < arcs[-1].width
    assert arcs[0].opacity < arcs[-1].opacity
    assert [arc.width for arc in arcs] == sorted(arc.width for arc in arcs)


def test_a_cause_outside_the_conversation_is_not_drawn() -> None:
    whole = dummies.small()
    part = whole.model_copy(update={"utterances": whole.utterances[9:]})
    assert "9" in {cause.utterance for u in part.utterances for cause in u.causes}
    assert all(link.cause >= 0 for link in links(part))
    assert draw(part, SIZES[0]).systems


def test_the_bundled_conversation_fits_one_wide_row() -> None:
    assert len(draw(dummies.small(), SIZES[0]).systems) == 1


def test_ticks_are_in_order_and_only_where_there_are_times(size) -> None:
    for system in draw(dummies.small(), size).systems:
        places = [tick.x for tick in system.ticks]
        assert places == sorted(places)
        assert len(places) >= 2
    assert not any(system.ticks for system in draw(dummies.untimed(), size).systems)


def test_a_silence_is_told_in_the_long_evening() -> None:
    told = [
        pause.text
        for system in draw(dummies.long(), SIZES[0]).systems
        for pause in system.pauses
        if pause.told
    ]
    assert told
    assert set(told) <= {"1:30", "1:31", "1:32"}


def test_of_silences_that_lie_close_together_the_longest_is_told() -> None:
    lengths = [2.5, 3.0, 9.0, 2.5, 3.0, 4.0]
    starts = [0.5 * k + sum(lengths[:k]) for k in range(len(lengths) + 1)]
    analysis = dummies.small()
    turns = [
        u.model_copy(update={"start": start, "end": start + 0.5})
        for u, start in zip(analysis.utterances, starts, strict=False)
    ]
    drawn = [draw(analysis.model_copy(update={"utterances": turns}), size) for size in SIZES]
    for size, system in ((timeline.size, system) for timeline in drawn for system in timeline.systems):
        told = [pause.x for pause in system.pauses if pause.told]
        assert all(b - a >= PAUSE_ROOM for a, b in pairwise(told))
        for pause in system.pauses:
            under_a_name = not size.gutter and pause.x - PAUSE_ROOM / 2 < 4 * LETTER  # Mara's
            assert pause.told != (under_a_name or any(0 < abs(pause.x - x) < PAUSE_ROOM for x in told))
    pauses = [[pause for system in timeline.systems for pause in system.pauses] for timeline in drawn]
    assert all("0:09" in [pause.text for pause in each if pause.told] for each in pauses)
    assert not all(pause.told for each in pauses for pause in each)
