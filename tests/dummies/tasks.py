"""What stands for the runs of a study."""

from __future__ import annotations

import os
from pathlib import Path


def work(task: str) -> str | None:
    """A run of a study: fails where it is told to, and leaves a file with what it needed."""
    folder = Path(os.environ["HEARTSAY_DATA"])
    if task == "bad":
        return "it is bad"
    (folder / task).write_text(" ".join(sorted(path.name for path in folder.iterdir())))
    return None
