"""ECEM: in words, why somebody in MELD feels what they feel (Wang et al. 2024, arXiv:2411.02430).

File: `ecem/train_data_just_reason.json`, the only one that is public: 5,837 explanations in the form of
LLaVA, `[{id, video, conversations: [{from: human, value}, {from: gpt, value}]}]`. The clip `D_U.mp4` is
utterance U of MELD's training dialogue D; `t_D_U.mp4` is one of MELD's **test** part, so that what is fitted
to all of ECEM has seen MELD's test. `split` takes the first for training and development, the second for
test.

No licence is stated: research use of one's own copy; nothing of its text may be passed on, nor a model that
was fitted to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.leaks import clean, describe
from heartsay.corpora.meld import MELD
from heartsay.corpora.mojibake import repair
from heartsay.corpora.refusal import parsed, refuse
from heartsay.corpora.registry import data_root, load
from heartsay.corpora.text import normalise
from heartsay.formats.source import open_path
from heartsay.labels import EMOTIONS
from heartsay.metrics.sentences import is_whole

FILE = "ecem/train_data_just_reason.json"
HOME = "https://github.com/3222345200/ECEMdataset"
ABSENT = "-1"
"""What stands where an explanation is missing."""

DEVELOPMENT = 10
"""Every how manieth training dialogue, by a hash of its id, is kept for development."""

ALIKE = 0.9
"""Share of characters from which two statements are the same one, transcribed twice."""

_PROMPT = re.compile(r"<video>\nExplain why the emotion of this statement is (\w+) <(.*?): (.*)>", re.DOTALL)
_CLIP = re.compile(r"(t_)?(\d+)_(\d+)\.mp4")


@dataclass(frozen=True)
class Explained:
    """One explanation.

    Attributes:
        clip: name of the video, without its suffix.
        utterance: MELD id, such as `train_dia480_utt5`.
        emotion: that is explained.
        statement: what was said, as this corpus writes it, repaired.
        explanation: in words, repaired.
        whole: whether it ends as a sentence does; about a quarter are cut off.
    """

    clip: str
    utterance: str
    emotion: str
    statement: str
    explanation: str
    whole: bool

    @property
    def conversation(self) -> str:
        """MELD id of the dialogue."""
        return self.utterance.rpartition("_utt")[0]


class Ecem(NamedTuple):
    """The explanations in three parts, with the talk that they are about.

    Attributes:
        train: of MELD's training dialogues.
        dev: of others of them.
        test: of MELD's test dialogues.
        talk: MELD's dialogues by id; no dialogue has explanations in two parts.
        dropped: rows left out, by reason.
        repaired: rows whose encoding was repaired.
    """

    train: tuple[Explained, ...]
    dev: tuple[Explained, ...]
    test: tuple[Explained, ...]
    talk: Mapping[str, Conversation]
    dropped: Mapping[str, int]
    repaired: int


def read(path: Path) -> tuple[list[Explained], Counter[str], int]:
    """The explanations of the public file, what was left out by reason, and how many were repaired.

    Left out are rows without an explanation, and those of neutral statements, which no feeling stands behind.

    Raises:
        InputError: the file breaks its form.
    """
    with open_path(path) as source:
        text = source.text()
    rows = parsed(text, path)
    if not isinstance(rows, list):
        refuse(path, "a list of rows", type(rows).__name__)
    found, dropped, repaired = [], Counter[str](), 0
    for number, row in enumerate(rows, 1):
        clip, emotion, statement, answer = _fields(row, f"{path}, row {number}")
        explanation = repair(answer).strip().removeprefix('"').removesuffix('"').strip()
        if explanation in (ABSENT, ""):
            dropped["no explanation"] += 1
        elif emotion == "neutral":
            dropped["neutral"] += 1
        else:
            repaired += repair(answer) != answer
            test, dialogue, utterance = clip
            name = f"{'test' if test else 'train'}_dia{dialogue}_utt{utterance}"
            whole = is_whole(explanation)
            found.append(
                Explained("_".join(filter(None, clip)), name, emotion, repair(statement), explanation, whole)
            )
    return found, dropped, repaired


def _fields(row: Any, where: str) -> tuple[tuple[str, str, str], str, str, str]:
    """The clip's parts, the emotion, the statement and the explanation of a row."""
    try:
        video, (asked, told) = row["video"], row["conversations"]
        prompt, answer = asked["value"], told["value"]
        clip, question = _CLIP.fullmatch(video), _PROMPT.fullmatch(prompt)
    except (KeyError, TypeError, ValueError):
        refuse(where, "video and conversations of two turns with a value", repr(row)[:60])
    if clip is None or not isinstance(answer, str):
        refuse(where, "a clip such as 480_5.mp4 or t_3_4.mp4, and an explanation", repr(video)[:60])
    if question is None or question[1] not in EMOTIONS:
        refuse(where, "Explain why the emotion of this statement is EMOTION <SPEAKER: WORDS>", prompt[-60:])
    return ((clip[1] or "").rstrip("_") and "t", clip[2], clip[3]), question[1], question[3], answer


def split(root: Path | None = None) -> Ecem:
    """ECEM joined to MELD's dialogues, in parts that share no dialogue and no scene.

    A row belongs to the utterance that its clip names, or, where that says something else, to the one of the
    same dialogue that says what the row does; in a few training dialogues the clips are counted otherwise.
    One is dropped where there is none, where MELD gives it another emotion, and, in training, where its talk
    is in MELD's test part too (by the rules of `leaks`; one scene of MELD is in both).

    Raises:
        InputError: a file is absent or not what it claims.
    """
    path = (root if root is not None else data_root()) / FILE
    if not path.is_file():
        refuse(path, "ECEM's public file", "no such file", f"download it from {HOME} (no licence is stated)")
    found, dropped, repaired = read(path)
    train, test = load(MELD, "train", root), load(MELD, "test", root)
    guarded = clean(train, describe(test)).conversations
    allowed = {u.id for c in (*guarded, *test) for u in c.utterances}
    talk = {c.id: c for c in (*train, *test)}
    parts: dict[str, list[Explained]] = {"train": [], "dev": [], "test": []}
    for row in found:
        utterance = _utterance_of(row, talk.get(row.conversation))
        if utterance is None:
            dropped["no such statement in MELD"] += 1
        elif utterance.emotion != row.emotion:
            dropped["another emotion in MELD"] += 1
        elif utterance.id not in allowed:
            dropped["talk of MELD's test part"] += 1
        else:
            parts[part_of(row)].append(replace(row, utterance=utterance.id))
    train_rows, dev_rows, test_rows = map(tuple, parts.values())
    return Ecem(train_rows, dev_rows, test_rows, talk, dict(dropped), repaired)


def _utterance_of(row: Explained, conversation: Conversation | None) -> Utterance | None:
    """What a row is about: what its clip names comes first among those that say the same."""
    if conversation is None:
        return None
    said = normalise(row.statement)
    named_first = sorted(conversation.utterances, key=lambda u: u.id != row.utterance)
    return next((u for u in named_first if _alike(normalise(u.text or ""), said)), None)


def _alike(one: str, other: str) -> bool:
    return one == other or SequenceMatcher(None, one, other).ratio() > ALIKE


def part_of(row: Explained) -> str:
    """`test` for clips of MELD's test part; of the others a tenth of the dialogues is `dev`."""
    if row.utterance.startswith("test_"):
        return "test"
    digest = blake2b(row.conversation.encode(), digest_size=8).digest()
    return "dev" if int.from_bytes(digest, "little") % DEVELOPMENT == 0 else "train"


def whole(rows: Iterable[Explained]) -> Sequence[Explained]:
    """Those that are not cut off."""
    return [row for row in rows if row.whole]
