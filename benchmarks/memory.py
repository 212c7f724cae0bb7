"""Peak memory of analysing 100,000 conversations against that of 1,000: it must not grow with their number.

Conversations are short (three turns of a few words), so that this ends in minutes; what is measured does
not depend on their length.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from common import HEARTSAY, arguments, measure, report, scratch, with_model

WORDS = ("yes", "no", "well", "now", "here", "fine", "good", "late", "again", "really", "home", "boat", "tea")
FEW, MANY = 1_000, 100_000


def write_folder(folder: Path, count: int) -> None:
    """Write conversations as files, a thousand to a folder."""
    draw = random.Random(0)
    for number in range(count):
        place = folder / f"{number // 1000:03d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06d}.json").write_text(json.dumps(conversation(draw)), "utf-8")


def write_lines(folder: Path, count: int) -> None:
    """Write conversations as the lines of one file."""
    folder.mkdir(parents=True)
    draw = random.Random(0)
    with (folder / "all.jsonl").open("w", encoding="utf-8") as file:
        for number in range(count):
            print(json.dumps({"id": f"{number:06d}", **conversation(draw)}), file=file)


def conversation(draw: random.Random) -> dict[str, list[dict[str, str]]]:
    turns = zip("ABA", (" ".join(draw.choices(WORDS, k=draw.randint(2, 5))) for _ in range(3)), strict=True)
    return {"utterances": [{"speaker": speaker, "text": text} for speaker, text in turns]}


def main() -> None:
    parser = arguments(__doc__, runs=1)
    parser.add_argument("--many", type=int, default=MANY, help="how many conversations are many")
    parser.add_argument(
        "--source", choices=["folder", "lines"], default="folder", help="files, or lines of one file"
    )
    parser.add_argument("--format", default="json,csv", help="as for `heartsay analyze`")
    options = parser.parse_args()
    write = write_folder if options.source == "folder" else write_lines
    peaks, seconds = {}, {}
    for count in (FEW, options.many):
        with scratch() as folder:
            write(folder / "chats", count)
            command: list[str | Path] = [*HEARTSAY, "analyze", folder / "chats", "--out", folder / "out"]
            command += ["--evidence", "never", "--format", options.format]
            runs = [measure(with_model(command, options.model)) for _ in range(options.runs)]
            if not (folder / "out").is_dir():
                sys.exit("nothing was written")
        peaks[count] = max(run.peak_megabytes for run in runs)
        seconds[count] = min(run.seconds for run in runs)
    report(
        "memory",
        [
            ("megabytes_few", round(peaks[FEW], 1), None),
            ("megabytes_many", round(peaks[options.many], 1), None),
            ("ratio", round(peaks[options.many] / peaks[FEW], 3), 1.1),
            ("seconds_many", round(seconds[options.many], 1), None),
        ],
        options.json,
        few=FEW,
        many=options.many,
        source=options.source,
        format=options.format,
        runs=options.runs,
    )


if __name__ == "__main__":
    main()
