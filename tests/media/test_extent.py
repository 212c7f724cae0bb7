from __future__ import annotations

import numpy as np

from heartsay.media.extent import voice_extent


def test_the_room_around_a_quiet_voice_is_left_out() -> None:
    random = np.random.default_rng(0)
    level = random.normal(-40, 1, 100)
    level[30:70] = random.normal(-20, 2, 40)
    level[45:50] = -40  # a pause
    level[10] = -10  # a click
    assert voice_extent(level, 3) == slice(30, 70)
    assert voice_extent(level + 25, 3) == slice(30, 70)


def test_what_has_no_loud_part_is_kept_whole() -> None:
    assert voice_extent(np.full(20, -30.0), 3) == slice(0, 20)
    assert voice_extent(np.array([-30.0, -10.0]), 3) == slice(0, 2)
