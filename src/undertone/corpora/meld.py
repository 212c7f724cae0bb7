"""MELD: multi-party talk from the series Friends, seven emotions, text with speakers and times.

Files: `{train,dev,test}_sent_emo.csv` with the columns `Utterance, Speaker, Emotion, Dialogue_ID,
Utterance_ID, StartTime, EndTime` and others that are not read.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from undertone.conversation import EMOTIONS, Conversation, Utterance
from undertone.corpora.registry import Corpus, counts, register
from undertone.corpora.text import read_text
from undertone.errors import InputError

_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "StartTime", "EndTime")
_TIME = re.compile(r"(\d+):(\d+):(\d+)[,.](\d+)")


def read(path: Path, split: str) -> list[Conversation]:
    """Read one split's CSV file.

    Conversation ids are like `train_dia559`, utterance ids like `train_dia559_utt0`, unique over all splits.
    Times are seconds into the episode.

    Raises:
        InputError: a column is missing, a label is unknown, or an utterance id occurs twice.
    """
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""))
    missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise InputError(
            expected=f"the columns {', '.join(_COLUMNS)}",
            found=f"no {', '.join(missing)}",
            where=str(path),
            do="use the file as MELD publishes it",
        )
    dialogues: dict[str, dict[str, Utterance]] = {}
    for row in rows:
        where = f"{path}, line {rows.line_num}"
        dialogue = f"{split}_dia{row['Dialogue_ID']}"
        utterance = _utterance(row, f"{dialogue}_utt{row['Utterance_ID']}", where)
        turns = dialogues.setdefault(dialogue, {})
        if utterance.id in turns:
            raise InputError(
                expected="one row per utterance",
                found=f"{utterance.id} a second time",
                where=where,
                do="remove one of the rows",
            )
        turns[utterance.id] = utterance
    return [
        Conversation(id=dialogue, utterances=tuple(turns.values()), source=str(path))
        for dialogue, turns in dialogues.items()
    ]


def _utterance(row: dict[str, str], id_: str, where: str) -> Utterance:
    emotion, text = (row["Emotion"] or "").strip(), (row["Utterance"] or "").strip()
    if not text:
        raise InputError(
            expected="an utterance with text",
            found="none",
            where=where,
            do="use the file as MELD publishes it",
        )
    if emotion not in EMOTIONS:
        raise InputError(
            expected=f"an emotion ({', '.join(EMOTIONS)})",
            found=repr(emotion),
            where=where,
            do="use the file as MELD publishes it",
        )
    return Utterance(
        id=id_,
        speaker=row["Speaker"].strip(),
        text=text,
        start=seconds(row["StartTime"], where),
        end=seconds(row["EndTime"], where),
        emotion=emotion,
    )


def seconds(time: str | None, where: str) -> float:
    """A subtitle time such as `00:16:16,059` in seconds.

    Raises:
        InputError: not such a time.
    """
    match = _TIME.fullmatch((time or "").strip())
    if match is None:
        raise InputError(
            expected="a time like 00:16:16,059", found=repr(time), where=where, do="use the file as published"
        )
    hours, minutes, whole, fraction = match.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(f"{whole}.{fraction}")


MELD = register(
    Corpus(
        name="meld",
        title="MELD",
        language="English",
        licence="GPL-3.0",
        citation="""@inproceedings{poria-etal-2019-meld,
  title = {{MELD}: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations},
  author = {Poria, Soujanya and Hazarika, Devamanyu and Majumder, Navonil and Naik, Gautam and Cambria, Erik
            and Mihalcea, Rada},
  booktitle = {Proceedings of the 57th Annual Meeting of the Association for Computational Linguistics},
  year = {2019},
  pages = {527--536},
  doi = {10.18653/v1/P19-1050},
}""",
        home="https://affective-meld.github.io",
        files={split: f"{split}_sent_emo.csv" for split in ("train", "dev", "test")},
        expected={
            "train": counts(1038, 9989, None, emotions=(4710, 1205, 268, 683, 1743, 271, 1109)),
            "dev": counts(114, 1109, None, emotions=(470, 150, 40, 111, 163, 22, 153)),
            "test": counts(280, 2610, None, emotions=(1256, 281, 50, 208, 402, 68, 345)),
        },
        read=read,
        notes=(
            "Acted American television. The paper counts 1,039 training dialogues; the published file has no "
            "dialogue 60. One scene occurs in training (dialogue 12) and in test (dialogues 84 and 85)."
        ),
    )
)
