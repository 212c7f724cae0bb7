"""ECF 1.0: which utterance caused which emotion, over the series Friends.

Files `{train,dev,test}.txt` in the form that `formats.conversations.ecf_text` describes. The file
`all_data_pair_ECFvsMELD.txt` holds all conversations in the same form with the utterance's MELD id as its
last field, blank where it has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from heartsay.conversation import Conversation
from heartsay.corpora.refusal import refuse
from heartsay.corpora.registry import Corpus, counts, register, require_emotions
from heartsay.formats.conversations import ecf_text
from heartsay.formats.source import open_path

MAP_FILE = "all_data_pair_ECFvsMELD.txt"


def read(path: Path, split: str) -> list[Conversation]:
    """Read one split's file. Conversation ids are like `ecf_train_1`, utterance ids `1` to `n`.

    Times are seconds into the episode.

    Raises:
        InputError: the file breaks its form, or an utterance has no text or no label.
    """
    with open_path(path) as source:
        return [_in_split(conversation, split) for conversation in ecf_text.read(source)]


def _in_split(conversation: Conversation, split: str) -> Conversation:
    # The map to MELD counts positions, so nothing may be left out.
    for position, utterance in enumerate(conversation.utterances, start=1):
        if utterance.id != str(position):
            where = f"{conversation.source}, conversation {conversation.id}, utterance {position}"
            refuse(where, "an utterance with text", "none")
    return require_emotions(replace(conversation, id=f"ecf_{split}_{conversation.id}"))


def numbers(path: Path) -> Iterator[str]:
    """The conversations' numbers in a file of that form, in order; they are unique over all splits.

    Raises:
        InputError: the file breaks its form.
    """
    with open_path(path) as source:
        for conversation in ecf_text.read(source):
            yield conversation.id


def read_map(path: Path) -> dict[tuple[str, int], str]:
    """Read the map file: (conversation number, 0-based utterance index) to MELD id, where there is one.

    Raises:
        InputError: the file breaks its form.
    """
    known = set(numbers(path))
    mapping: dict[tuple[str, int], str] = {}
    number = ""
    with open_path(path) as source:
        for line in source.lines():
            head = ecf_text.HEADER.fullmatch(line)
            if head is not None and head[1] in known:
                number = head[1]
            elif " | " in line:
                fields = [field.strip() for field in line.split("|")]
                if fields[-1]:
                    mapping[number, int(fields[0]) - 1] = fields[-1]
    return mapping


ECF = register(
    Corpus(
        name="ecf",
        title="ECF 1.0",
        language="English",
        licence="GPL-3.0; research use only",
        citation="""@article{wang-etal-2023-mecpe,
  title = {Multimodal Emotion-Cause Pair Extraction in Conversations},
  author = {Wang, Fanfan and Ding, Zixiang and Xia, Rui and Li, Zhaoyu and Yu, Jianfei},
  journal = {IEEE Transactions on Affective Computing},
  volume = {14},
  number = {3},
  pages = {1832--1844},
  year = {2023},
  doi = {10.1109/TAFFC.2022.3226559},
}""",
        home="https://github.com/NUSTM/MECPE",
        files={split: f"{split}.txt" for split in ("train", "dev", "test")},
        expected={
            "train": counts(1001, 9966, 7055, emotions=(4389, 1365, 274, 789, 1708, 301, 1140)),
            "dev": counts(112, 1087, 866, emotions=(419, 168, 43, 117, 164, 34, 142)),
            "test": counts(261, 2566, 1873, emotions=(1121, 307, 56, 241, 429, 79, 333)),
        },
        read=read,
        notes=(
            "Acted American television, annotated anew from MELD's dialogues. Its splits cross MELD's: 11 "
            "training utterances are MELD test utterances. SemEval-2024 task 3 trains on all three splits."
        ),
    )
)
