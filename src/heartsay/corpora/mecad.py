"""MECAD: causes of emotions in 56 Chinese television series.

Files `{valid,test}.json`; see `cause_json` for the form. Each caused emotion also has a cause type, the
modalities that show the cause (t, a, v) and the confidence of three annotators from 1 to 5; these, the
annotators' tags and the video names are in the file and not read.
"""

from __future__ import annotations

from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.corpora.cause_json import read_cause_json
from heartsay.corpora.registry import Corpus, counts, register

LABELS = {
    "Neutral": "neutral",
    "Surprise": "surprise",
    "Fear": "fear",
    "Sad": "sadness",
    "Happy": "joy",
    "Disgust": "disgust",
    "Anger": "anger",
}
"""The file's names to MELD's."""


def read(path: Path, split: str) -> list[Conversation]:
    """Read one split's file. Conversation ids are the file's, utterance ids its `utterance_name`.

    Raises:
        InputError: the file breaks the form.
    """
    return read_cause_json(path, LABELS, id_field="utterance_name")


MECAD = register(
    Corpus(
        name="mecad",
        title="MECAD",
        language="Chinese",
        licence="none stated; research use",
        citation="""@inproceedings{liang-etal-2025-m3hg,
  title = {{M3HG}: Multimodal, Multi-scale, and Multi-type Node Heterogeneous Graph for Emotion Cause Triplet
           Extraction in Conversations},
  author = {Liang, Qiao and Shen, Ying and Chen, Tiantian and Zhang, Lin},
  booktitle = {Findings of the Association for Computational Linguistics: ACL 2025},
  year = {2025},
  pages = {11416--11431},
  doi = {10.18653/v1/2025.findings-acl.596},
}""",
        home="https://github.com/redifinition/M3HG",
        files={"dev": "valid.json", "test": "test.json"},
        expected={
            "dev": counts(126, 1168, 977, emotions=(424, 87, 25, 174, 159, 62, 237)),
            "test": counts(179, 1832, 1312, emotions=(760, 180, 28, 294, 204, 94, 272)),
        },
        read=read,
        notes="Acted Chinese television. Only the development and test files are known to this package.",
    )
)
