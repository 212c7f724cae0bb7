from __future__ import annotations

import io

import pytest
from tests.dummies.analysis import small

pytest.importorskip("matplotlib", reason="the extra query is not installed")


def test_a_name_is_never_a_formula() -> None:
    from matplotlib.figure import Figure

    from heartsay.report.plot import plot

    turns = [u.model_copy(update={"speaker": f"$a_${u.speaker}"}) for u in small().utterances]
    figure = Figure()
    plot(small().model_copy(update={"utterances": turns}), figure.add_subplot())
    figure.savefig(io.BytesIO(), format="png")
    assert [label.get_text()[:4] for label in figure.axes[0].get_yticklabels()] == ["$a_$"] * 3
