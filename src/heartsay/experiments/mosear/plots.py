"""Figures: what each arm gains where the voice is right against where the face is right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from heartsay.atomic import atomic_path
from heartsay.experiments.mosear.plan import FRONTIER
from heartsay.experiments.report_tables import Content, Row, grouped

SIDES = ("voice_aligned_accuracy", "face_aligned_accuracy")

MARKERS = "osD^vP*"
"""As many as have no divisor in common with the ten colours."""


def draw(content: Content, folder: Path, kind: str = "composed") -> list[Path]:
    """One figure per scene: accuracy on one side against the other, AR's frontier as a line.

    Args:
        content: what ``results.json`` holds.
        folder: where to.
        kind: what the scenes are, for the title.

    Returns:
        What was written.
    """
    from matplotlib.figure import Figure

    written = []
    for (scene,), rows in grouped(content["rows"], ("corpus",)).items():
        points = {method: _point(found) for (method,), found in grouped(rows, ("method",)).items()}
        known = {method: point for method, point in points.items() if point is not None}
        if not known:
            continue
        figure = Figure(figsize=(8.2, 5.2), layout="constrained")
        axes = figure.add_subplot()
        swept = [known[method] for method in FRONTIER if method in known]
        if swept:
            axes.plot(*zip(*swept, strict=True), "o-", color="0.6", label="base, AR towards other shares")
        # Most arms lie close together, where names beside the points would cover each other.
        for number, method in enumerate(m for m in known if m not in FRONTIER):
            voice, face = known[method]
            color, marker = f"C{number % 10}", MARKERS[number % len(MARKERS)]
            axes.plot([voice], [face], label=method, color=color, marker=marker, linestyle="")
        axes.set(xlabel="accuracy where the voice is right, %", ylabel="accuracy where the face is right, %")
        axes.set_title(f"{scene} ({kind})")
        figure.legend(loc="outside right upper", fontsize=7)
        path = folder / f"sides-{scene}.png"
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format="png", dpi=130, metadata={"Software": None})
        written.append(path)
    return written


def _point(rows: Sequence[Row]) -> tuple[float, float] | None:
    values = [tuple(row[side] for side in SIDES) for row in rows]
    whole = [(one, two) for one, two in values if one is not None and two is not None]
    return (mean(v for v, _ in whole), mean(f for _, f in whole)) if whole else None
