"""ECGF: causes of emotions as sentences, over ECF's dialogues.

Wang et al., "Observe before Generate: Emotion-Cause aware Video Caption for Multimodal Emotion Cause
Generation in Conversations", MM 2024. Home: https://huggingface.co/datasets/NUSTM/ECGF (`train.json`,
`dev.json`, `test.json`; GPL-3.0). The names of its own fields are not documented, so what is read here is
the form into which its makers' public code brings it: a list of

    {"emo_utt_id": "dia14utt4",
     "input": "question: Why does Monica feel anger in U4? \\\\ caption: ... \\\\ context: U1. <extra_id_1>
               <extra_id_51> Chandler: words | U2. ...",
     "output": "Chandler is smoking."}

where `<extra_id_k>` and `<extra_id_50+k>` are places for what is heard and seen in utterance k. The same
lines without JSON around them, one `input TAB output` a line, are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.refusal import parsed, refuse
from heartsay.formats.source import open_path

HOME = "https://huggingface.co/datasets/NUSTM/ECGF"
FORM = "question: Why does SPEAKER feel EMOTION in Uk? \\ caption: ... \\ context: U1. NAME: words | U2. ..."

_INPUT = re.compile(
    r"question: Why does (?P<who>.+?) feel (?P<emotion>\w+) in U(?P<number>\d+)\s*\?\s*"
    r"(?:\\+\s*caption:\s*(?P<caption>.*?)\s*)?\\+\s*context:\s*(?P<context>.*)",
    re.DOTALL,
)
_TURN = re.compile(r"U(\d+)\.\s*((?:<extra_id_\d+>\s*)*)(.*?):\s*(.*)", re.DOTALL)
_ID = re.compile(r"dia(\d+)utt(\d+)")


@dataclass(frozen=True)
class Generated:
    """One emotion and its cause in words.

    Attributes:
        id: such as `dia14utt4`; the line's number where there is none.
        window: the utterances that are given, in order; their ids are `U1`, `U2` and so on.
        place: index in the window of the utterance whose speaker feels something.
        emotion: what is felt.
        caption: what is seen, or "".
        cause: in words.
    """

    id: str
    window: Conversation
    place: int
    emotion: str
    caption: str
    cause: str

    @property
    def conversation(self) -> str | None:
        """The dialogue of its id, so that parts can be made that share none; None where the id has none."""
        found = _ID.fullmatch(self.id)
        return found and f"dia{found[1]}"


def read(path: Path) -> list[Generated]:
    """Read a file in either form.

    Raises:
        InputError: a row is of another form; says which.
    """
    with open_path(path) as source:
        text = source.text()
    if not text.lstrip().startswith("["):
        return [_of_line(line, number, path) for number, line in _lines(text)]
    rows = parsed(text, path)
    return [_of_row(row, f"{path}, row {number}", number) for number, row in enumerate(rows, 1)]


def _lines(text: str) -> Iterable[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _of_line(line: str, number: int, path: Path) -> Generated:
    given, tab, cause = line.rpartition("\t")
    where = f"{path}, line {number}"
    if not tab:
        refuse(where, "the input, a tab and the cause", repr(line)[:60])
    return _generated(str(number), given, cause, where)


def _of_row(row: Any, where: str, number: int) -> Generated:
    fields = row if isinstance(row, dict) else {}
    missing = [name for name in ("input", "output") if not isinstance(fields.get(name), str)]
    if missing:
        refuse(where, "the fields input and output", f"none for {' and '.join(missing)} in {repr(row)[:60]}")
    return _generated(str(fields.get("emo_utt_id", number)), fields["input"], fields["output"], where)


def _generated(id: str, given: str, cause: str, where: str) -> Generated:
    found = _INPUT.fullmatch(given.strip())
    if found is None:
        refuse(where, FORM, repr(given)[:60])
    turns = []
    for part in re.split(r"\s*\|\s*(?=U\d+\.)", found["context"].strip()):
        turn = _TURN.fullmatch(part.strip())
        if turn is None:
            refuse(where, "utterances such as U2. NAME: words", repr(part)[:60])
        turns.append(Utterance(f"U{turn[1]}", turn[3].strip(), turn[4].strip() or None))
    ids = [turn.id for turn in turns]
    felt = f"U{found['number']}"
    if felt not in ids:
        refuse(where, f"{felt} among the utterances of the context", ", ".join(ids))
    window = Conversation(id, tuple(turns), source=where)
    return Generated(id, window, ids.index(felt), found["emotion"], found["caption"] or "", cause.strip())
