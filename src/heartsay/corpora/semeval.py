"""SemEval-2024 Task 3 (ECF 2.0): causes of emotions over the series Friends, as the task hands them out.

Files `Subtask_2_{train,test}.json` in the form that `formats.conversations.semeval` describes. The
training file is all of ECF 1.0, its development and test splits too; the test file was annotated for the
task. Times and names of the video clips are in the file and not read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.corpora.registry import Corpus, counts, register, require_emotions
from heartsay.formats.conversations import semeval


def read(path: Path, split: str) -> list[Conversation]:
    """Read one split's file. Conversation ids are like `semeval_train_1`, utterance ids `1` to `n`.

    Raises:
        InputError: the file breaks its form, or an utterance has no label.
    """
    found = (c.conversation for c in semeval.read(path) if c.conversation is not None)
    return [require_emotions(replace(c, id=f"semeval_{split}_{c.id}")) for c in found]


SEMEVAL = register(
    Corpus(
        name="semeval",
        title="SemEval-2024 Task 3 (ECF 2.0)",
        language="English",
        licence="none stated; research use only",
        citation="""@inproceedings{wang-etal-2024-semeval,
  title = {{SemEval}-2024 Task 3: Multimodal Emotion Cause Analysis in Conversations},
  author = {Wang, Fanfan and Ma, Heqing and Yu, Jianfei and Xia, Rui and Cambria, Erik},
  booktitle = {Proceedings of the 18th International Workshop on Semantic Evaluation (SemEval-2024)},
  year = {2024},
  doi = {10.18653/v1/2024.semeval-1.277},
}""",
        home="https://github.com/NUSTM/SemEval-2024_ECAC",
        files={"train": "Subtask_2_train.json", "test": "Subtask_2_test.json"},
        expected={
            "train": counts(1374, 13619, 9794, emotions=()),
            "test": counts(341, 3101, 2462, emotions=()),
        },
        read=read,
        notes=(
            "The training file holds ECF 1.0 whole, so who trains on it has trained on ECF's test split. The "
            "counts are those that the task states, 1,715 conversations, 16,720 utterances and 12,256 pairs "
            "in all; emotions were not counted."
        ),
    )
)
