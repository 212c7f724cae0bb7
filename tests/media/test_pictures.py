from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tests.dummies.recordings import record, tone

from heartsay.errors import InputError
from heartsay.limits import limit
from heartsay.media import open_recording
from heartsay.media.pictures import PER_SECOND, Pictures, merged


def greys(count: int, height: int = 36, width: int = 64) -> list[np.ndarray]:
    """Pictures that get lighter one by one."""
    return [np.full((height, width, 3), 40 + 4 * (k % 50), np.uint8) for k in range(count)]


def film(path: Path, seconds: float = 3.0, rate: int = 16) -> Path:
    return record(path, tone(seconds), pictures=greys(round(seconds * rate)), pictures_per_second=rate)


def test_so_many_pictures_a_second_each_at_its_time(tmp_path: Path) -> None:
    found = list(Pictures(film(tmp_path / "a.mp4")).of([(0.0, 1.0), (2.0, 3.0)]))
    times = np.array([picture.seconds for picture in found])
    assert len(found) == pytest.approx(2 * PER_SECOND, abs=2)
    assert not ((times > 1.0) & (times < 2.0)).any()
    light = [float(picture.grey.mean()) for picture in found]
    assert light == pytest.approx(list(40 + 4 * 16 * times), abs=6)
    assert found[0].grey.shape == (36, 64)


def test_pictures_whose_times_are_uneven_are_taken_by_their_times(tmp_path: Path) -> None:
    path, moments = tmp_path / "uneven.mkv", [0, 0.02, 0.04, 0.5, 0.9, 0.91, 0.92, 2.0]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=100)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for moment, picture in zip(moments, greys(8), strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = round(100 * moment)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = [picture.seconds for picture in Pictures(path).of([(0.0, 9.0)])]
    assert found == pytest.approx([0, 0.5, 0.9, 2.0], abs=0.01)


def test_long_stretches_that_nobody_asks_for_are_leapt_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(tmp_path / "long.mp4", tone(40), pictures=greys(50) * 4, pictures_per_second=5)
    film = Pictures(path)
    decoded = 0
    frames = film._frames

    def counted(*given: object) -> object:
        nonlocal decoded
        for frame in frames(*given):  # type: ignore[arg-type]
            decoded += 1
            yield frame

    monkeypatch.setattr(film, "_frames", counted)
    found = [picture.seconds for picture in film.of([(0.0, 0.5), (38.0, 39.0)])]
    assert [round(seconds, 1) for seconds in found] == [0, 0.2, 0.4, 38, 38.2, 38.4, 38.6, 38.8, 39.0]
    assert decoded < 60


def test_a_film_stands_upright_and_large_pictures_shrink(tmp_path: Path) -> None:
    tall = np.zeros((36, 64, 3), np.uint8)
    tall[:, :32] = 200
    path = tmp_path / "turned.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.set_display_rotation(90)
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(tall, format="rgb24")))
        container.mux(stream.encode(None))
    grey = next(Pictures(path).of([(0.0, 1.0)])).grey
    assert grey.shape == (64, 36)
    assert grey[40:].mean() > 100 > grey[:24].mean(), "what is at the left is shown at the foot"
    wide = record(
        tmp_path / "wide.mp4",
        tone(1),
        pictures=greys(4, 36, 2 * limit("picture_pixels")),
        pictures_per_second=4,
    )
    assert next(Pictures(wide).of([(0.0, 1.0)])).grey.shape == (18, limit("picture_pixels"))


def test_sound_alone_a_cover_and_what_is_no_film(tmp_path: Path) -> None:
    assert not list(Pictures(record(tmp_path / "a.wav", tone(1))).of([(0.0, 1.0)]))
    path = tmp_path / "covered.mp3"
    with av.open(str(path), "w") as container:
        track = container.add_stream("mp3", rate=16_000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 36, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(greys(1)[0], format="rgb24")
        container.mux(cover.encode(frame))
        container.mux(cover.encode(None))
        sound = av.AudioFrame.from_ndarray(
            (tone(1) * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        sound.sample_rate = 16_000
        container.mux(track.encode(sound))
        container.mux(track.encode(None))
    assert not open_recording(path).video
    assert not list(Pictures(path).of([(0.0, 1.0)]))
    (tmp_path / "b.mp4").write_bytes(b"no film" * 100)
    with pytest.raises(InputError, match="cannot be decoded"):
        list(Pictures(tmp_path / "b.mp4").of([(0.0, 1.0)]))


def test_damage_is_passed_over_and_said(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", 6.0)
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    path.write_bytes(content)
    found = list(Pictures(path).of([(0.0, 6.0)]))
    assert 0 < len(found) < 6 * PER_SECOND


def test_stretches_that_touch_become_one() -> None:
    assert merged([(3, 4), (0, 1), (1, 2), (3.5, 3.7)]) == [(0, 2), (3, 4)]
