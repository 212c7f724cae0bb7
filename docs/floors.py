"""Write the table of floors in how-it-works.md: which rooms there are, and what each may import.

    python docs/floors.py

The floors are those of the contract in pyproject.toml that `make lint` enforces.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "how-it-works.md"
TABLE = re.compile(r"(?<=\n\n)\| floor \|.*?\n(?!\|)", re.DOTALL)


def floors() -> list[list[str]]:
    """The rooms of each floor that are there, top floor first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = [[room.strip(" ()") for room in layer.split("|")] for layer in layers]
    package = ROOT / "src" / "heartsay"
    there = {path.stem for path in package.iterdir()}
    return [[room for room in rooms if room in there] for rooms in named]


def page() -> str:
    """The page with the table of today's floors."""
    rows = ["| floor | rooms |", "|---|---|"]
    top = floors()
    rows += [f"| {len(top) - below} | {', '.join(rooms)} |" for below, rooms in enumerate(top)]
    text, found = TABLE.subn("\n".join(rows) + "\n", PAGE.read_text("utf-8"))
    if found != 1:
        raise SystemExit(f"{PAGE}: expected one table that begins with '| floor |', found {found}.")
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
