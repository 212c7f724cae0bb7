from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heartsay.errors import InputError, MissingDependencyError
from heartsay.media import read_audio, read_spans

soundfile = pytest.importorskip("soundfile", reason="the extra media is not installed")


def test_channels_become_their_mean(tmp_path: Path) -> None:
    left = np.linspace(-0.5, 0.5, 800, dtype=np.float32)
    soundfile.write(tmp_path / "a.wav", np.stack([left, np.zeros_like(left)], 1), 16000, subtype="FLOAT")
    samples, rate = read_audio(tmp_path / "a.wav")
    assert rate == 16000
    assert samples == pytest.approx(left / 2)


def test_ogg_is_decoded(tmp_path: Path) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 200 * np.arange(16000) / 16000)
    soundfile.write(tmp_path / "a.ogg", tone, 16000, format="OGG", subtype="VORBIS")
    samples, _ = read_audio(tmp_path / "a.ogg")
    assert np.corrcoef(samples, tone)[0, 1] > 0.99


@pytest.mark.parametrize("content", [b"", b"RIFF", b"plainly no audio" * 99])
def test_what_is_no_audio_has_its_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.ogg").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.ogg: expected an audio file .* cannot be decoded"):
        read_audio(tmp_path / "a.ogg")


def test_an_absent_file_has_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_audio(tmp_path / "a.wav")


def test_a_missing_decoder_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    with pytest.raises(MissingDependencyError, match=r"\.\[media\]"):
        read_audio(tmp_path / "a.wav")


def test_spans_are_what_the_whole_holds_there_and_what_lies_outside_is_cut_off(tmp_path: Path) -> None:
    whole = np.random.default_rng(0).uniform(-0.5, 0.5, (16000, 2)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", whole, 16000, subtype="FLOAT")
    spans = [(0.25, 0.5), (0.0, 0.1), (0.9, 5.0), (2.0, 3.0), (-1.0, 0.1)]
    parts, length = read_spans(tmp_path / "a.wav", spans)
    assert length == 1
    assert [len(samples) for samples, _ in parts] == [4000, 1600, 1600, 0, 1600]
    for (samples, rate), first in zip(parts, (4000, 0, 14400, 0, 0), strict=True):
        assert rate == 16000
        assert samples == pytest.approx(whole[first : first + len(samples)].mean(1))
