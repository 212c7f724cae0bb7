"""Pictures out of a film: the middles of equal segments, and what cannot be decoded is said."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from heartsay.errors import InputError
from heartsay.media.pictures import Pictures
from heartsay.media.stills import segment_midpoints, stills


@pytest.mark.parametrize(
    ("frames", "wanted", "indices"),
    [(1, 4, [0]), (3, 4, [0, 1, 2]), (9, 4, [1, 3, 5, 7]), (100, 2, [25, 74])],
)
def test_frames_are_the_middles_of_equal_segments(frames: int, wanted: int, indices: list[int]) -> None:
    assert segment_midpoints(frames, wanted).tolist() == indices


def test_every_frame_is_there_once_and_in_order() -> None:
    for frames in range(1, 260, 7):
        found = segment_midpoints(frames, 100)
        assert len(found) == min(frames, 100)
        assert (found[1:] > found[:-1]).all()
        assert found[0] >= 0
        assert found[-1] < frames


def test_zero_frames_are_refused() -> None:
    with pytest.raises(InputError, match="a video with frames"):
        segment_midpoints(0, 10)


def film(path: Path, frames: int = 40, size: int = 32) -> Path:
    """A film whose pictures grow lighter, evenly."""
    av = pytest.importorskip("av", reason="PyAV, of the extra `media`, is not installed")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=20)
        stream.width = stream.height = size
        stream.pix_fmt, stream.gop_size = "yuv420p", 5
        for number in range(frames):
            picture = np.full((size, size, 3), (20 + 5 * number) % 256, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def test_pictures_are_those_in_the_middle(tmp_path: Path) -> None:
    found = stills(film(tmp_path / "film.mp4"), 4)
    assert found.pictures.shape == (4, 32, 32, 3)
    lightness = found.pictures.mean((1, 2, 3))
    wanted = [20 + 5 * k for k in segment_midpoints(40, 4)]
    assert np.abs(lightness - wanted).max() < 4
    assert found.warnings == ()
    assert len(stills(tmp_path / "film.mp4", 100).pictures) == 40


@pytest.mark.parametrize(("turn", "shape"), [(0, (36, 128, 3)), (90, (128, 36, 3)), (180, (36, 128, 3))])
def test_pictures_stand_upright_and_their_pixels_are_square(
    tmp_path: Path, turn: int, shape: tuple[int, ...]
) -> None:
    av = pytest.importorskip("av", reason="PyAV, of the extra `media`, is not installed")
    light = np.zeros((36, 64, 3), np.uint8)
    light[:, :32, 0] = 200
    with av.open(str(tmp_path / "turned.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2, 1)
        stream.set_display_rotation(turn)
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(light, format="rgb24")))
        container.mux(stream.encode(None))
    picture = stills(tmp_path / "turned.mp4", 1).pictures[0]
    assert picture.shape == shape
    red = {0: picture[:, :60], 90: picture[68:], 180: picture[:, 68:]}[turn]
    dark = {0: picture[:, 68:], 90: picture[:60], 180: picture[:, :60]}[turn]
    assert red[..., 0].mean() > 100 > dark.mean()
    grey = next(Pictures(tmp_path / "turned.mp4").of([(0.0, 1.0)])).grey
    assert grey.shape == shape[:2], "both ways of reading a film see the same"


def test_what_was_decoded_of_a_cut_film_is_used_and_said(tmp_path: Path) -> None:
    whole = film(tmp_path / "film.avi", frames=80)
    (tmp_path / "cut.avi").write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    found = stills(tmp_path / "cut.avi", 100)
    assert 10 < len(found.pictures) < 80
    assert "the file is cut off" in " ".join(found.warnings)


def test_sound_without_pictures_is_refused(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV, of the extra `media`, is not installed")
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        for packet in (*stream.encode(frame), *stream.encode()):
            container.mux(packet)
    with pytest.raises(InputError, match="a film with pictures"):
        stills(tmp_path / "sound.wav", 4)
