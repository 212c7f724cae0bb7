from __future__ import annotations

import re

import pytest
from tests.dummies import analysis as dummies

from heartsay.report.overview import HEIGHT, MOST_LANES, OTHERS, WIDTH, strip
from heartsay.report.palette import styles
from heartsay.report.render import NOT_READ, _labels

BAR = re.compile(r"M([\d.]+) ([\d.]+)v-([\d.]+)h([\d.]+)v\3z")


def bars(analysis) -> dict[tuple[str, bool], list[tuple[float, ...]]]:
    found = strip(analysis, styles(_labels(analysis)), NOT_READ)
    return {(b.css, b.open): [tuple(map(float, m)) for m in BAR.findall(b.path)] for b in found.bars}


def test_every_utterance_has_a_bar_in_the_lane_of_its_speaker_and_within_the_strip() -> None:
    analysis = dummies.long(120)
    every = [bar for group in bars(analysis).values() for bar in group]
    assert len(every) == 120
    names = dict.fromkeys(u.speaker for u in analysis.utterances)
    feet = {round((k + 1) * HEIGHT / len(names), 1) for k in range(len(names))}
    assert {foot for _, foot, _, _ in every} == feet
    assert all(x >= 0 and x + width <= WIDTH + 2 for x, _, _, width in every)
    assert all(0 < tall <= HEIGHT / len(names) for _, _, tall, _ in every)


def test_a_bar_is_as_tall_as_a_feeling_is_likely_and_in_the_colour_of_the_likeliest() -> None:
    analysis = dummies.small()
    style, found = styles(_labels(analysis)), bars(analysis)
    lane = HEIGHT / 3 - 3
    (anger,) = [u for u in analysis.utterances if u.id == "12"]
    likely = 1 - anger.emotion.distribution["neutral"]
    heights = [tall for _, _, tall, _ in found[style["anger"].css, False]]
    assert pytest.approx(lane * (0.1 + 0.9 * likely), abs=0.06) in heights
    opened = sum(len(group) for (_, is_open), group in found.items() if is_open)
    assert opened == sum(u.emotion.abstain for u in analysis.utterances)


def test_time_runs_evenly_along_it_and_middles_rise() -> None:
    found = strip(dummies.long(100), styles(_labels(dummies.long(100))), NOT_READ)
    assert found.timed
    assert found.middles == sorted(found.middles)
    steps = {round(b.at - a.at, 3) for a, b in zip(found.ticks, found.ticks[1:], strict=False)}
    assert len(steps) == 1
    assert found.ticks[0].text.endswith(":00") or found.ticks[0].at == 0


def test_without_times_utterances_lie_evenly() -> None:
    analysis = dummies.untimed()
    found = strip(analysis, styles(_labels(analysis)), NOT_READ)
    assert (found.timed, found.ticks) == (False, [])
    assert found.middles[1] - found.middles[0] == pytest.approx(WIDTH / 28)


def test_many_speakers_share_the_last_lane() -> None:
    whole = dummies.long(60)
    crowd = [u.model_copy(update={"speaker": f"S{i % 9}"}) for i, u in enumerate(whole.utterances)]
    found = strip(whole.model_copy(update={"utterances": crowd}), styles(_labels(whole)), NOT_READ)
    assert len(found.lanes) == MOST_LANES
    assert found.lanes[-1].text == OTHERS
