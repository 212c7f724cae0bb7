"""`heartsay features`: the clips of a corpus to a store of features that others can repeat, and its check."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartsay.cli.console import DONE, NOTES, SOME_FAILED, AsJson, print_json, reporting, rich_console
from heartsay.cli.options import training_packages
from heartsay.cli.progress import Reporter

if TYPE_CHECKING:
    from heartsay.corpora.clips import Clips
    from heartsay.evidence.store import Store
    from heartsay.extraction import Difference


def features(
    source: Annotated[Path, typer.Argument(metavar="CLIPS", help="The folder of the clips.")],
    out: Annotated[Path, typer.Option(metavar="STORE", help="The folder of the store.")],
    corpus: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Whose clips they are: meld, ecf, iemocap, crema-d; folder, for your own; or module:NAME.",
        ),
    ] = "folder",
    wanted: Annotated[
        str,
        typer.Option(
            "--with",
            metavar="LIST",
            help="Some of voice47, functionals, log-mel, egemaps, compare, text:FOLDER of a Hugging Face"
            " encoder, and face:FOLDER of a run of `heartsay train face`.",
        ),
    ] = "voice47",
    transcript: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Of your own clips: conversations whose utterances' ids are the clips' names.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare a store that is there with its checksums and the clips.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Describe every clip of a corpus by features, with checksums, and list what is amiss.

    \b
    Examples:
      heartsay features MELD.Raw --corpus meld --with voice47,text:minilm --out store
      heartsay features CREMA-D/AudioWAV --corpus crema-d --with egemaps,compare --out store
      heartsay features clips --transcript talk.csv --out store
      heartsay features clips --out store --check
      heartsay train m3net-cmerc-meld --corpus store:store --out runs/own

    Clips are files named as their corpus names them, audio or video. Missing, undecodable, damaged, silent
    and faceless ones are listed here and in store.json; nothing is filled with zeros. A run that was stopped
    goes on when it is started again. With --check, exit code 1 means that something differs. openSMILE
    (egemaps and compare) may be used for research alone; the extra `acoustics` brings it.
    """
    with reporting("features", as_json), training_packages():
        if check:
            store, found = _checked(source, out, as_json)
            _say_check(store, found, as_json)
            raise typer.Exit(SOME_FAILED if found else DONE)
        from heartsay.corpora.clip_layouts import layout
        from heartsay.corpora.clips import find_clips
        from heartsay.extraction import choose, extract

        names = [name.strip() for name in wanted.split(",") if name.strip()]
        chosen, of = choose(names), layout(corpus, transcript)
        with Reporter("Looking for clips", as_json) as report:
            clips = find_clips(source, of)
            store, was_there = extract(clips, of, chosen, out, report)
        _say(store, clips, was_there, as_json)


def _checked(source: Path, out: Path, as_json: bool) -> tuple[Store, list[Difference]]:
    from heartsay.evidence.store import read_store
    from heartsay.extraction import check_store

    with Reporter("Comparing", as_json) as report:
        store = read_store(out)
        return store, check_store(store, source, report)


def _say_check(store: Store, found: list[Difference], as_json: bool) -> None:
    if as_json:
        print_json("features", {"store": str(store.folder), "differences": [d._asdict() for d in found]})
        return
    for difference in found[: 4 * NOTES]:
        print(f"{difference.where}: {difference.what}")
    print(f"{store.folder}: " + (f"{len(found)} differences" if found else "as it was written"))


def _say(store: Store, clips: Clips, was_there: bool, as_json: bool) -> None:
    counts = _counts(store)
    kinds = Counter(problem.kind for problem in store.problems)
    if as_json:
        facts: dict[str, Any] = {"store": str(store.folder), "was_there": was_there, "corpus": store.corpus}
        facts |= {"counts": counts, "absent_splits": list(clips.absent), "problems": dict(kinds)}
        print_json("features", facts)
        return
    from rich.table import Table

    table = Table("split", "feature", "width", "utterances", "described", "rows", box=None)
    for row in counts:
        numbers = (f"{row[name]:,}" for name in ("width", "utterances", "described", "rows"))
        table.add_row(row["split"], row["feature"], *numbers)
    rich_console().print(table)
    for split in clips.absent:
        print(f"No clip of the split {split}: it was left out.")
    for kind, count in kinds.items():
        some = [p for p in store.problems if p.kind == kind][:NOTES]
        print(f"{kind}: {count:,}")
        for problem in some:
            lacking = f", no {problem.feature}" if problem.feature else ""
            print(f"  {problem.utterance or problem.path}: {problem.what}{lacking}")
        if count > len(some):
            print(f"  and {count - len(some):,} more in {store.folder / 'store.json'}")
    print(f"{'Complete already' if was_there else 'Written'}: {store.folder}")


def _counts(store: Store) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in store.index():
        key = (row["split"], row["feature"])
        empty = {"split": key[0], "feature": key[1], "width": store.features[key[1]].width}
        counts = found.setdefault(key, {**empty, "utterances": 0, "described": 0, "rows": 0})
        counts["utterances"] += 1
        counts["described"] += row["rows"] > 0
        counts["rows"] += row["rows"]
    return list(found.values())
