"""EmoryNLP: scenes of the series Friends, labelled by a project of its own with seven emotions of its own.

Files `{train,dev}.csv` with the columns `Utterance, Speaker, Emotion, Scene_ID, Utterance_ID, Season,
Episode, Start_Time, End_Time`. A speaker is written as a list, of several where they speak at once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from heartsay.conversation import Conversation, Utterance
from heartsay.corpora.refusal import refuse
from heartsay.corpora.registry import Corpus, counts, register
from heartsay.formats.cleaning import clean_text
from heartsay.formats.clock import parse_clock
from heartsay.formats.source import open_path
from heartsay.labels import EMORYNLP as LABELS

COLUMNS = (
    *("Utterance", "Speaker", "Emotion", "Scene_ID", "Utterance_ID", "Season", "Episode"),
    *("Start_Time", "End_Time"),
)

_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def read(path: Path, split: str) -> list[Conversation]:
    """Read one split's file; a scene is a conversation.

    Conversation ids are like `emorynlp_dev_s01e15_scene1`, utterance ids the file's. Times are seconds into
    the episode. Labels are those of `labels.EMORYNLP`; speakers who speak at once are joined by " and ".

    Raises:
        InputError: a column is missing, a scene stands in two places, or an utterance has no text or speaker,
            an unknown label, an impossible time or the id of another one.
    """
    conversations: dict[str, Conversation] = {}
    for (season, episode, scene), rows in groupby(_rows(path), key=lambda row: row[1]):
        identifier = f"emorynlp_{split}_s{int(season):02d}e{int(episode):02d}_scene{scene}"
        if identifier in conversations:
            refuse(path, "each scene in one piece", f"{identifier} a second time")
        utterances = tuple(_utterance(row, where) for where, _, row in rows)
        if len({u.id for u in utterances}) < len(utterances):
            refuse(f"{path}, {identifier}", "utterance ids that differ", "one more than once")
        conversations[identifier] = Conversation(identifier, utterances, source=str(path))
    return list(conversations.values())


def _rows(path: Path) -> Iterator[tuple[str, tuple[str, str, str], Mapping[str, str]]]:
    """Where each row stands, the season, episode and scene that it is of, and the row."""
    with open_path(path) as source:
        lines = csv.DictReader(source.lines())
        header = lines.fieldnames or ()
        if missing := [name for name in COLUMNS if name not in header]:
            refuse(path, "EmoryNLP's columns", f"none for {', '.join(missing)} among {', '.join(header)}")
        for row in lines:
            where = source.line(lines.line_num)
            if None in row or None in row.values():
                refuse(where, f"{len(header)} cells as in the header", "another number")
            place = (row["Season"].strip(), row["Episode"].strip(), row["Scene_ID"].strip())
            if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in place):
                refuse(where, "numbers of season, episode and scene", ", ".join(map(repr, place)))
            yield where, place, row


def _utterance(row: Mapping[str, str], where: str) -> Utterance:
    text = clean_text(row["Utterance"])
    speakers = [one or other for one, other in _QUOTED.findall(row["Speaker"])]
    label = row["Emotion"].strip().lower()
    if not text:
        refuse(where, "an utterance with text", "none")
    if not speakers:
        refuse(where, "a list of speakers such as ['Ana']", repr(row["Speaker"]))
    if label not in LABELS:
        refuse(where, f"an emotion ({', '.join(LABELS)})", repr(row["Emotion"]))
    try:
        start, end = (parse_clock(row[name]) for name in ("Start_Time", "End_Time"))
    except ValueError as error:
        refuse(where, "times as HH:MM:SS.mmm", str(error))
    return Utterance(row["Utterance_ID"].strip(), " and ".join(speakers), text, start, end, label)


EMORYNLP = register(
    Corpus(
        name="emorynlp",
        title="EmoryNLP emotion detection",
        language="English",
        licence="Apache-2.0 for the annotation; the talk is the series'",
        citation="""@inproceedings{zahiri-choi-2018-emotion,
  title = {Emotion Detection on {TV} Show Transcripts with Sequence-Based Convolutional Neural Networks},
  author = {Zahiri, Sayyed M. and Choi, Jinho D.},
  booktitle = {Proceedings of the {AAAI} Workshop on Affective Content Analysis},
  year = {2018},
  doi = {10.48550/arXiv.1708.04299},
}""",
        home="https://github.com/emorynlp/emotion-detection",
        files={split: f"{split}.csv" for split in ("train", "dev")},
        expected={
            "train": counts(659, 7551, None, (2485, 1677, 638, 551, 785, 474, 941), LABELS),
            "dev": counts(89, 954, None, (322, 205, 82, 70, 97, 51, 127), LABELS),
        },
        read=read,
        notes=(
            "Acted American television, seasons 1 to 4 of the series that MELD and ECF annotate: many lines "
            "are theirs too, under other people's labels. Peaceful and powerful have no counterpart among "
            "MELD's seven, and surprise and disgust none here. The test split is not read."
        ),
        labels=LABELS,
    )
)
