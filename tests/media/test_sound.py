from __future__ import annotations

import itertools
import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.dummies.recordings import av, click, record, tone

from heartsay.errors import InputError
from heartsay.media.sound import Sound, open_recording


def whole(sound: Sound) -> NDArray[np.float32]:
    return np.concatenate(list(sound.blocks()), 1)


def starts(samples: NDArray[np.float32]) -> float:
    """Seconds at which a click begins."""
    power = np.convolve(samples.astype(float) ** 2, np.ones(16), "same")
    return float(np.argmax(power > 0.1 * power.max())) / 16_000


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.wav", "pcm_u8", 8_000),
        ("a.wav", "pcm_s24le", 192_000),
        ("a.wav", "pcm_f32le", 22_050),
        ("a.mp3", "mp3", 44_100),
        ("a.m4a", "aac", 44_100),
        ("a.mp4", "aac", 48_000),
        ("a.ogg", "libopus", 48_000),
        ("a.webm", "libopus", 48_000),
        ("a.flac", "flac", 96_000),
        ("a.mkv", "aac", 44_100),
        ("a.mov", "pcm_alaw", 8_000),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_click_is_heard_when_it_was_made(
    name: str, codec: str, rate: int, channels: int, tmp_path: Path
) -> None:
    samples = np.repeat(click(4, 2, rate)[None], channels, 0)
    sound = Sound(record(tmp_path / name, samples, rate, codec=codec))
    found = whole(sound)
    assert starts(found[0]) == pytest.approx(2, abs=0.002)
    assert np.abs(found).max() == pytest.approx(0.7, abs=0.05)
    assert sound.seconds == pytest.approx(4, abs=0.05)
    assert sound.warnings == []


def test_eight_channels_are_their_mean_or_stay_apart(tmp_path: Path) -> None:
    rows = np.stack([tone(1, 300 + 100 * k, 192_000) for k in range(8)])
    path = record(tmp_path / "a.wav", rows, 192_000)
    apart = whole(Sound(path, apart=True))
    assert apart.shape == (8, 16_000)
    pitch = [np.abs(np.fft.rfft(row)).argmax() for row in apart]
    assert sorted(pitch) == [300 + 100 * k for k in range(8)]
    assert whole(Sound(path))[0] == pytest.approx(apart.mean(0), abs=1e-4)


def test_what_a_recording_says_of_itself(tmp_path: Path) -> None:
    pictures = [np.full((48, 64, 3), 8 * k, np.uint8) for k in range(20)]
    film = open_recording(record(tmp_path / "a.mp4", tone(2, rate=44_100), 44_100, pictures=pictures))
    assert (film.codec, film.rate, film.channels, film.video, film.tracks) == ("aac", 44_100, 1, True, 1)
    assert film.seconds == pytest.approx(2, abs=0.05)
    assert not open_recording(record(tmp_path / "a.mp3", tone(2))).video


def test_a_broken_tail_is_used_as_far_as_it_goes_and_said(tmp_path: Path) -> None:
    for name in ("a.mp3", "a.wav", "a.flac", "a.mkv"):
        path = record(tmp_path / name, tone(10) + 0.05 * np.random.default_rng(0).standard_normal(160_000))
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        sound = Sound(path)
        found = whole(sound)
        assert 4 < found.shape[1] / 16_000 < 6, name
        assert "breaks off after" in sound.warnings[0], name


def test_damage_in_the_middle_is_passed_over_and_time_goes_on(tmp_path: Path) -> None:
    samples = click(10, 8, 44_100) + 0.01 * np.random.default_rng(0).standard_normal(441_000)
    path = record(tmp_path / "a.m4a", samples, 44_100)
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 2] = np.random.default_rng(1).bytes(len(data) // 2 - len(data) // 3)
    path.write_bytes(data)
    sound = Sound(path)
    assert starts(whole(sound)[0]) == pytest.approx(8, abs=0.05)
    assert any("damaged packets" in sentence for sentence in sound.warnings)


def test_a_gap_in_the_time_stamps_is_silence(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        track = container.add_stream("flac", rate=16_000, layout="mono")
        for start in (0, 5):
            part = (tone(1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(part[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16_000, start * 16_000
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    sound = Sound(tmp_path / "a.mkv")
    found = whole(sound)[0]
    assert len(found) / 16_000 == pytest.approx(6, abs=0.3)
    assert np.abs(found[24_000:72_000]).max() == 0
    assert np.abs(found[82_000:90_000]).max() > 0.2
    assert [s for s in sound.warnings if "no sound was recorded for 4.0 s" in s]


def test_time_that_begins_anew_is_followed_and_said(tmp_path: Path) -> None:
    part = tmp_path / "part.ogg"
    record(part, click(3, 1, 48_000), 48_000, codec="libopus")
    joined = tmp_path / "joined.ogg"
    joined.write_bytes(part.read_bytes() * 3)
    sound = Sound(joined)
    found = whole(sound)
    assert found.shape[1] / 16_000 == pytest.approx(9, abs=0.1)
    assert [starts(third) for third in np.array_split(found[0], 3)] == pytest.approx([1] * 3, abs=0.05)
    assert any("the time of the sound begins anew 2 times" in warning for warning in sound.warnings)


def test_zero_seconds_are_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(b"")
    with pytest.raises(InputError, match=r"a\.wav: expected a recording .* zero seconds"):
        list(Sound(tmp_path / "a.wav").blocks())


def test_spans_come_in_one_pass_whatever_their_order(tmp_path: Path) -> None:
    samples = np.arange(80_000) / 80_000
    sound = Sound(record(tmp_path / "a.wav", samples))
    found = dict(sound.spans([(3, 4), (0.5, 4.5), (4.9, 7), (9, 10), (1, 1)]))
    assert [len(found[k]) for k in range(5)] == [16_000, 64_000, 1_600, 0, 0]
    assert found[0] == pytest.approx(samples[48_000:64_000], abs=1e-4)
    with pytest.raises(InputError, match="found 2 to 1"):
        list(sound.spans([(2, 1)]))


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    peaks = []
    for seconds in (60, 600):
        path = record(tmp_path / f"{seconds}.mp3", tone(seconds))
        tracemalloc.start()
        for _ in itertools.chain(Sound(path).spans([(k, k + 3) for k in range(0, seconds, 3)])):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]
