"""Chinese talk: the English model warns of it, and an encoder of the user's own learns it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.dummies.encoder import build_encoder, texts
from tests.dummies.model import model_folder

import heartsay
from heartsay.conversation import Conversation, Utterance
from heartsay.corpora import mecad
from heartsay.evidence.tokens import pack_text
from heartsay.runtime import Bundle
from heartsay.training.run_folder import RunFolder

WARNING = "Chinese, Japanese or Korean"

TALK = [
    ("小雨", "Neutral", "船九点开，我们还在等车。", []),
    ("老陈", "Surprise", "九点？现在已经八点半了！", [1]),
    ("小雨", "Fear", "糟了，我们会赶不上的。", [1, 2]),
    ("老陈", "Happy", "别怕，我叫的车到门口了。", [4]),
    ("小雨", "Happy", "太好了，快走吧！", [4]),
    ("老陈", "Sad", "可是我把钥匙丢了。", [6]),
    ("小雨", "Anger", "你怎么又丢钥匙？", [6]),
    ("老陈", "Disgust", "这地上真脏，我不想找。", [8]),
]


def write_mecad(path: Path, conversations: int) -> Path:
    """Files in MECAD's form whose words are our own; each begins at another turn of the talk."""
    document: dict[str, Any] = {}
    for number in range(conversations):
        turns = TALK[: len(TALK) - number % 3]
        document[f"lantern_{number}"] = [
            [
                {
                    "turn": k,
                    "speaker": speaker,
                    "utterance": text,
                    "emotion": emotion,
                    "utterance_name": f"lantern_{number}_{k}",
                    "expanded emotion cause evidence": causes,
                }
                for k, (speaker, emotion, text, causes) in enumerate(turns, 1)
            ]
        ]
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> list[Conversation]:
    folder = tmp_path_factory.mktemp("mecad")
    return mecad.read(write_mecad(folder / "valid.json", 8), "dev")


def test_the_english_model_warns_of_chinese_talk_and_of_no_other(talk: list[Conversation]) -> None:
    english = Conversation("kitchen", (Utterance("1", "Ana", "The kettle is on, 船 or not."),))
    analyses = list(heartsay.analyze([talk[0], english], model=model_folder(), evidence="never"))
    assert [sum(WARNING in w for w in analysis.warnings) for analysis in analyses] == [1, 0]


@pytest.mark.timeout(300)
def test_the_guide_trains_and_exports_an_encoder_of_ones_own(
    talk: list[Conversation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (Path(__file__).parents[1] / "docs" / "causes.md").read_text(encoding="utf-8")
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "mecad" in block)
    spoken = [words for speaker, _, text, _ in TALK for words in (speaker, text)]
    encoder = build_encoder(tmp_path / "encoder", spoken=[*spoken, *texts()])
    (tmp_path / "data" / "mecad").mkdir(parents=True)
    write_mecad(tmp_path / "data" / "mecad" / "valid.json", 35)
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    named = 'encoder="hfl/chinese-macbert-base"'
    assert named in code
    quick = "epochs=3, encoder_learning_rate=1e-2, head_learning_rate=1e-2, batch_tokens=256"
    exec(code.replace(named, f"encoder={str(encoder)!r}, {quick}"), {})

    history = RunFolder(tmp_path / "runs" / "mecad").history()
    assert len(history) == 3
    assert history[-1]["emotion_loss"] < history[0]["emotion_loss"]
    loaded = Bundle.load(tmp_path / "runs" / "mecad" / "exported")
    assert loaded.language == "zh"
    assert pack_text(talk[0], loaded.tokenizer, loaded.tokens).unknown.max() == 0.0
    english = Bundle.load(model_folder())
    assert pack_text(talk[0], english.tokenizer, english.tokens).unknown.min() > 0.5
    analysis = heartsay.analyze(talk[0], model=loaded, evidence="never")
    assert not any(WARNING in w for w in analysis.warnings)
