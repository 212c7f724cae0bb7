"""The study end to end on talk written for it: no text of ECEM's is here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.dummies.ecem import corpus
from tests.dummies.language_model import language_model_in

from heartsay import corpora
from heartsay.atomic import write_text
from heartsay.corpora import ecem
from heartsay.corpora.ecem import Ecem
from heartsay.experiments import comparisons
from heartsay.experiments.configurations import load
from heartsay.experiments.mecec import faces, language, numbers, rows, study, tables, work
from heartsay.experiments.mecec.faces import Face
from heartsay.experiments.mecec.plan import ARMS, FLOORS, HEADLINE, PARTS, RIVAL
from heartsay.experiments.mecec.study import MececStudy
from heartsay.experiments.study import Place, Run, as_json, do_run, is_done, reproduce
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.language_model import ExplainerTraining


def tiny(root: Path) -> ExplainerTraining:
    """A language model that writes nothing sensible in a second."""
    model = str(language_model_in(root / "language"))
    return ExplainerTraining(name="tiny", model=model, epochs=1, batch_tokens=800, rank=4)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Path]]:
    root = tmp_path_factory.mktemp("mecec")
    corpus(root / "data", 60)
    data = ecem.split(root / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "corpus", lambda: data)
        patch.setattr(rows, "gold_causes", lambda: {r.utterance: {r.utterance} for r in data.test})
        patch.setattr(corpora, "load", lambda *_: [])
        removed = {"explanations": 2, "changed": 1.0, "changed_otherwise": 0.5}
        patch.setattr(study, "removal", lambda *_: removed)
        work._writers.cache_clear()
        planned = MececStudy(Place(root / "work", root / "cache"), kept=root / "results" / "runs")
        patch.setattr(language, "SETTINGS", tiny(root))
        patch.setattr(faces, "train", lambda folder, seed: write_text(made_in(folder), "weights"))
        patch.setattr(language, "read_faces", lambda data, _: faces_of(data))
        patch.setattr(comparisons, "DRAWS", 60)  # intervals are not what is tested here
        patch.setattr(faces, "measured", lambda _: READ)
        for run in planned.runs():
            if run.seed == 1:
                assert do_run(planned, run) is None
        content = reproduce(planned, root / "results", workers=0, report=lambda _: None)
        yield content, root / "results"
        elsewhere = replace(planned, place=Place(root / "elsewhere", root / "cache"), go_on=True)
        check_that_it_goes_on(elsewhere, content)
        work._writers.cache_clear()


READ = {"faces": 4, "ddamfn": 75.0, "commonest": 50.0, "shipped expert": 100.0}
"""What was measured of faces that are not here."""


def made_in(folder: Path) -> Path:
    """Where a network's weights are put."""
    folder.mkdir(parents=True)
    return RunFolder(folder).weights


def faces_of(data: Ecem) -> dict[str, Face]:
    """A face for every clip, whose features say its emotion."""
    told = [(row.clip, row.emotion) for row in (*data.train, *data.dev, *data.test)]
    return {clip: Face(emotion, torch.full((1, 4), float(emotion == "joy"))) for clip, emotion in told}


def check_that_it_goes_on(elsewhere: MececStudy, content: dict[str, Any]) -> None:
    """Where nothing but numbers is, runs are done by them, as far as no other run needs their sentences."""
    elsewhere.prepare(lambda _: None)
    taken = {str(run) for run in elsewhere.runs() if is_done(run, elsewhere.place)}
    slow = {name for name, arm in ARMS.items() if not arm.is_quick}
    assert taken == {str(r) for r in elsewhere.runs() if r.method in slow and r.seed == 1}
    first = replace(elsewhere.place, work=elsewhere.place.work.parent / "work")
    for run in elsewhere.runs():
        if is_done(run, elsewhere.place):
            own = numbers.of_run(run, elsewhere.place, work.corpus(), elsewhere.judges, PARTS)
            assert own == as_read(numbers.of_run(run, first, work.corpus(), elsewhere.judges, PARTS))
            assert [row for row in content["rows"] if row["method"] == run.method] == rounded(own["rows"])


def as_read(found: Any) -> Any:
    """Numbers as a file gives them back."""
    return json.loads(json.dumps(found))


def rounded(rows: Any) -> Any:
    """Rows as they are written."""
    return json.loads(as_json({"rows": rows}))["rows"]


def by_method(content: dict[str, Any], part: str) -> dict[str, Any]:
    return {row["method"]: row for row in content["rows"] if row["protocol"] == part}


def test_every_arm_is_measured_on_the_parts_that_it_writes_for(made: tuple[dict[str, Any], Path]) -> None:
    content, _ = made
    for part in PARTS:
        assert set(by_method(content, part)) == {m for m, arm in ARMS.items() if part in arm.parts}
    assert content["read"] == ["dev", "test"]
    assert (content["done"], content["runs"]) == (len(ARMS), len(ARMS) + 4)  # of the seeds one was done


def test_arms_of_a_third_learn_from_other_numbers_of_clips(made: tuple[dict[str, Any], Path]) -> None:
    work_of = made[1].parent / "work" / "ecem" / "language model"
    counts = {}
    for method in ("tuned", "third", "third-label"):
        card = json.loads((work_of / method / "seed-1" / "training" / "run.json").read_text("utf-8"))
        counts[method] = card["data"]["train"]
    assert 0 < counts["third"] < counts["tuned"]
    assert counts["third-label"] == counts["third"]
    assert not (work_of / "zero-shot" / "seed-1" / "training").exists()
    assert not (work_of / "tuned-misheard" / "seed-1" / "training").exists()


def test_the_rewriter_says_what_the_embedded_generator_does_where_nothing_holds(
    made: tuple[dict[str, Any], Path],
) -> None:
    found = by_method(made[0], "test")
    assert found["rewriter"]["scores"] == found[HEADLINE]["scores"]
    assert found["rewriter"]["notes"] == {}
    assert sum(found["zero-shot"]["notes"].values()) > 0  # so small a model does not end


def test_a_tuned_model_is_asked_again_without_the_cause(made: tuple[dict[str, Any], Path]) -> None:
    found = by_method(made[0], "test")
    assert found["tuned"]["removal"] == {"clips": 0}  # dialogues of two turns have no other to take away
    assert found[HEADLINE]["removal"] is None
    known = {"clips": 100, "changed": 0.85, "changed_otherwise": 0.79, "changed_by_nothing": 0.13}
    page = tables.page({**made[0], "rows": [{**found["tuned"], "removal": known}]})
    assert "asked again about 100 test clips" in page
    assert "85.0% of its sentences change" in page


def test_a_rewriting_waits_for_the_tuned_model_of_its_seed(tmp_path: Path) -> None:
    planned = MececStudy(Place(tmp_path, tmp_path))
    rewriting = next(run for run in planned.runs() if (run.method, run.seed) == ("rewriter", 2))
    assert list(planned.needs(rewriting)) == [Run("ecem", "language model", "tuned", 2)]
    assert not planned.needs(next(run for run in planned.runs() if run.method == HEADLINE))
    shown = next(run for run in planned.runs() if run.method == "third-face-frozen")
    assert [run.method for run in planned.needs(shown)] == ["ddamfn"]


def test_floors_stand_first_and_say_nothing_of_the_clip(made: tuple[dict[str, Any], Path]) -> None:
    content, _ = made
    found = by_method(content, "test")
    assert list(found)[: len(FLOORS)] == list(FLOORS)
    assert found["prefix"]["grounded"] is None
    assert found[HEADLINE]["grounded"]["words"] == 1.0
    ours, floor = (found[name]["scores"]["CIDEr"]["reason alone"] for name in (HEADLINE, RIVAL))
    assert ours > floor


def test_what_is_cited_is_held_against_gold_causes(made: tuple[dict[str, Any], Path]) -> None:
    found = by_method(made[0], "test")
    assert found[HEADLINE]["causes"]["precision"] == 1.0
    assert found[RIVAL]["causes"] is None


def test_the_primary_comparison_is_one(made: tuple[dict[str, Any], Path]) -> None:
    primary = [row for row in made[0]["comparisons"] if row["primary"]]
    assert {(r["first"], r["second"], r["metric"]) for r in primary} == {
        (HEADLINE, RIVAL, "cider, prefix stripped")
    }


def test_what_was_not_computed_says_so_and_nothing_said_is_in_the_results(
    made: tuple[dict[str, Any], Path],
) -> None:
    content, folder = made
    page = (folder / "tables.md").read_text("utf-8")
    assert "not asked for" in page
    assert "first words stripped" in page
    assert "(rank 4) beside the queries and values of all layers" in page
    assert "Seeds: 1 of 3" in page
    assert "reads 75.0% of its 4 test faces as most people did" in page
    assert (folder / "cider.png").is_file()
    text = json.dumps(content) + page
    assert "garage" not in text
    assert "sold" not in text


def test_what_another_run_still_needs_and_what_was_made_otherwise_is_done_again(tmp_path: Path) -> None:
    study, kept = MececStudy(Place(tmp_path / "work", tmp_path)), tmp_path / "kept"
    kept.mkdir()
    runs = {(r.method, r.seed): r for r in study.runs()}
    asked = {run: work.needs(run) for run in study.runs()}

    def taken(*names: tuple[str, int], made_by: str | None = None) -> set[tuple[str, int]]:
        shutil.rmtree(tmp_path / "work", ignore_errors=True)
        for path in kept.iterdir():
            path.unlink()
        for method, seed in names:
            own = made_by or numbers.made_by(runs[method, seed])
            told = {"made_by": own, "rows": [], "each": {}, "time": {"seconds": 1}}
            (kept / f"{method}-seed-{seed}.json").write_text(json.dumps(told))
        count = numbers.take_over(study.runs(), asked, study.place, kept)
        done = {name for name, run in runs.items() if is_done(run, study.place)}
        assert len(done) == count
        return done

    every = [("tuned", 2), ("rewriter", 2)]
    assert taken(*every) == set(every)
    assert taken(("tuned", 2)) == set()  # the rewriter of its seed looks at its sentences
    assert taken(("rewriter", 2)) == {("rewriter", 2)}
    assert taken(*every, made_by="another") == set()
    (kept / "zero-shot-seed-1.json").write_text("spoilt")
    assert numbers.take_over(study.runs(), asked, study.place, kept) == 0


def test_the_way_a_run_is_made_is_its_arm_and_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (Run("ecem", "language model", "tuned", seed) for seed in (1, 2))
    before = numbers.made_by(first)
    assert before == numbers.made_by(second)
    assert before != numbers.made_by(Run("ecem", "language model", "third", 1))
    monkeypatch.setattr(language, "SETTINGS", language.SETTINGS.model_copy(update={"learning_rate": 1e-3}))
    assert before != numbers.made_by(first)


def test_runs_that_see_faces_are_made_anew_when_the_network_for_faces_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeing = ("ddamfn", "third-label", "third-face-alone")
    runs = {run.method: run for run in MececStudy(Place(Path("nowhere"), Path("nowhere"))).runs()}
    before = {name: numbers.made_by(run) for name, run in runs.items()}
    longer = load("ddamfn").model_copy(update={"epochs": 99})
    monkeypatch.setattr(numbers, "load", lambda name: longer)
    after = {name: numbers.made_by(run) for name, run in runs.items()}
    assert all(before[name] != after[name] for name in seeing)
    assert before["third"] == after["third"]


def test_a_quick_look_reads_no_test_part(made: tuple[dict[str, Any], Path]) -> None:
    place = MececStudy(Place(Path("nowhere"), Path("nowhere")), quick=True)
    assert {run.model for run in place.runs()} <= {"floor", "template", "retrieval"}


def test_a_quick_look_neither_writes_for_the_test_part_nor_measures_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus(tmp_path / "data", 60)
    data = ecem.split(tmp_path / "data")
    monkeypatch.setattr(work, "corpus", lambda: data)
    monkeypatch.setattr(rows, "gold_causes", dict)
    work._writers.cache_clear()
    look = MececStudy(Place(tmp_path / "work", tmp_path), quick=True)
    run = look.runs()[0]
    look.work(run)
    assert not (run.folder(look.place.work) / "test.jsonl").exists()
    found = numbers.of_run(run, look.place, data, look.judges, look._read)
    assert ([row["protocol"] for row in found["rows"]], list(found["each"])) == (["dev"], ["dev"])
    work._writers.cache_clear()


def test_what_was_made_with_earlier_settings_keeps_their_mark_and_is_named(
    made: tuple[dict[str, Any], Path],
) -> None:
    content, results = made
    assert content["earlier"] == []
    place = Place(results.parent / "work", results.parent / "cache")
    run = next(run for run in MececStudy(place).runs() if run.method == "third-label")
    mark = run.folder(place.work) / numbers.MADE_BY
    assert (
        mark.read_text("utf-8").strip()
        == json.loads((results / "runs" / "third-label-seed-1.json").read_text("utf-8"))["made_by"]
    )
    assert numbers.made_earlier({run: {"made_by": "before"}}) == ["third-label"]
    page = tables.page({**content, "earlier": ["third-label"]})
    assert f"**Made with earlier settings** of what they train or read: {ARMS['third-label'].title}." in page


def test_a_mean_says_which_runs_it_leaves_out() -> None:
    assert tables._cell([0.5, None, 0.25]).endswith(" (2 of 3 runs)")
    assert "of" not in tables._cell([0.5, 0.25])
    assert tables._cell([None]) == "not computed"


def test_what_people_wrote_and_the_own_utterance_stand_beside_the_arms(
    made: tuple[dict[str, Any], Path],
) -> None:
    content, results = made
    people = {row["protocol"]: row for row in content["people"]}
    assert people["test"]["itself"]["hit"] == 1  # here every clip is its own gold cause
    assert 0 <= people["test"]["grounded"]["words"] <= 1
    page = (results / "tables.md").read_text("utf-8")
    assert "| *what people wrote* | all it could see |" in page
    quoted = by_method(content, "test")[HEADLINE]["quoted"]
    assert 0 < quoted <= 1
    assert f"| {100 * quoted:.1f} |" in page
