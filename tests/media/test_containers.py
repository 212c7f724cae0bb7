from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.recordings import record, tone

from heartsay.errors import InputError
from heartsay.media.containers import is_recording
from heartsay.media.sound import Sound, open_recording

NAMING_OTHERS = {
    "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:3,\n{}\n#EXT-X-ENDLIST\n",
    "a.mp4": "ffconcat version 1.0\nfile '{}'\n",
    "a.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    "a.mpd": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{}</BaseURL></MPD>',
    "a.pls": "[playlist]\nFile1={}\n",
}


@pytest.mark.parametrize("name", NAMING_OTHERS)
def test_what_names_other_files_is_refused_and_not_followed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = record(tmp_path / "other.mp3", tone(3))
    (tmp_path / name).write_text(NAMING_OTHERS[name].format(other))
    monkeypatch.setattr(socket, "socket", lambda *a: pytest.fail("connects"))
    with pytest.raises(InputError, match="names other files, and those are never followed"):
        open_recording(tmp_path / name)


def test_a_disguised_playlist_is_not_followed_either(tmp_path: Path) -> None:
    other = record(tmp_path / "other.mp3", tone(3))
    # A comment before the mark hides it from a look at the first bytes, not from the demuxer's probe.
    (tmp_path / "a.mp3").write_text(f"# list\nffconcat version 1.0\nfile '{other}'\n")
    with pytest.raises(InputError, match="cannot be decoded"):
        open_recording(tmp_path / "a.mp3")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"RIFF", "cannot be decoded"),
        (b"plainly no recording\n" * 99, "cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "cannot be decoded"),
        (np.random.default_rng(0).bytes(50_000), "cannot be decoded"),
    ],
)
def test_what_is_not_media_has_its_sentence(content: bytes, found: str, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.mp4: expected a recording .* found .*{found}"):
        open_recording(tmp_path / "a.mp4")


def test_a_film_without_its_index_is_called_cut_off(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.m4a", tone(3), 44_100).read_bytes()
    (tmp_path / "a.m4a").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cut off or damaged"):
        open_recording(tmp_path / "a.m4a")


def test_a_film_without_sound_says_so(tmp_path: Path) -> None:
    pictures = [np.full((48, 64, 3), 8 * k, np.uint8) for k in range(10)]
    record(tmp_path / "a.mp4", tone(1), pictures=pictures, silent=True)
    with pytest.raises(InputError, match="pictures without a sound track"):
        open_recording(tmp_path / "a.mp4")


def test_a_folder_and_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found a folder"):
        open_recording(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        open_recording(tmp_path / "http:" / "a.mp4")


def test_a_name_is_no_option_and_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "a.wav", tone(1)).rename("-i.wav")
    assert Sound(Path("-i.wav")).path.name == "-i.wav"
    assert open_recording("-i.wav").seconds == 1
    (tmp_path / "-i.wav").rename("concat:a|b.wav")
    assert open_recording("concat:a|b.wav").seconds == 1
    with pytest.raises(InputError, match="no such file"):
        open_recording("http://localhost/a.wav")


def test_names_of_recordings() -> None:
    assert is_recording("Meeting.MP4")
    assert is_recording(Path("a/b.m4a"))
    assert not is_recording("a.json")
