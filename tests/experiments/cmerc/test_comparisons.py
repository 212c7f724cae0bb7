from __future__ import annotations

import pytest
from tests.experiments.cmerc.conftest import SCOPE, Made

from heartsay import metrics
from heartsay.experiments.cmerc.comparisons import ScoredModel, compared, pairs, scored
from heartsay.experiments.cmerc.plan import COMPOSED, FULL, VOICES
from heartsay.experiments.cmerc.rows import reading_on_test
from heartsay.experiments.comparisons import DRAWS
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.report_tables import lookup
from heartsay.experiments.study import Run

METRICS = {
    "weighted_f1": "weighted_f1",
    "cel_per_utterance_edges": "cel_per_utterance_edges",
    "cel_per_utterance_strict": "cel_per_utterance_strict",
    "uncertain_share_edges": "uncertain_share_edges.all",
    "uncertain_share_strict": "uncertain_share_strict.all",
    "expected_calibration_error": "expected_calibration_error",
    "aurc": "aurc",
}
"""What is compared, and the column of the rows that it is in."""


def test_cmerc_meets_base_and_ours_meets_everybody() -> None:
    assert ("cmerc", "base") in set(pairs(FULL, VOICES, "mmgcn"))
    for other in ("temperature", "ensemble", "crl", "fmfp", "cml", "cmerc", "base"):
        assert ("removal-supervision", other) in set(pairs(FULL, COMPOSED, "m3net"))
    assert {first for first, _ in pairs(FULL, COMPOSED, "mmgcn")} == {"cmerc", "removal-mixture"}


def test_differences_are_those_of_the_rows(made: Made) -> None:
    wanted = (VOICES, "m3net", "cmerc", "base")
    found = [
        r for r in made.content["comparisons"] if (r["corpus"], r["model"], r["first"], r["second"]) == wanted
    ]
    assert {(r["metric"], r["resample_runs"]) for r in found} == {
        (m, d) for m in METRICS for d in (True, False)
    }
    for metric, column in METRICS.items():
        means = []
        for method in ("cmerc", "base"):
            rows = [
                lookup(r, column)
                for r in made.content["rows"]
                if (r["corpus"], r["model"], r["method"]) == (VOICES, "m3net", method)
                and r["protocol"] == "development-selected"
            ]
            means.append(sum(rows) / len(rows))
        (row, _) = (r for r in found if r["metric"] == metric)
        # Both sides were rounded to six digits when they were written.
        assert row["difference"] == pytest.approx(means[0] - means[1], abs=1e-4)
        assert row["seeds"] == [1, 2]
        assert row["low"] <= row["high"]


def test_scores_that_were_kept_are_those_of_a_bootstrap_from_scratch(made: Made) -> None:
    known = ScoredModel(SCOPE, made.place, VOICES, "m3net")
    for first, second in (("removal-supervision", "cmerc"), ("removal-supervision", "base")):
        for row in compared([known], first, second):
            paired = []
            for seed in row["seeds"]:
                runs = (
                    Run(VOICES, "m3net", method, seed, fold_of(VOICES, seed)) for method in (first, second)
                )
                one, two = (scored(reading_on_test(run, SCOPE, made.place)) for run in runs)
                metric = row["metric"]
                paired.append(metrics.PairedRun(one.conversation, one.scores[metric], two.scores[metric]))
            fresh = metrics.paired_bootstrap_over_runs(
                paired, resample_runs=row["resample_runs"], draws=DRAWS
            )
            assert {name: row[name] for name in fresh._fields} == fresh._asdict()


def test_a_pair_without_a_common_seed_has_no_comparison(made: Made) -> None:
    assert compared([ScoredModel(SCOPE, made.place, VOICES, "dialogue-rnn")], "cmerc", "base") == []
    known = ScoredModel(SCOPE, made.place, VOICES, "m3net")
    (row, *_) = compared([known], "cmerc-without-curriculum", "base")
    assert row["seeds"] == [1]


def test_a_mixture_has_no_say_on_removals_so_none_is_compared(made: Made) -> None:
    known = ScoredModel(SCOPE, made.place, VOICES, "m3net")
    found = {row["metric"] for row in compared([known], "removal-mixture", "base")}
    assert found == {"weighted_f1", "expected_calibration_error", "aurc"}


def test_together_the_difference_is_the_mean_over_all_runs(made: Made) -> None:
    one = ScoredModel(SCOPE, made.place, VOICES, "m3net")
    (alone, *_) = compared([one], "cmerc", "base")
    twice = ScoredModel(SCOPE, made.place, VOICES, "m3net")
    (row, *_) = compared([one, twice], "cmerc", "base")
    assert row["model"] == "all backbones"
    assert row["difference"] == pytest.approx(alone["difference"])
