"""The page for people on the experts and the probability of conflict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heartsay.experiments.experts.card import CORPUS, flat
from heartsay.experiments.report_tables import RULE, Content, grid, section

NAMES = {"text": "words", "voice": "voice", "face": "face"}

COLUMNS = {
    "n": "utterances",
    "conflicts": "conflicts",
    "auroc": "AUROC",
    "ece": "ECE",
    "flagged": "flagged",
    "flagged_right": "right of those",
    "auroc_of_labels": "AUROC of differing labels alone",
}
CORPORA = {"crema-d": "CREMA-D, test actors", "composed": "composed, MELD's test words"}


def page(content: Content) -> str:
    """Markdown from what ``results.json`` holds."""
    lines = [
        "# Experts of voice and face",
        "",
        "Generated from `results.json`. Percent, but for counts, likelihoods and correlations.",
        "",
    ]
    for modality, corpus in CORPUS.items():
        splits: Mapping[str, Any] = {split: flat(values) for split, values in content[modality].items()}
        names = list(dict.fromkeys(name for values in splits.values() for name in values))
        rows = [[name, *(_number(values.get(name)) for values in splits.values())] for name in names]
        lines += section(
            f"## The {modality}, {corpus}",
            content["protocols"][modality],
            grid(("metric", *splits), rows, RULE),
        )
    told = [
        [
            f"{NAMES[row['first']]} and {NAMES[row['second']]}",
            CORPORA[row["corpus"]],
            *(_number(row[name]) for name in COLUMNS),
            " to ".join(_number(end) for end in row["auroc_interval"]),
        ]
        for row in content["conflict"]
    ]
    head = ("modalities", "measured on", *COLUMNS.values(), "AUROC, 95% interval")
    about = (
        "Whether people name different emotions from two modalities. Curves were fitted on development data:"
        " that of voice and face on CREMA-D's ratings, the others on composed conversations. Intervals are"
        " over actors or conversations."
    )
    lines += section("## The probability of a conflict", about, grid(head, told, RULE))
    return "\n".join(lines).rstrip() + "\n"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"
