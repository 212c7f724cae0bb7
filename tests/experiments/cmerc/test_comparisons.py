from __future__ import annotations

import pytest
from tests.experiments.cmerc.conftest import SCOPE, Made

from undertone.experiments.cmerc.comparisons import SCORERS, compare, pairs
from undertone.experiments.cmerc.plan import COMPOSED, FULL, VOICES


def test_cmerc_meets_base_and_ours_meets_everybody() -> None:
    asked = set(pairs(FULL))
    assert (VOICES, "mmgcn", "cmerc", "base") in asked
    for other in ("temperature", "ensemble", "crl", "fmfp", "cml", "cmerc", "base"):
        assert (COMPOSED, "m3net", "removal-supervision", other) in asked


def test_differences_are_those_of_the_rows(made: Made) -> None:
    found = [r for r in made.content["comparisons"] if (r["corpus"], r["first"]) == (VOICES, "cmerc")]
    assert {(r["metric"], r["resample_runs"]) for r in found} == {
        (m, d) for m in SCORERS for d in (True, False)
    }
    for metric in SCORERS:
        means = []
        for method in ("cmerc", "base"):
            rows = [
                r[metric]
                for r in made.content["rows"]
                if (r["corpus"], r["model"], r["method"]) == (VOICES, "m3net", method)
                and r["protocol"] == "development-selected"
            ]
            means.append(sum(rows) / len(rows))
        (row, _) = (r for r in found if r["metric"] == metric)
        assert row["difference"] == pytest.approx(means[0] - means[1], abs=1e-4)
        assert row["seeds"] == [1, 2]
        assert row["low"] <= row["high"]


def test_a_pair_without_a_common_seed_has_no_comparison(made: Made) -> None:
    assert compare(SCOPE, made.place, VOICES, "dialogue-rnn", "cmerc", "base") == []
    (row, *_) = compare(SCOPE, made.place, VOICES, "m3net", "cmerc-without-curriculum", "base")
    assert row["seeds"] == [1]
