"""An analysis as a drawing for papers and notebooks, with matplotlib: the strip of the report."""

from __future__ import annotations

from typing import Any

from heartsay.analysis import Analysis
from heartsay.errors import MissingDependencyError
from heartsay.report.overview import shown_feeling
from heartsay.report.palette import TONES
from heartsay.report.spacing import valid_times

HEIGHT = 0.9
"""Of the tallest bar, where a lane is 1 high."""

OTHER = "#7a5c45"


def plot(analysis: Analysis, axes: Any = None) -> Any:
    """A lane for each speaker; bars as tall as a feeling is likely, in the colour of the likeliest.

    Args:
        analysis: what was read.
        axes: of matplotlib, to draw into; new ones if not given.

    Returns:
        The axes; x is in minutes or, without times, in utterances.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.patches import Patch
    except ImportError:
        raise MissingDependencyError("Drawing an analysis", "train") from None
    names = list(dict.fromkeys(u.speaker for u in analysis.utterances))
    if axes is None:
        axes = pyplot.subplots(figsize=(10, 0.9 + 0.7 * len(names)), layout="constrained")[1]
    times = valid_times([(u.start, u.end) for u in analysis.utterances])
    spans = [(s / 60, e / 60) for s, e in times] if times else [(i, i + 1) for i in range(len(analysis))]
    seen: dict[str, str] = {}
    for utterance, (start, end) in zip(analysis.utterances, spans, strict=True):
        label, likely = shown_feeling(utterance, "not read")
        colour = TONES[label].fill_light if label in TONES else OTHER
        seen[label] = colour
        axes.bar(
            start,
            HEIGHT * max(likely, 0.04),
            width=end - start,
            bottom=len(names) - 1 - names.index(utterance.speaker),
            align="edge",
            color=colour,
            alpha=0.45 if utterance.emotion.abstain else 1.0,
            linewidth=0,
        )
    # Neither a name nor a label is ever a formula.
    axes.set_yticks([len(names) - 1 - k + HEIGHT / 2 for k in range(len(names))], names, parse_math=False)
    axes.set_xlabel("minutes" if times else "utterances")
    axes.set_ylim(-0.05, len(names))
    axes.spines[["top", "right", "left"]].set_visible(False)
    legend = axes.legend(
        handles=[Patch(color=colour, label=label) for label, colour in seen.items()],
        loc="upper left",
        bbox_to_anchor=(1, 1),
        frameon=False,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    return axes
