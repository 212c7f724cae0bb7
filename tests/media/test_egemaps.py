from __future__ import annotations

import sys

import numpy as np
import pytest

from heartsay.errors import InputError, MissingDependencyError
from heartsay.media import egemaps as module


def test_without_opensmile_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    module._extractor.cache_clear()
    with pytest.raises(MissingDependencyError, match=r"\.\[acoustics\]"):
        module.egemaps(np.zeros(16000), 16000)


def test_pitch_of_a_tone() -> None:
    pytest.importorskip("opensmile", reason="the extra acoustics is not installed")
    module._extractor.cache_clear()
    time = np.arange(16000) / 16000
    tone = 0.1 * sum(np.sin(2 * np.pi * 200 * k * time) / k for k in range(1, 8))
    values = dict(zip(module.egemaps_names(), module.egemaps(tone, 16000).tolist(), strict=True))
    assert len(values) == 88
    assert values["F0semitoneFrom27.5Hz_sma3nz_amean"] == pytest.approx(12 * np.log2(200 / 27.5), abs=0.2)


def test_too_short_a_sound_is_refused() -> None:
    pytest.importorskip("opensmile", reason="the extra acoustics is not installed")
    with pytest.raises(InputError, match=r"0\.1 s or more"):
        module.egemaps(np.zeros(100), 16000)
