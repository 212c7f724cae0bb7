"""A corpus in the form of ECEM, written for these tests, beside the talk in MELD's form that it explains."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from heartsay.corpora import ecem

HEAD = ["Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "StartTime", "EndTime"]
LONG = "We will never again take the night train through the mountains to the sea with him"


def row(clip: str, said: str, why: str, emotion: str = "anger") -> dict[str, object]:
    prompt = f"<video>\nExplain why the emotion of this statement is {emotion} <Mara: {said}>"
    turns = [{"from": "human", "value": prompt}, {"from": "gpt", "value": why}]
    return {"id": 0, "video": f"{clip}.mp4", "conversations": turns}


def write(root: Path, rows: object) -> None:
    (root / "ecem").mkdir(exist_ok=True)
    (root / ecem.FILE).write_text(json.dumps(rows), encoding="utf-8")
    (root / "meld").mkdir(exist_ok=True)
    talk = {
        "train": [("0", "0", "You sold it?"), ("0", "1", "My van!"), ("1", "0", LONG)],
        "test": [("0", "0", "How dare you!"), ("1", "0", LONG)],
    }
    for split, lines in talk.items():
        with (root / "meld" / f"{split}_sent_emo.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(HEAD)
            for dialogue, number, text in lines:
                table.writerow([text, "Mara", "anger", dialogue, number, "00:00:01,000", "00:00:02,000"])


def corpus(root: Path, dialogues: int = 24) -> None:
    """ECEM with a few explanations for each of some dialogues of two turns, a third of them for test."""
    things = ["van", "boat", "kettle", "float", "harbour", "garage"]
    rows, talk = [], {"train": [], "test": []}
    for number in range(dialogues):
        split = "test" if number % 3 == 2 else "train"
        thing = things[number % len(things)]
        said = [
            f"I sold the {thing} number {number} to a man from the garage.",
            f"You sold my {thing} {number}?",
        ]
        for place, (speaker, text) in enumerate(zip(("Ross", "Monica"), said, strict=True)):
            talk[split].append((str(number), str(place), text, speaker, ("joy", "anger")[place]))
        clip = f"{'t_' if split == 'test' else ''}{number}"
        rows += [
            row(
                f"{clip}_0",
                said[0],
                f"The reason he was happy was that he had sold the {thing} {number}.",
                "joy",
            ),
            row(f"{clip}_1", said[1], f"The reason she's angry is that Ross sold her {thing} {number}."),
        ]
    (root / "ecem").mkdir(parents=True, exist_ok=True)
    (root / ecem.FILE).write_text(json.dumps(rows), encoding="utf-8")
    (root / "meld").mkdir(exist_ok=True)
    for split, lines in talk.items():
        with (root / "meld" / f"{split}_sent_emo.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(HEAD)
            for dialogue, number, text, speaker, emotion in lines:
                table.writerow([text, speaker, emotion, dialogue, number, "00:00:01,000", "00:00:02,000"])
