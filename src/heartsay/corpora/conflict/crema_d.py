"""Conflicts of voice and face in CREMA-D: 7,442 clips that people rated from voice, from face and from both.

Citation, licence (ODbL 1.0, contents DbCL 1.0) and files are those of `corpora.crema_d`; the tables suffice.
What a clip shows through a channel is what more raters chose than anything else; where two are level it is
undecided. The strict rule wants an absolute majority: more than half of those who rated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from heartsay.corpora import crema_d
from heartsay.corpora.benchmarks import Benchmark, register_benchmark
from heartsay.corpora.conflict.subsets import (
    CONFLICTS,
    KINDS,
    SUBSETS,
    ConflictBenchmark,
    ConflictItem,
    leading,
)
from heartsay.corpora.crema_d_folds import actor_splits
from heartsay.corpora.refusal import refuse
from heartsay.evidence.corpus import SPLITS
from heartsay.labels import CREMA_D

NAME = "crema-d-conflict"
VIDEOS = (".flv", ".mp4", ".avi", ".mov", ".mkv", ".webm")


def crema_d_conflict(
    root: Path | None = None, *, strict: bool = False, videos: Path | None = None
) -> ConflictBenchmark:
    """The benchmark, clips in the order of CREMA-D's table.

    Args:
        root: folder that holds the corpora; by default the one that HEARTSAY_DATA names.
        strict: whether a lead has to be more than luck.
        videos: folder of CREMA-D's videos (`VideoFlash` or converted ones), where there is one; each clip's
            `recording` then is its file, and `facts` say how many have none.

    Raises:
        InputError: the table is absent or not as published, a clip lacks a channel, its actor is unknown, or
            the folder of videos holds none of the clips.
    """
    ratings, genders = crema_d.read_ratings(root), crema_d.read_genders(root)
    files = {} if videos is None else _videos(videos, ratings)
    labels = "the one that more raters chose than any other"
    facts = {
        "labels": f"{labels}, and more than half of them" if strict else f"{labels}; undecided on a tie",
        "licence": "ODbL 1.0, contents DbCL 1.0",
    }
    if videos is not None:
        facts["videos"] = f"{len(files)} of {len(ratings)} clips have one"
    items = tuple(_item(name, given, genders, strict, files.get(name)) for name, given in ratings.items())
    return ConflictBenchmark(NAME, CREMA_D, items, facts=facts)


def _item(
    name: str,
    ratings: Mapping[str, crema_d.Ratings],
    genders: Mapping[str, str],
    strict: bool,
    recording: str | None,
) -> ConflictItem:
    actor, _ = crema_d.actor_and_acted(name)
    missing = [channel for channel in crema_d.CHANNELS.values() if channel not in ratings]
    if missing:
        refuse(crema_d.TABLE, f"ratings of {name} from {missing[0]}", "none", crema_d.TO_HAVE)
    if actor not in genders:
        refuse(crema_d.DEMOGRAPHICS, f"demographics of actor {actor}", "none", crema_d.TO_HAVE)
    votes = {channel: rated.votes for channel, rated in ratings.items()}
    said = {channel: leading(v, CREMA_D.names, 0.5 if strict else 0.0) for channel, v in votes.items()}
    return ConflictItem(
        name,
        actor,
        said["both"],
        said["voice"],
        said["face"],
        strength=ratings["both"].intensity / 100,
        agreement={channel: max(v) / max(1, sum(v)) for channel, v in votes.items()},
        votes=votes,
        recording=recording,
    )


def counts(root: Path | None = None) -> dict[str, dict[str, int]]:
    """Counts of all clips by the plain and by the strict rule, and of fold 0's splits by the plain one."""
    plain, splits = crema_d_conflict(root), actor_splits(crema_d.read_genders(root))
    found = {"all": plain.counts(), "all, strict": crema_d_conflict(root, strict=True).counts()}
    for split in SPLITS:
        part = plain.where(splits, split)
        actors = {"actors": len({item.speaker for item in part.items})}
        found[split] = {**actors, **part.counts()}
    return found


def _videos(folder: Path, clips: Collection[str]) -> dict[str, str]:
    if not folder.is_dir():
        refuse(folder, "the folder of CREMA-D's videos", "no such folder", "check the path")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VIDEOS)
    found = {path.stem: str(path) for path in paths if path.stem in clips}
    if not found:
        refuse(folder, "videos named as CREMA-D's clips", "none", "name the folder that holds them")
    return found


_COUNTED = ("clips", *SUBSETS, *(f"{subset}, {kind}" for subset in CONFLICTS for kind in KINDS))


def _expected(*numbers: int, actors: int | None = None) -> dict[str, int]:
    known = {} if actors is None else {"actors": actors}
    return known | dict(zip(_COUNTED, numbers, strict=True))


BENCHMARK = register_benchmark(
    Benchmark(
        name=NAME,
        title="Conflicts of voice and face in CREMA-D",
        language="English",
        licence="ODbL 1.0, contents DbCL 1.0",
        citation="""@article{cao2014cremad,
  title = {{CREMA-D}: Crowd-Sourced Emotional Multimodal Actors Dataset},
  author = {Cao, Houwei and Cooper, David G. and Keutmann, Michael K. and Gur, Ruben C. and Nenkova, Ani and
            Verma, Ragini},
  journal = {IEEE Transactions on Affective Computing},
  volume = {5},
  number = {4},
  pages = {377--390},
  year = {2014},
  doi = {10.1109/TAFFC.2014.2336244}
}""",
        home="https://github.com/CheyneyComputerScience/CREMA-D",
        expected={
            "all": _expected(7442, 3034, 1887, 548, 573, 1400, 1345, 165, 377, 98, 19, 431),
            "all, strict": _expected(7442, 2150, 920, 148, 111, 4113, 741, 65, 114, 29, 8, 111),
            "train": _expected(5147, 2061, 1293, 386, 412, 995, 923, 105, 265, 78, 15, 293, actors=63),
            "dev": _expected(737, 292, 211, 51, 56, 127, 144, 26, 41, 7, 1, 43, actors=9),
            "test": _expected(1558, 681, 383, 111, 105, 278, 278, 34, 71, 13, 3, 95, actors=19),
        },
        count=counts,
        notes="Acted by professionals, twelve sentences, rated by about nine people per clip and channel; "
        "nobody felt these emotions. A clip that is rated neutral from the voice is often just quiet.",
    )
)
