"""RECCON, the DailyDialog part: causes of emotions in written everyday dialogues.

Files `dailydialog_{train,valid,test}.json`; see `cause_json` for the form. The spans of text that each
cause is narrowed to, the cause types and the annotators' remarks are in the file and not read.
"""

from __future__ import annotations

from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.corpora.cause_json import read_cause_json
from heartsay.corpora.registry import Corpus, counts, register

LABELS = {
    "neutral": "neutral",
    "surprise": "surprise",
    "surprised": "surprise",
    "fear": "fear",
    "sadness": "sadness",
    "sad": "sadness",
    "happiness": "joy",
    "happines": "joy",
    "happy": "joy",
    "excited": "joy",
    "disgust": "disgust",
    "anger": "anger",
    "angry": "anger",
}
"""The file's names (with its 15 stray spellings) to MELD's."""


def read(path: Path, split: str) -> list[Conversation]:
    """Read one split's file. Conversation ids are the file's, utterance ids the turn numbers `1` to `n`.

    Raises:
        InputError: the file breaks the form.
    """
    return read_cause_json(path, LABELS)


RECCON = register(
    Corpus(
        name="reccon",
        title="RECCON (DailyDialog part)",
        language="English",
        licence="none stated; research use",
        citation="""@article{poria-etal-2021-reccon,
  title = {Recognizing Emotion Cause in Conversations},
  author = {Poria, Soujanya and Majumder, Navonil and Hazarika, Devamanyu and Ghosal, Deepanway and
            Bhardwaj, Rishabh and Jian, Samson Yu Bai and Hong, Pengfei and Ghosh, Romila and Roy, Abhinaba
            and Chhaya, Niyati and Gelbukh, Alexander and Mihalcea, Rada},
  journal = {Cognitive Computation},
  volume = {13},
  pages = {1317--1332},
  year = {2021},
  doi = {10.1007/s12559-021-09925-7},
}""",
        home="https://github.com/declare-lab/RECCON",
        files={
            "train": "dailydialog_train.json",
            "dev": "dailydialog_valid.json",
            "test": "dailydialog_test.json",
        },
        expected={
            "train": counts(834, 8206, 7029, emotions=(3644, 366, 45, 212, 3557, 106, 276)),
            "dev": counts(47, 493, 328, emotions=(293, 18, 4, 23, 127, 2, 26)),
            "test": counts(225, 2405, 1767, emotions=(1306, 100, 25, 116, 677, 32, 149)),
        },
        read=read,
        notes=(
            "Written dialogues for learners of English, two speakers A and B. The files list 7,271, 347 and "
            "1,894 causes; a cause is listed once per span of text, so the distinct pairs are 7,029, 328 and "
            "1,767. Causes marked as background are no pair."
        ),
    )
)
