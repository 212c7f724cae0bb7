"""The page of a decoder's results, generated from the rows for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heartsay.experiments.mosear.tables import SIDES, compared
from heartsay.experiments.report_tables import Content, means, runs_done

COLUMNS = {
    **SIDES,
    "accuracy": "accuracy",
    "parsed": "answers that name one label",
}


NAMED = 20
"""Clips read with a warning that the page names."""


def page(content: Content) -> str:
    """Markdown from what ``results.json`` holds."""
    counts = ", ".join(f"{count:,} {split}" for split, count in content["clips"].items())
    lines = [
        f"# MoSE and attention reallocation in {content['decoder']}",
        "",
        "Generated from `results.json`. Accuracies in percent on the test clips, mean and standard deviation "
        "over seeds; an answer that names no label, or several, is wrong. The bias gap is accuracy where the "
        "voice is right less that where the face is right. Every arm had one trial, and nothing was chosen "
        f"by a score; where attention is moved, its target is of development clips. Clips: {counts}; "
        f"{content['unlabelled']:,} without a label were left out. " + runs_done(content),
        "",
        *(
            ["The decoder hears nothing, so attention cannot be moved and voices say nothing.", ""]
            * (not content["hears"])
        ),
        *_warned(content["warned"]),
        *means(
            [*content["floors"], *content["rows"]], ("method",), tuple(COLUMNS), ("arm", *COLUMNS.values())
        ),
        *compared(content["comparisons"], "Paired bootstraps over speakers and seeds:"),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _warned(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Clips that are damaged or doubtful, the first by name; nothing where none is."""
    if not found:
        return []
    lines = [
        f"Read with a warning, and learnt from or scored as if they were whole: {len(found):,} clips.",
        "",
    ]
    lines += [f"- {row['clip']} ({row['split']}): {'; '.join(row['warnings'])}" for row in found[:NAMED]]
    if len(found) > NAMED:
        lines.append(f"- {len(found) - NAMED:,} more, which `results.json` names")
    return [*lines, ""]
