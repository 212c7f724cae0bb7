from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.dummies.recordings import record

from heartsay.corpora.crema_d import Clip
from heartsay.experiments.experts.composed_talk import compose
from heartsay.experiments.experts.speaker_release import card, write_speaker_graph
from heartsay.media import log_mel
from heartsay.models.speaker_network import SpeakerNetwork
from heartsay.recordings.encoder import SpeakerEncoder
from heartsay.recordings.speakers import Windows, turns
from heartsay.recordings.voice_activity import Stretch
from heartsay.runtime.graph import Graph


def clips(folder: Path) -> list[Clip]:
    found = []
    for actor in range(4):
        time = np.arange(16_000) / 16_000
        voice = 0.3 * np.sign(np.sin(2 * np.pi * (110 + 60 * actor) * time))
        silence = np.zeros(4_000)
        path = record(folder / f"{actor}.wav", np.concatenate([silence, voice, silence]))
        found.append(Clip(str(actor), str(actor), "male", "anger", (1, 0, 0, 0, 0, 0), 50.0, path))
    return found


def test_composed_talk_knows_who_speaks(tmp_path: Path) -> None:
    talk = compose(clips(tmp_path), 3, 9, seed=1)
    assert talk.speakers == len({name for *_, name in talk.turns}) == 3
    assert all(end - start == pytest.approx(1, abs=0.05) for start, end, _ in talk.turns)
    for start, end, _ in talk.turns:
        assert np.abs(talk.samples[round(start * 16_000) : round(end * 16_000)]).mean() > 0.3
    again = compose(clips(tmp_path), 3, 9, seed=1)
    assert np.array_equal(again.samples, talk.samples)
    with pytest.raises(ValueError, match="5 speakers of 4 actors"):
        compose(clips(tmp_path), 5, 9, seed=1)


def test_the_graph_gives_what_the_network_gives_and_tells_voices_apart(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = SpeakerNetwork((4, 4, 4), 8)
    write_speaker_graph(network, tmp_path / "model.onnx")
    encoder = SpeakerEncoder(
        "x", 0.5, 4.0, 0.0, Graph(tmp_path / "model.onnx", ("frames", "real"), ("vectors",))
    )
    talk = compose(clips(tmp_path), 2, 6, seed=0)
    spans = [Stretch(start, end) for start, end, _ in talk.turns]
    parts = [talk.samples[round(a * 16_000) : round(b * 16_000)] for a, b in spans]
    vectors = encoder.vectors(parts)
    frames = torch.from_numpy(log_mel(parts[0]))[None]
    with torch.inference_mode():
        own = network(frames, torch.ones(frames.shape[:2], dtype=torch.bool))
    assert vectors[0] == pytest.approx(own[0].numpy(), abs=1e-4)
    windows = Windows(encoder)
    for k, (span, part) in enumerate(zip(spans, parts, strict=True)):
        windows.add(k, span, part)
    found = turns(windows, spans, 2)
    names = [name for *_, name in talk.turns]
    assert [turn.speaker for turn in found] == [int(name != names[0]) for name in names]
    assert all(turn.confidence is not None and turn.confidence > 0.4 for turn in found)
    assert len({turn.speaker for turn in turns(windows, spans, 1)}) == 1


def test_the_card_has_a_row_for_each_condition() -> None:
    rows = {"clean": {"open": [10.0, 20.0], "known": [5.0, 5.0], "missed": [1.0, 2.0], "false": [0.0, 0.0]}}
    text = card("x", rows, SpeakerEncoder("x", 0.3, 1.0, 0.0, None))  # type: ignore[arg-type]
    assert "| clean | 15.0 ± 7.1 | 5.0 ± 0.0 | 1.5 | 0.0 |" in text
    assert "made up" in text
