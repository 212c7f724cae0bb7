"""The figure: what each arm scores by its opening, and what by the reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from heartsay.atomic import atomic_path
from heartsay.experiments.mecec.plan import ARMS
from heartsay.experiments.report_tables import Content, grouped
from heartsay.metrics.sentences import PARTS


def draw(content: Content, folder: Path) -> Sequence[Path]:
    """CIDEr by arm, a bar for each part of the sentence; of the test part where it was read.

    Returns:
        What was written.
    """
    from matplotlib.figure import Figure

    part = content["read"][-1]
    rows = grouped([row for row in content["rows"] if row["protocol"] == part], ("method",))
    if not rows:
        return []
    figure = Figure(figsize=(7.2, 0.55 * len(rows) + 1.4), layout="constrained")
    axes = figure.add_subplot()
    height = 0.8 / len(PARTS)
    for place, scored in enumerate(PARTS):
        values = [mean(row["scores"]["CIDEr"][scored] for row in found) for found in rows.values()]
        at = [k + place * height for k in range(len(values))]
        axes.barh(at, values, height, label=scored)
    axes.set_yticks([k + height for k in range(len(rows))], [ARMS[method].title for (method,) in rows])
    axes.invert_yaxis()
    axes.set_xlabel(f"CIDEr, {part} part")
    axes.legend(frameon=False)
    path = folder / "cider.png"
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130, metadata={"Software": None})
    return [path]
