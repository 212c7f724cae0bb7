"""`heartsay adapt`, what it writes and what it refuses, and `heartsay evaluate` on files."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest
from tests.dummies.conversations import random_conversation
from tests.dummies.model import build_model, model_folder

import heartsay
from heartsay import cli
from heartsay.errors import ModelError
from heartsay.pipeline import load_model
from heartsay.runtime.adaptation import read_adaptation

MODEL = str(model_folder())


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["heartsay", *arguments])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    out, err = capsys.readouterr()
    assert isinstance(exit_.value.code, int)
    assert "Traceback" not in err
    return exit_.value.code, out, err


def write_talk(
    path: Path,
    conversations: int,
    labels: tuple[str, ...] = ("Joyful", "mad", "neutral", "peaceful"),
    **more: object,
) -> str:
    """Talk as JSON Lines whose labels follow no reading at all; every fourth utterance has no label."""
    draw = random.Random(conversations)
    lines = []
    for number in range(conversations):
        talk = random_conversation(number, 6)
        turns = [
            {"id": u.id, "speaker": u.speaker, "text": u.text, "emotion": draw.choice(labels), **more}
            for u in talk.utterances
        ]
        turns[3]["emotion"] = None
        lines.append(json.dumps({"id": f"talk-{number}", "utterances": turns}))
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder that was adapted once, and what the command said."""
    root = tmp_path_factory.mktemp("adapted")
    talk = write_talk(root / "talk.jsonl", 12)
    with pytest.MonkeyPatch.context() as patch, (root / "said.json").open("w") as said:
        patch.setattr(sys, "argv", ["heartsay", "adapt", "--with", talk, "--model", MODEL, "--json"])
        patch.setattr(sys, "stdout", said)
        patch.chdir(root)
        with pytest.raises(SystemExit) as exit_:
            cli.main()
    assert exit_.value.code == 0
    return root / "adapted", (root / "said.json").read_text()


def test_it_says_what_it_read_and_what_changed(adapted: tuple[Path, str]) -> None:
    said = json.loads(adapted[1])
    assert said["fitted_on"]["conversations"] == 12
    assert set(said["cross_validated"]["before"]) == set(said["cross_validated"]["after"])
    # The labels have nothing to do with the readings, so confidence has to fall.
    before, after = (said["cross_validated"][when] for when in ("before", "after"))
    assert after["ece"] < before["ece"]
    assert after["negative_log_likelihood"] < before["negative_log_likelihood"]
    assert any("joyful as joy" in note and "mad as anger" in note for note in said["warnings"])
    assert any("peaceful" in note and "unlabelled" in note for note in said["warnings"])
    assert said["weight_by_emotion"]["joy"] > said["weight_by_emotion"]["fear"]


def test_the_folder_holds_nothing_of_the_talk(adapted: tuple[Path, str]) -> None:
    words = {
        w for n in range(12) for u in random_conversation(n, 6).utterances for w in (u.text or "").split()
    }
    telling = [word for word in words if len(word) > 5]
    for path in adapted[0].iterdir():
        text = path.read_text("utf-8")
        assert "talk-" not in text
        assert not [word for word in telling if f" {word} " in text and word not in ("letter", "spider")]
        assert str(adapted[0].parent / "talk") not in text
    assert sorted(path.name for path in adapted[0].iterdir()) == [
        "adaptation.json",
        "calibration.json",
        "card.json",
        "reliability.html",
    ]
    page = (adapted[0] / "reliability.html").read_text("utf-8")
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<svg") == 2


def test_it_is_taken_like_a_model(adapted: tuple[Path, str]) -> None:
    base, own = load_model(Path(MODEL)), load_model(adapted[0])
    assert own.stamp.version.startswith(f"{base.stamp.version}+adapted.")
    assert own.fingerprint != base.fingerprint
    talk = random_conversation(99, 5)
    plain, fitted = (heartsay.analyze(talk, model=m) for m in (base, own))
    assert fitted.model == own.stamp
    assert [u.emotion.distribution for u in plain.utterances] != [
        u.emotion.distribution for u in fitted.utterances
    ]
    assert own.card is not None
    assert any("12 conversations of somebody's own" in limit for limit in own.card.limits)


def test_another_version_of_the_model_is_refused(adapted: tuple[Path, str], tmp_path: Path) -> None:
    stated = json.loads((adapted[0] / "adaptation.json").read_text())
    other = build_model(tmp_path / "other", seed=1)
    stated["base"]["model"] = str(other)
    for path in adapted[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "adaptation.json").write_text(json.dumps(stated))
    with pytest.raises(ModelError, match="was made for dummy 0"):
        load_model(tmp_path)
    stated["base"]["model"] = str(tmp_path / "gone")
    (tmp_path / "adaptation.json").write_text(json.dumps(stated))
    load_model.__globals__["_load_once"].cache_clear()
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(tmp_path)


@pytest.mark.parametrize("damage", ['{"format": 2}', "no JSON", '{"format": 1, "base": {}}'])
def test_a_damaged_adaptation_is_refused(tmp_path: Path, damage: str) -> None:
    (tmp_path / "adaptation.json").write_text(damage)
    with pytest.raises(ModelError, match=r"adaptation\.json"):
        read_adaptation(tmp_path)


def test_a_changed_calibration_is_refused(adapted: tuple[Path, str], tmp_path: Path) -> None:
    for path in adapted[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "calibration.json").open("a") as file:
        file.write(" ")
    with pytest.raises(ModelError, match=r"adaptation\.json says"):
        load_model(tmp_path)


def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    code, out, err = run(capsys, monkeypatch, "adapt", "--model", MODEL, *arguments)
    assert (code, out) == (2, "")
    return err


def test_what_cannot_be_adapted_to_is_refused_with_the_reason(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    adapted: tuple[Path, str],
) -> None:
    out = str(tmp_path / "out")
    nine = write_talk(tmp_path / "nine.jsonl", 9)
    assert "10 labelled conversations" in refused(capsys, monkeypatch, "--with", nine, "--out", out)
    unknown = write_talk(tmp_path / "unknown.jsonl", 12, ("flurb",))
    assert "flurb (60)" in refused(capsys, monkeypatch, "--with", unknown, "--out", out)
    one = write_talk(tmp_path / "one.jsonl", 12, ("joy",))
    assert "joy alone" in refused(capsys, monkeypatch, "--with", one, "--out", out)
    good = write_talk(tmp_path / "good.jsonl", 12)
    assert "already" in refused(capsys, monkeypatch, "--with", good, "--out", str(adapted[0]))
    assert "--with" in refused(capsys, monkeypatch, "--out", out)
    assert "nothing of that name" in refused(capsys, monkeypatch, "--with", "gone.csv", "--out", out)
    assert "rage" in refused(capsys, monkeypatch, "--with", good, "--out", out, "--label", "mad=rage")
    assert "NAME=EMOTION" in refused(capsys, monkeypatch, "--with", good, "--out", out, "--label", "mad")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    assert "notes.txt" in refused(capsys, monkeypatch, "--with", good, "--out", str(tmp_path / "taken"))
    assert not Path(out).exists()


def test_an_adapted_model_is_not_adapted_again(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    adapted: tuple[Path, str],
) -> None:
    good = write_talk(tmp_path / "good.jsonl", 12)
    arguments = ("adapt", "--with", good, "--out", str(tmp_path / "out"), "--model", str(adapted[0]))
    code, _, err = run(capsys, monkeypatch, *arguments)
    assert code == 2
    assert "adapted already" in err


def test_own_labels_and_several_files_and_a_replaced_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = write_talk(tmp_path / "first.jsonl", 6, ("flurb", "joy"))
    second = write_talk(tmp_path / "second.jsonl", 7, ("flurb", "glum"))
    names = tmp_path / "names.csv"
    names.write_text("flurb,anger\nglum,\n")
    out = str(tmp_path / "out")
    arguments = ("adapt", "--model", MODEL, "--out", out, "--labels", str(names), "--with", first, second)
    code, said, err = run(capsys, monkeypatch, *arguments)
    assert code == 0
    assert said.startswith("Measured on your")
    assert "flurb as anger" in err
    assert "no counterpart" not in err
    assert run(capsys, monkeypatch, *arguments)[0] == 2
    assert run(capsys, monkeypatch, *arguments, "--replace")[0] == 0


def test_a_guess_without_labels_says_that_it_is_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    talk = write_talk(tmp_path / "talk.jsonl", 12)
    out = tmp_path / "guess"
    code, said, _ = run(
        capsys, monkeypatch, "adapt", "--with", talk, "--model", MODEL, "--out", str(out), "--unlabelled"
    )
    assert code == 0
    assert said.startswith("A guess")
    own, base = load_model(out), load_model(Path(MODEL))
    assert own.calibration.emotions[0].prior is not None
    assert own.calibration.emotions[0].mixture == base.calibration.emotions[0].mixture
    assert own.card is not None
    assert "guess" in own.card.limits[-1]


def test_evaluate_measures_on_files(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    talk = write_talk(tmp_path / "talk.jsonl", 3)
    code, said, _ = run(capsys, monkeypatch, "evaluate", talk, "--model", MODEL, "--json")
    found = json.loads(said)
    assert code == 0
    assert found["conversations"] == 3
    assert 0 < found["n"] < 16
    assert not any("more than" in note for note in found["warnings"])
    code, said, _ = run(
        capsys, monkeypatch, "evaluate", talk, "--model", MODEL, "--json", "--limit", "evidence_utterances=1"
    )
    assert code == 0
    assert any(n.startswith("3 of 3 conversations have more than 1 ") for n in json.loads(said)["warnings"])
    votes = write_talk(tmp_path / "votes.jsonl", 3, votes=["joy", "anger"])
    code, said, _ = run(capsys, monkeypatch, "evaluate", votes, "--model", MODEL, "--json")
    found = json.loads(said)
    assert code == 0
    assert found["n"] == 18
    assert found["accuracy"] <= 50.0  # two annotators never agree, so no label can satisfy both
    assert found["floors"]["weighted_f1"] == {"always neutral": 0.0}
    agreed = write_talk(tmp_path / "agreed.jsonl", 3, votes=["joy", "joy"])
    code, said, _ = run(capsys, monkeypatch, "evaluate", agreed, "--model", MODEL, "--json")
    assert (code, json.loads(said)["n"]) == (0, 18)
    assert run(capsys, monkeypatch, "evaluate", "--model", MODEL)[0] == 2
    assert run(capsys, monkeypatch, "evaluate", talk, "--corpus", "meld")[0] == 2
