from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.recordings import record, tone

from heartsay.errors import InputError, MissingDependencyError
from heartsay.media import read_audio


def test_channels_become_their_mean_at_the_own_rate(tmp_path: Path) -> None:
    left = tone(0.5, rate=22_050)
    samples, rate = read_audio(record(tmp_path / "a.wav", np.stack([left, np.zeros_like(left)]), 22_050))
    assert rate == 22_050
    assert samples == pytest.approx(left / 2, abs=1e-4)


def test_an_absent_file_has_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_audio(tmp_path / "a.wav")


def test_a_missing_decoder_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingDependencyError, match=r"\.\[media\]"):
        read_audio(tmp_path / "a.wav")
