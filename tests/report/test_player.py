from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from tests.dummies.analysis import small

from heartsay.report import player
from heartsay.report.player import player_of
from heartsay.report.render import render_report, write_report


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "calls" / "a b#1.mp3"
    path.parent.mkdir()
    path.write_bytes(b"ID3\x03sound")
    return path


def test_a_page_links_its_recording_by_a_relative_path(tmp_path: Path, recording: Path) -> None:
    analysis = small().model_copy(update={"recording": str(recording)})
    (tmp_path / "out").mkdir()
    found = player_of(analysis, tmp_path / "out")
    assert found is not None
    assert found.source == "../calls/a%20b%231.mp3"
    assert not found.film
    assert json.loads(found.times) == [[u.start, u.end] for u in analysis.utterances]
    write_report(analysis, None, tmp_path / "out" / "page.html")
    page = (tmp_path / "out" / "page.html").read_text("utf-8")
    assert '<audio id="player" controls preload="metadata" src="../calls/a%20b%231.mp3"' in page
    assert "media-src 'self' file: data:;" in page


def test_a_page_holds_its_recording_if_asked(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = small().model_copy(update={"recording": str(recording)})
    found = player_of(analysis, recording.parent, "embed")
    assert found is not None
    assert found.source == f"data:audio/mpeg;base64,{base64.b64encode(recording.read_bytes()).decode()}"
    monkeypatch.setattr(player, "limit", lambda name: 3)
    linked = player_of(analysis, recording.parent, "embed")
    assert linked is not None
    assert linked.source == "a%20b%231.mp3"
    assert "too large" in (linked.note or "")


def test_without_a_recording_the_page_has_no_player(tmp_path: Path, recording: Path) -> None:
    analysis = small()
    assert player_of(analysis, tmp_path) is None
    page = render_report(analysis, None)
    assert 'id="player"' not in page
    assert "media-src" not in page
    with_one = analysis.model_copy(update={"recording": str(recording)})
    assert player_of(with_one, tmp_path, "none") is None
    recording.unlink()
    gone = player_of(with_one, tmp_path)
    assert gone is not None
    assert "was not at" in (gone.note or "")
    assert "was not at" in render_report(with_one, None, gone)
