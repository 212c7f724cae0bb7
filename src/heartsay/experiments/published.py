"""Published numbers: they stand once, in the `published.json` of the system that they are compared with."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from heartsay.experiments.configurations import Parts


@lru_cache(maxsize=8)
def published(system: str) -> Any:
    """What a system's file holds; its form is the system's own.

    Args:
        system: name of a folder of `heartsay.experiments`.
    """
    return json.loads((files("heartsay.experiments") / system / "published.json").read_text("utf-8"))


def published_for(of: Parts) -> dict[str, float]:
    """What the CMERC paper reports for a composed configuration, by metric; nothing for most."""
    found: dict[str, float] = {}
    for row in published("cmerc")["rows"]:
        if (row["model"], row["method"], row["corpus"]) == of:
            found |= row["values"]
    return found
