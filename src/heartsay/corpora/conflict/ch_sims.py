"""CH-SIMS: Chinese clips whose sentiment was rated from words, sound and image by themselves, and from all.

Yu et al., "CH-SIMS: A Chinese Multimodal Sentiment Analysis Dataset with Fine-grained Annotation of
Modality", ACL 2020, doi:10.18653/v1/2020.acl-main.343; version 2: Liu et al., "Make Acoustic and Visual Cues
Matter: CH-SIMS v2.0 Dataset and AV-Mixup Consistent Module", ICMI 2022, doi:10.1145/3536221.3556630. Both are
for research and handed out by their makers: https://github.com/thuiar/MMSA. As published: version 1 has 2,281
clips (1,368 / 456 / 457), the supervised part of version 2 4,403 (2,722 / 647 / 1,034).

Files: `label.csv` (version 1) or `meta.csv` (version 2) with the columns video_id, clip_id, text, label,
label_T, label_A, label_V, annotation, mode; or MMSA's feature files (`unaligned_39.pkl`), which hold
`regression_labels` and `regression_labels_{T,A,V}` for train, valid and test. Ratings run from -1 to 1 and
are of sentiment, not of an emotion.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heartsay.corpora.conflict.subsets import ConflictBenchmark, ConflictItem
from heartsay.corpora.refusal import refuse
from heartsay.corpora.safe_pickle import load_pickle
from heartsay.corpora.tables import read_table
from heartsay.labels import LabelSpace

SENTIMENTS = LabelSpace(("negative", "neutral", "positive"), neutral=1)

DEAD_ZONE = 0.1
"""How far from 0 a rating still counts as neutral."""

APART = 0.6
"""How far voice and face must lie apart under the strict rule to count as conflicting."""

NEEDED = ("video_id", "clip_id", "label", "label_T", "label_A", "label_V")
DO = "give label.csv (version 1), meta.csv (version 2) or a feature file of MMSA"
_SPLITS = {"train": "train", "valid": "dev", "dev": "dev", "test": "test"}

Ratings = tuple[str, str, str | None, dict[str, float]]
"""Id, video and split of a clip, if it is said, and its ratings by channel."""


def read_ch_sims(
    path: Path, *, split: str | None = None, dead_zone: float = DEAD_ZONE, strict: bool = False
) -> ConflictBenchmark:
    """Read CH-SIMS of either version.

    A clip's speaker is its video: the same people talk in all of its clips.

    Args:
        path: the table or the feature file, or the folder that holds the table.
        split: `train`, `dev` or `test`; all if not given.
        dead_zone: ratings up to so far from 0 are neutral.
        strict: whether clips whose voice and face differ by less than `APART` are undecided, if their
            sentiments differ.

    Raises:
        InputError: no such file, one that is not as published, or a split is asked for of a table that says
            none.
    """
    if path.is_dir():
        path = next((path / name for name in ("label.csv", "meta.csv") if (path / name).is_file()), path)
    if path.is_dir():
        refuse(path, "label.csv or meta.csv of CH-SIMS", "neither", DO)
    if split not in (None, "train", "dev", "test"):
        refuse("split of CH-SIMS", "train, dev or test", repr(split), "choose one of these")
    rows = _from_table(path, split) if path.suffix.lower() == ".csv" else _from_features(path)
    items, undecided = [], 0
    for id_, video, part, ratings in rows:
        if split not in (None, part):
            continue
        said = {channel: sentiment(value, dead_zone) for channel, value in ratings.items()}
        if strict and said["voice"] != said["face"] and abs(ratings["voice"] - ratings["face"]) < APART:
            undecided += 1
            said = {**said, "voice": None}
        items.append(
            ConflictItem(
                id_, video, said["both"], said["voice"], said["face"], said["text"], abs(ratings["both"])
            )
        )
    facts = {
        "labels": f"people's ratings, neutral up to {dead_zone:g} from 0",
        "sentiment": "negative, neutral or positive; no emotion was asked for",
    }
    if strict:
        facts["strict"] = (
            f"{undecided} clips whose voice and face are less than {APART:g} apart are undecided"
        )
    return ConflictBenchmark("ch-sims", SENTIMENTS, tuple(items), facts=facts)


def sentiment(rating: float, dead_zone: float = DEAD_ZONE) -> str | None:
    """The side of a rating from -1 to 1."""
    if abs(rating) <= dead_zone:
        return "neutral"
    return "positive" if rating > 0 else "negative"


def _from_table(path: Path, split: str | None) -> Iterator[Ratings]:
    """Clips of a table, which needs the column `mode` only where a split is asked for."""
    columns = {"both": "label", "text": "label_T", "voice": "label_A", "face": "label_V"}
    for row in read_table(path, NEEDED if split is None else (*NEEDED, "mode"), DO):
        id_ = f"{row['video_id']}/{row['clip_id']}"
        mode = row.get("mode")
        if mode is not None and mode not in _SPLITS:
            refuse(f"{path}, clip {id_}", "train, valid or test as mode", repr(mode), DO)
        ratings = {channel: _rating(row[name], f"{path}, clip {id_}") for channel, name in columns.items()}
        yield id_, row["video_id"], None if mode is None else _SPLITS[mode], ratings


def _from_features(path: Path) -> Iterator[Ratings]:
    content = load_pickle(path)
    names = {"both": "", "text": "_T", "voice": "_A", "face": "_V"}
    columns = {channel: f"regression_labels{end}" for channel, end in names.items()}
    if not isinstance(content, dict) or not set(content) >= {"train", "valid", "test"}:
        refuse(path, "MMSA's dictionary of train, valid and test", _kind(content), DO)
    for mode in ("train", "valid", "test"):
        part = content[mode]
        absent = [name for name in ("id", *columns.values()) if name not in part]
        if absent:
            do = "give a file of CH-SIMS; other corpora of MMSA have no ratings per modality"
            refuse(f"{path}, {mode}", "id and regression_labels, also _T, _A and _V", f"no {absent[0]}", do)
        lengths = {len(part[name]) for name in ("id", *columns.values())}
        if len(lengths) > 1:
            refuse(f"{path}, {mode}", "as many ratings as ids", "other numbers of them", DO)
        for k, id_ in enumerate(part["id"]):
            clip = str(id_).replace("$_$", "/")
            ratings = {c: _rating(part[name][k], f"{path}, clip {clip}") for c, name in columns.items()}
            yield clip, clip.rpartition("/")[0] or clip, _SPLITS[mode], ratings


def _rating(value: Any, where: str) -> float:
    try:
        # Single precision knows no 0.1; the published ratings have a few decimals.
        rating = round(float(value), 6)
    except (TypeError, ValueError):
        refuse(where, "a rating from -1 to 1", repr(value), DO)
    if not -1 <= rating <= 1:
        refuse(where, "a rating from -1 to 1", f"{rating:g}", DO)
    return rating


def _kind(content: Any) -> str:
    return f"one of {', '.join(map(str, content))}" if isinstance(content, dict) else type(content).__name__
