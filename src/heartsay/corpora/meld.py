"""MELD: multi-party talk from the series Friends, seven emotions, text with speakers and times.

Files: `{train,dev,test}_sent_emo.csv` with the columns `Utterance, Speaker, Emotion, Dialogue_ID,
Utterance_ID, StartTime, EndTime` and others that are not read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.corpora.refusal import refuse
from heartsay.corpora.registry import Corpus, counts, register, require_emotions
from heartsay.formats.conversations import csv_table
from heartsay.formats.source import open_path

_COLUMNS = ("text", "speaker", "emotion", "conversation", "id", "start", "end")


def read(path: Path, split: str) -> list[Conversation]:
    """Read one split's CSV file.

    Conversation ids are like `train_dia559`, utterance ids like `train_dia559_utt0`, unique over all splits.
    Times are seconds into the episode.

    Raises:
        InputError: a column is missing, a label is missing or unknown, or an utterance id occurs twice.
    """
    with open_path(path) as source:
        _, header, columns = csv_table.read_header(source.head_text().partition("\n")[0])
        missing = [name for name in _COLUMNS if name not in columns]
        if missing:
            refuse(path, "MELD's columns", f"none for {', '.join(missing)} among {', '.join(header)}")
        return [_in_split(conversation, split) for conversation in csv_table.read(source)]


def _in_split(conversation: Conversation, split: str) -> Conversation:
    dialogue = f"{split}_dia{conversation.id}"
    utterances = tuple(replace(u, id=f"{dialogue}_utt{u.id}") for u in conversation.utterances)
    return require_emotions(replace(conversation, id=dialogue, utterances=utterances))


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
