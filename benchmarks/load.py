"""How time and memory grow: what moved readings in one long conversation or in many, and many short ones.

Each curve is measured at three sizes, a quarter, half and all of `--most`. Growth in time is the exponent
from the smallest to the largest, 1 where it is linear.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path

from common import HEARTSAY, Run, arguments, measure, report, scratch, with_model
from memory import WORDS, write_lines

LENGTH = 40
"""Utterances of a conversation where there are many."""


def write_talk(path: Path, count: int, length: int) -> None:
    """Write `count` utterances as conversations of `length` each, one a line."""
    draw = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count // length):
            turns = [
                {"speaker": draw.choice("ABC"), "text": " ".join(draw.choices(WORDS, k=draw.randint(3, 14)))}
                for _ in range(length)
            ]
            print(json.dumps({"id": f"{number:06d}", "utterances": turns}), file=file)


def evidence(count: int, length: int, model: str | None) -> Run:
    """Analyse so many utterances with what moved each of them."""
    with scratch() as folder:
        write_talk(folder / "talk.jsonl", count, length)
        command: list[str | Path] = [*HEARTSAY, "analyze", folder / "talk.jsonl", "--out", folder / "out"]
        return measure(with_model([*command, "--evidence", "always", "--format", "parquet"], model))


def conversations(count: int, model: str | None) -> Run:
    """Analyse so many short conversations into one table."""
    with scratch() as folder:
        write_lines(folder / "chats", count)
        command: list[str | Path] = [*HEARTSAY, "analyze", folder / "chats", "--out", folder / "out"]
        return measure(with_model([*command, "--format", "parquet"], model))


def main() -> None:
    parser = arguments(__doc__ or "", runs=1)
    parser.add_argument("curve", choices=("one", "many", "conversations"))
    parser.add_argument("--most", type=int, help="20,000 utterances, or 100,000 conversations, if not given")
    options = parser.parse_args()
    curves: dict[str, Callable[[int], Run]] = {
        "one": lambda count: evidence(count, count, options.model),
        "many": lambda count: evidence(count, LENGTH, options.model),
        "conversations": lambda count: conversations(count, options.model),
    }
    most = options.most or (100_000 if options.curve == "conversations" else 20_000)
    sizes = (most // 4, most // 2, most)
    runs = [curves[options.curve](size) for size in sizes]
    rows: list[tuple[str, float, float | None]] = []
    for size, run in zip(sizes, runs, strict=True):
        rows += [
            (f"seconds_{size}", round(run.seconds, 1), None),
            (f"processor_seconds_{size}", round(run.processor_seconds, 1), None),
            (f"megabytes_{size}", round(run.peak_megabytes, 1), None),
        ]
    growth = math.log(runs[-1].processor_seconds / runs[0].processor_seconds) / math.log(4)
    rows.append(("exponent_of_processor_seconds", round(growth, 3), 1.1))
    rows.append(("megabytes_ratio", round(runs[-1].peak_megabytes / runs[0].peak_megabytes, 3), 1.1))
    report(f"load, {options.curve}", rows, options.json, sizes=list(sizes))


if __name__ == "__main__":
    main()
