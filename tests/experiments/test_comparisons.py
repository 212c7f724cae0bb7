from __future__ import annotations

import numpy as np
import pytest

from heartsay import metrics
from heartsay.experiments.comparisons import DRAWS, compare, with_holm


def test_every_metric_is_compared_with_and_without_runs_drawn_anew() -> None:
    random = np.random.default_rng(0)
    runs = [
        metrics.PairedRun(
            np.arange(20),
            metrics.resampled_mean(random.normal(1.0, 0.1, 20)),
            metrics.resampled_mean(random.normal(0.0, 0.1, 20)),
        )
        for _ in range(3)
    ]
    rows = compare({"first": "a", "second": "b"}, {"f1": runs, "other": []})
    assert [(row["first"], row["metric"], row["resample_runs"]) for row in rows] == [
        ("a", "f1", True),
        ("a", "f1", False),
    ]
    expected = metrics.paired_bootstrap_over_runs(runs, resample_runs=True, draws=DRAWS)
    assert {name: rows[0][name] for name in expected._fields} == expected._asdict()


def test_p_values_are_corrected_within_their_family() -> None:
    values = {"a": [0.01, 0.04, 0.03], "b": [0.04]}
    rows = [
        {"corpus": corpus, "resample_runs": True, "p_value": p}
        for corpus, found in values.items()
        for p in found
    ]
    # The smallest times three, the next times two, the last is no smaller than the one before.
    assert [row["p_holm"] for row in with_holm(rows, ("corpus",))] == pytest.approx([0.03, 0.06, 0.06, 0.04])
    assert [row["p_holm"] for row in with_holm(rows, ())] == pytest.approx([0.04, 0.09, 0.09, 0.09])


def test_two_kinds_of_bootstrap_are_two_families() -> None:
    rows = [{"resample_runs": drawn, "p_value": 0.02} for drawn in (True, False)]
    assert [row["p_holm"] for row in with_holm(rows, ())] == [0.02, 0.02]


def test_an_undefined_p_value_stays_undefined_and_leaves_its_family_alone() -> None:
    rows = [{"resample_runs": True, "p_value": p} for p in (0.04, np.nan, 0.01, 0.02)]
    found = [row["p_holm"] for row in with_holm(rows, ())]
    assert found == pytest.approx([0.04, np.nan, 0.03, 0.04], nan_ok=True)
