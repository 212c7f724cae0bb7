from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heartsay.corpora import check, drop_held_out, ecf_to_meld, load
from heartsay.corpora.leaks import clean, describe_splits
from heartsay.errors import InputError
from heartsay.formats import paired


def write(root: Path, split: str, document: list[dict[str, Any]]) -> None:
    folder = root / "semeval"
    folder.mkdir(exist_ok=True)
    (folder / f"Subtask_2_{split}.json").write_text(json.dumps(document), "utf-8")


def conversation(
    number: int, *turns: tuple[str, str], pairs: list[list[str]] | None = None
) -> dict[str, Any]:
    talk = [
        {"utterance_ID": k, "text": text, "speaker": "Ana", "emotion": emotion, "video_name": "x.mp4"}
        for k, (emotion, text) in enumerate(turns, 1)
    ]
    return {"conversation_ID": number, "conversation": talk, "emotion-cause_pairs": pairs or []}


def test_ids_say_the_split(tmp_path: Path) -> None:
    turns = [("neutral", "The boat leaves."), ("surprise", "Already?")]
    write(tmp_path, "test", [conversation(1375, *turns, pairs=[["2_surprise", "1"]])])
    (found,) = load("semeval", "test", tmp_path)
    assert (found.id, found.pairs) == ("semeval_test_1375", {(1, 0)})
    assert [(u.id, u.emotion) for u in found.utterances] == [("1", "neutral"), ("2", "surprise")]


def test_a_copy_without_labels_is_no_corpus(tmp_path: Path) -> None:
    bare = conversation(1, ("neutral", "The boat leaves."))
    del bare["conversation"][0]["emotion"]
    write(tmp_path, "test", [bare])
    with pytest.raises(InputError, match="an emotion"):
        load("semeval", "test", tmp_path)


def test_the_check_compares_what_is_counted(tmp_path: Path) -> None:
    for split in ("train", "test"):
        write(tmp_path, split, [conversation(1, ("neutral", "The boat leaves."))])
    report = check("semeval", tmp_path)
    assert [(c.split, c.what, c.expected) for c in report.comparisons if c.split == "test"] == [
        ("test", "conversations", 341),
        ("test", "utterances", 3101),
        ("test", "pairs", 2462),
    ]
    assert not report.ok


def test_held_out_talk_is_found_by_ecf_s_numbers(small_root: Path) -> None:
    # ECF's first conversation holds two test utterances of MELD, in words of its own.
    turns = [(u.emotion or "", f"{u.text} indeed") for u in load("ecf", "train", small_root)[0].utterances]
    write(small_root, "train", [conversation(1, *turns)])
    (left,) = drop_held_out(load("semeval", "train", small_root), root=small_root)
    assert [u.id for u in left.utterances] == ["1", "2", "3"]


def test_nothing_that_ecf_holds_out_is_left_of_the_training_file(real_root: Path, tmp_path: Path) -> None:
    for corpus in ("ecf", "meld"):
        if not (real_root / corpus).is_dir():
            pytest.skip(f"no folder {corpus} in HEARTSAY_DATA")
        (tmp_path / corpus).symlink_to(real_root / corpus)
    whole = [c for split in ("train", "dev", "test") for c in load("ecf", split)]
    made = [paired.from_conversation(c, id=int(c.id.rpartition("_")[2])) for c in whole]
    document = json.loads(paired.to_json(made))
    for entry, c in zip(document, whole, strict=True):
        for turn, utterance in zip(entry["conversation"], c.utterances, strict=True):
            turn["emotion"] = utterance.emotion
    (tmp_path / "semeval").mkdir()
    (tmp_path / "semeval" / "Subtask_2_train.json").write_text(json.dumps(document), encoding="utf-8")
    training = load("semeval", "train", tmp_path)
    assert (len(training), sum(map(len, training)), sum(len(c.pairs or ()) for c in training)) == (
        1374,
        13619,
        9794,
    )
    left = {c.id.rpartition("_")[2] for c in drop_held_out(training, root=tmp_path)}
    from_ecf = {c.id.rpartition("_")[2] for c in drop_held_out(load("ecf", "train"), root=tmp_path)}
    assert left == from_ecf
    assert clean(whole, describe_splits(root=tmp_path), ecf_to_meld(tmp_path)).dropped
