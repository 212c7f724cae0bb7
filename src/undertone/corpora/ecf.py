"""ECF 1.0: which utterance caused which emotion, over the series Friends.

Files `{train,dev,test}.txt` hold blocks of three parts: `number length`; the pairs
`(emotion,cause),...`, 1-based, a line that may be blank; then one line
`i | speaker | emotion | text | Friends_SxEy: start - end` per utterance. The file
`all_data_pair_ECFvsMELD.txt` holds the same blocks with the MELD id as the last field, blank where the
utterance has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from undertone.conversation import EMOTIONS, Conversation, Utterance
from undertone.corpora.registry import Corpus, counts, register
from undertone.corpora.text import read_text
from undertone.errors import InputError

MAP_FILE = "all_data_pair_ECFvsMELD.txt"

_HEAD = re.compile(r"(\d+)\s+(\d+)")
_PAIR = re.compile(r"\((\d+),(\d+)\)")
_SPAN = re.compile(r"\S+:\s*(\d+):(\d+):([\d.]+)\s*-\s*(\d+):(\d+):([\d.]+)")


@dataclass(frozen=True, slots=True)
class Block:
    """One conversation as the file has it.

    Attributes:
        number: the conversation's number, unique over all splits.
        pairs: 0-based (emotion utterance, cause utterance).
        rows: five fields per utterance: index, speaker, emotion, text, last field.
        line: line number of the block's head, 1-based.
    """

    number: int
    pairs: frozenset[tuple[int, int]]
    rows: tuple[tuple[str, str, str, str, str], ...]
    line: int


def blocks(path: Path) -> Iterator[Block]:
    """Parse a file of ECF blocks.

    Raises:
        InputError: the file breaks the block structure, with the line.
    """
    lines = read_text(path).splitlines()
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        head = _HEAD.fullmatch(lines[at].strip())
        if head is None:
            raise _error(path, at, "a line `number length`", repr(lines[at][:60]))
        length = int(head[2])
        if at + 2 + length > len(lines):
            raise _error(path, at, f"{length} utterances", "the end of the file")
        rows = tuple(_row(path, at + 2 + i, lines[at + 2 + i], i + 1) for i in range(length))
        yield Block(int(head[1]), _pairs(path, at + 1, lines[at + 1], length), rows, at + 1)
        at += 2 + length


def _pairs(path: Path, at: int, line: str, length: int) -> frozenset[tuple[int, int]]:
    if _PAIR.sub("", line).strip(" ,"):
        raise _error(path, at, "pairs such as (3,1),(4,1) or a blank line", repr(line[:60]))
    pairs = frozenset((int(emotion) - 1, int(cause) - 1) for emotion, cause in _PAIR.findall(line))
    if any(not 0 <= index < length for pair in pairs for index in pair):
        raise _error(path, at, f"utterance numbers from 1 to {length}", repr(line[:60]))
    return pairs


def _row(path: Path, at: int, line: str, number: int) -> tuple[str, str, str, str, str]:
    fields = [part.strip() for part in line.split("|")]
    if len(fields) != 5 or fields[0] != str(number):
        raise _error(path, at, f"`{number} | speaker | emotion | text | place`", repr(line[:60]))
    index, speaker, emotion, text, last = fields
    if not text:
        raise _error(path, at, "an utterance with text", "none")
    if emotion not in EMOTIONS:
        raise _error(path, at, f"an emotion ({', '.join(EMOTIONS)})", repr(emotion))
    return index, speaker, emotion, text, last


def _error(path: Path, at: int, expected: str, found: str) -> InputError:
    return InputError(
        expected=expected, found=found, where=f"{path}, line {at + 1}", do="use the file as ECF publishes it"
    )


def conversation_id(split: str, number: int) -> str:
    """Id of a conversation, such as `ecf_train_1`."""
    return f"ecf_{split}_{number}"


def read(path: Path, split: str) -> list[Conversation]:
    """Read one split's file. Conversation ids are like `ecf_train_1`, utterance ids `1` to `n`.

    Times are seconds into the episode.

    Raises:
        InputError: the file breaks the block structure.
    """
    return [
        Conversation(
            id=conversation_id(split, block.number),
            utterances=tuple(_utterance(row) for row in block.rows),
            pairs=block.pairs,
            source=str(path),
        )
        for block in blocks(path)
    ]


def _utterance(row: tuple[str, str, str, str, str]) -> Utterance:
    index, speaker, emotion, text, place = row
    span = _SPAN.fullmatch(place)
    start, end = (_seconds(*span.groups()[:3]), _seconds(*span.groups()[3:])) if span else (None, None)
    return Utterance(id=index, speaker=speaker, text=text, start=start, end=end, emotion=emotion)


def _seconds(hours: str, minutes: str, rest: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


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
