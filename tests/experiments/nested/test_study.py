"""The nested study end to end on a tiny corpus: trials, choices, one reading of the outer test, the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.dummies.evidence import WIDTHS, feature_corpus
from typer.testing import CliRunner

from heartsay.cli.app import app
from heartsay.errors import InputError
from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.experiments.nested import corpora
from heartsay.experiments.nested.again import METRICS, in_words, load_results, train_again
from heartsay.experiments.nested.journal import BEGUN, CHOSEN, INNER, OPENED, READ, Journal, digest
from heartsay.experiments.nested.outer import readings
from heartsay.experiments.nested.plan import CMERC, VOICES, NestedRun, Scope, final_runs
from heartsay.experiments.nested.study import JOURNAL, NestedStudy
from heartsay.experiments.nested.work import chosen, inner_scores
from heartsay.experiments.study import Place, do_run, is_done, reproduce
from heartsay.progress import silent

SCOPE = Scope(
    (VOICES,),
    {VOICES: ("evidence-attention",)},
    ("base", CMERC),
    {VOICES: 2},
    (1, 2),
    2,
    {VOICES: 2},
    None,
)


class Made(NamedTuple):
    study: NestedStudy
    results: Path
    before: dict[str, Any]


def tiny(name: str, cache: Path, kept: Path, words: str | None, encoder: int) -> EvidenceCorpus:
    widths = {m: w for m, w in WIDTHS.items() if m != "face"}
    return feature_corpus((40, 10, 10), (2, 6), widths=widths, seed=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("nested")
    study = NestedStudy(Place(root / "work", root / "cache"), SCOPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpora, "_every_dialogue", tiny)
        patch.setattr(corpora, "_text", lambda *_: {})
        study.prepare(silent)
        with pytest.raises(InputError, match="that are not done"):
            study.read_outer_test(silent)
        logged = study.logging(silent)
        for run in study.runs():
            assert all(is_done(needed, study.place) for needed in study.needs(run)), run
            assert do_run(study, run) is None, run
            logged({"message": f"{run} done", "run": str(run)})
        before = reproduce(study, root / "results", workers=0, report=silent)
        study.read_outer_test(silent)
        yield Made(study, root / "results", before)


def test_before_the_outer_test_is_read_there_is_nothing_of_it(made: Made) -> None:
    assert (made.before["rows"], made.before["comparisons"], made.before["floors"]) == ([], [], [])
    assert made.before["done"] == made.before["runs"]


def test_it_is_read_once_and_the_log_says_what_was_read_when(made: Made) -> None:
    with pytest.raises(InputError, match="one that was read at"):
        made.study.read_outer_test(silent)
    events = [entry["event"] for entry in made.study.journal().entries]
    trials = len(made.study.runs())
    assert events == [BEGUN, *[INNER] * trials, *[CHOSEN] * 4, OPENED, READ]
    assert events.index(CHOSEN) < events.index(OPENED)


def test_what_was_chosen_is_what_inner_data_say(made: Made) -> None:
    work = made.study.place.work
    for entry in made.study.journal().of(CHOSEN):
        run = NestedRun(VOICES, entry["model"], entry["arm"], 1, entry["fold"])
        scores = inner_scores(run, SCOPE, work)
        assert entry["inner"] == pytest.approx(scores, abs=0.006)
        assert entry["trial"] == chosen(run, SCOPE, work) == scores.index(max(scores))


def test_the_page_has_the_comparison_that_was_named_beforehand(made: Made) -> None:
    content = reproduce(made.study, made.results, workers=0, report=silent)
    page = (made.results / "tables.md").read_text("utf-8")
    assert "**Named beforehand**: cmerc less base, weighted F1" in page
    primary = [row for row in content["comparisons"] if row["role"] == "primary"]
    assert len(primary) == 2  # with runs drawn anew and without
    assert {row["model"] for row in primary} == {"all backbones"}
    assert all(row["p_holm"] == row["p_value"] for row in primary)
    assert {row["calibration"] for row in content["rows"]} == {"none", "temperature", "removal-mixture"}
    runs = [row for row in content["rows"] if row["seed"] != "ensemble"]
    assert len(runs) == 3 * len(final_runs(SCOPE))
    assert "logistic regression, single utterances" in page
    assert {path.name for path in made.results.glob("*.png")} == {
        "differences-meld-voices.png",
        "trials-meld-voices.png",
    }
    assert "| meld-voices |" in page.split("## The contrast's weight")[1]


def test_a_model_that_changed_since_is_not_read_with(made: Made, tmp_path: Path) -> None:
    journal = made.study.place.work / JOURNAL
    lines = journal.read_text("utf-8").splitlines()
    opened = [line for line in lines if json.loads(line)["event"] != READ]
    run = final_runs(SCOPE)[0]
    weights = run.folder(made.study.place.work) / "model.safetensors"
    kept, whole, end = weights.read_bytes(), journal.read_text("utf-8"), Journal(journal).end
    its = end.read_text("utf-8")
    try:
        # As it was where the reading was interrupted.
        journal.write_text("\n".join(opened) + "\n", "utf-8")
        end.write_text(digest(json.loads(opened[-1])), "utf-8")
        weights.write_bytes(kept + b" ")
        with pytest.raises(InputError, match="a choice or a weight has changed"):
            made.study.read_outer_test(silent)
    finally:
        weights.write_bytes(kept)
        journal.write_text(whole, "utf-8")
        end.write_text(its, "utf-8")
    assert readings(run, made.study.place.work).exists()


def test_the_time_is_estimated_without_features_and_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "heartsay.experiments.nested.study.stand_in",
        lambda name, scope: tiny(name, tmp_path, tmp_path, None, 1),
    )
    study = NestedStudy(Place(tmp_path / "work", tmp_path / "cache"), SCOPE)
    (share,) = study.estimate(silent)
    assert (share.corpus, share.model, share.runs) == (VOICES, "evidence-attention", len(study.runs()))
    assert share.seconds > 0
    assert not (tmp_path / "work").exists()


def test_models_of_the_results_are_the_same_when_they_are_trained_again(made: Made, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="outer test has been read"):
        train_again(made.before, SCOPE, Place(tmp_path, tmp_path), 2, silent)
    content = reproduce(made.study, made.results, workers=0, report=silent)
    place = Place(tmp_path / "again", made.study.place.cache)
    cells = train_again(load_results(made.results), SCOPE, place, 2, silent)
    assert len(cells) == 2 * len(METRICS)
    assert all(cell.is_same for cell in cells), in_words(cells)
    assert in_words(cells).endswith(f"{len(cells)} of {len(cells)} numbers are within 0.1 of the results'")
    assert not (place.work / JOURNAL).exists()
    with pytest.raises(InputError, match="the vectors that the results were made with"):
        train_again(content, replace(SCOPE, words="mpnet"), place, 2, silent)
    other = {**content, "rows": [{**row, "aurc": row["aurc"] + 1} for row in content["rows"]]}
    differ = train_again(other, SCOPE, place, 2, silent)  # what was trained again is read, not trained
    assert [cell.metric for cell in differ if not cell.is_same] == ["aurc", "aurc"]


def test_there_is_nothing_to_train_again_without_results(tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        app,
        ["reproduce", "cmerc-nested", "--again", "1", "--results", str(tmp_path), "--work", str(tmp_path)],
    )
    assert isinstance(ran.exception, InputError)
    assert "--read-outer-test" in str(ran.exception)
    assert not list(tmp_path.iterdir())
