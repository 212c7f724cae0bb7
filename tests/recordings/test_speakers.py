from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsay.recordings import speakers
from heartsay.recordings.speakers import Windows, turns
from heartsay.recordings.voice_activity import Stretch


class Encoder:
    """Tells a voice by the mean of its samples; as sure as the lead is large."""

    threshold = 0.0

    def vectors(self, voices: list[NDArray[np.float32]]) -> NDArray[np.float64]:
        high = np.array([voice.mean() > 0 for voice in voices])
        return np.stack([high, ~high], 1).astype(np.float64)

    def confidence(self, lead: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1 / (1 + np.exp(-lead)))


def test_a_speaker_among_several_has_a_confidence_and_one_alone_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans = [Stretch(0, 2), Stretch(3, 5)]
    windows = Windows(Encoder())  # type: ignore[arg-type]
    for k, span in enumerate(spans):
        windows.add(k, span, np.full(32_000, 1.0 if k else -1.0, np.float32))
    groups = [0] * len(windows.span)
    monkeypatch.setattr(speakers, "cluster", lambda *_: np.array(groups))
    alone = turns(windows, spans)
    assert [(t.speaker, t.confidence) for t in alone] == [(0, None), (0, None)]
    groups = windows.span
    apart = turns(windows, spans)
    assert [t.speaker for t in apart] == [0, 1]
    assert all(t.confidence == pytest.approx(1 / (1 + np.exp(-1))) for t in apart)
