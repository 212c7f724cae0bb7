"""What was measured of a run, in numbers: kept without its sentences, which are never passed on.

A language model takes most of an hour of a core for each run, and its sentences and weights, fitted to ECEM,
stay where they were made. Their scores may go along with the results, so that whoever goes on elsewhere does
only what is missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heartsay.atomic import write_text
from heartsay.corpora.ecem import Ecem
from heartsay.errors import DAMAGE
from heartsay.experiments.configurations import load
from heartsay.experiments.mecec import faces, language
from heartsay.experiments.mecec.plan import ARMS, DDAMFN
from heartsay.experiments.mecec.rows import cider_of_each, rows_of_run
from heartsay.experiments.mecec.scoring import Judges
from heartsay.experiments.mecec.work import sentences_file
from heartsay.experiments.study import DONE, Place, Run, is_done

FILE = "numbers.json"
"""File in the folder of a run that was taken over."""

MADE_BY = "made_by.txt"
"""File in a run's folder with what `made_by` gave when it was made."""

PASSING = ("title", "minutes", "seeds")
"""What of an arm does not change what its runs do."""

Numbers = dict[str, Any]


def of_run(run: Run, place: Place, data: Ecem, judges: Judges, read: Collection[str]) -> Numbers:
    """What is measured of a finished run on the parts that are read; of one taken over, what it had."""
    arm = ARMS[run.method]
    parts = [part for part in arm.parts if part in read]
    wrote = [sentences_file(run, place, part) for part in parts]
    made = wrote or [language.ddamfn_weights(run, place)]
    if not all(path.exists() for path in made):
        taken: Numbers = json.loads((run.folder(place.work) / FILE).read_text("utf-8"))
        return taken
    marked = run.folder(place.work) / MADE_BY
    made_as = marked.read_text("utf-8").strip() if marked.exists() else made_by(run)
    found: Numbers = {"made_by": made_as, "rows": rows_of_run(run, place, data, judges, parts)}
    found["each"] = {part: cider_of_each(run, place, data, part) for part in parts}
    if arm.kind == "face network":
        found["faces"] = faces.measured(*made)
    return found


def made_by(run: Run) -> str:
    """What tells two ways of making a run apart: what its arm is, and settings of what it trains or reads."""
    arm = {name: value for name, value in asdict(ARMS[run.method]).items() if name not in PASSING}
    settings = [language.SETTINGS.model_dump(mode="json")]
    if run.method == DDAMFN or DDAMFN in ARMS[run.method].needs:
        settings.append(load(DDAMFN).model_dump(mode="json"))
    told = json.dumps([arm, *settings], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def mark(run: Run, place: Place) -> None:
    """Write down in a run's folder how it was made, for when settings have changed."""
    write_text(run.folder(place.work) / MADE_BY, made_by(run) + "\n")


def made_earlier(found: Mapping[Run, Numbers]) -> list[str]:
    """The arms among some runs that were made in another way than they would be now."""
    return list(dict.fromkeys(run.method for run, of in found.items() if of["made_by"] != made_by(run)))


def keep(found: Mapping[Run, Numbers], place: Place, folder: Path) -> None:
    """Put the numbers of runs that take long beside the results, with the time that each took."""
    slow = [run for run in found if not ARMS[run.method].is_quick]
    if slow:
        folder.mkdir(parents=True, exist_ok=True)
    for run in slow:
        time = json.loads((run.folder(place.work) / DONE).read_text("utf-8"))
        write_text(_kept(run, folder), json.dumps({**found[run], "time": time}) + "\n")


def take_over(
    planned: Sequence[Run], needs: Mapping[Run, Collection[Run]], place: Place, folder: Path
) -> int:
    """Let runs count as done whose numbers are kept beside the results; how many do.

    One whose sentences or weights another run still needs is not taken over, since these are not kept; nor
    one that was made in another way.
    """
    known = {run for run in planned if not is_done(run, place) and _fits(run, folder)}
    while lacking := {
        needed
        for run in planned
        if run not in known and not is_done(run, place)
        for needed in needs[run]
        if needed in known
    }:
        known -= lacking
    for run in known:
        found = json.loads(_kept(run, folder).read_text("utf-8"))
        time = found.pop("time")
        run.folder(place.work).mkdir(parents=True, exist_ok=True)
        write_text(run.folder(place.work) / FILE, json.dumps(found) + "\n")
        write_text(run.folder(place.work) / DONE, json.dumps(time) + "\n")
    return len(known)


def _fits(run: Run, folder: Path) -> bool:
    try:
        found = json.loads(_kept(run, folder).read_text("utf-8"))
        return bool(found["made_by"] == made_by(run) and "time" in found)
    except DAMAGE:
        return False


def _kept(run: Run, folder: Path) -> Path:
    return folder / f"{run.method}-seed-{run.seed}.json"
