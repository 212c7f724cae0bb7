"""Runs that train the encoder along: found, trained, read and measured like those over cached vectors."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file
from tests.dummies.encoder import (
    CAUSED,
    HELD_BACK,
    configuration,
    dummy_model,
    tokenizer_and_settings,
    training_data,
)

from heartsay.errors import InputError
from heartsay.evidence.labels import label_packs
from heartsay.evidence.readings import RawReading, assemble, one_row_each, plan, with_gold
from heartsay.evidence.tokens import word_evidence
from heartsay.experiments.configurations import packed
from heartsay.experiments.rpcl import end_to_end
from heartsay.experiments.rpcl.end_to_end import (
    NEVER_SHOWN,
    complete,
    is_trained,
    source,
    spoilt_pack,
    train_and_read,
)
from heartsay.experiments.rpcl.plan import METHODS, PACKED, SEEDS, spoilt_readings
from heartsay.experiments.rpcl.rows import load
from heartsay.experiments.rpcl.study import RpclStudy
from heartsay.experiments.study import Place, Run, do_run, is_done, reproduce
from heartsay.labels import EMOTIONS
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import begin_or_continue
from heartsay.training.tasks.pair_scorer import development_scores

DRAWS = 3
TEST = (*HELD_BACK, *CAUSED)
BASE, FULL = (Run("ecf", PACKED, method, 1) for method in ("base", "rpcl"))


@dataclass(frozen=True)
class OnlyPacked(RpclStudy):
    """The study without the runs over cached vectors."""

    def runs(self) -> Sequence[Run]:
        return end_to_end.runs(SEEDS, self.place)


@pytest.fixture(scope="module")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Tiny settings and data in the place of the real ones."""
    folder = tmp_path_factory.mktemp("settings")
    made = {}
    for method, added in (("base", {}), ("rpcl", {"rpcl": {"ramp": 0.5}})):
        path = folder / f"{method}.yaml"
        path.write_text(yaml.safe_dump(configuration(epochs=2, **added).model_dump()))
        made[method] = str(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(end_to_end, "CONFIGURATIONS", made)
        patch.setattr(end_to_end, "DRAWS", DRAWS)
        patch.setattr(end_to_end, "load_training_data", training_data)
        patch.setattr(end_to_end, "development_data", lambda corpus: HELD_BACK)
        patch.setattr(end_to_end, "load", lambda corpus, split: TEST)
        yield made


@pytest.fixture(scope="module")
def place(trainings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Base and full trained under one seed and read."""
    folder = tmp_path_factory.mktemp("rpcl")
    here = Place(folder / "work", folder / "cache", trained=folder / "runs")
    for run in (BASE, FULL):
        assert do_run(RpclStudy(here), run) is None
        assert is_trained(run, here)
    return here


def test_runs_stand_where_the_model_that_comes_along_is_trained(place: Place) -> None:
    assert source(BASE, place).path == place.trained / "small" / "seed-1"
    assert source(FULL, place).path == place.trained / "rpcl-end-to-end" / "seed-1"
    assert source(FULL, place).configuration(Configuration).rpcl is not None


def test_rows_comparisons_and_tables_hold_both_methods(place: Place, tmp_path: Path) -> None:
    planned = end_to_end.runs(SEEDS, place)
    assert {run.seed for run in planned} == {1, 2, 3}
    content = reproduce(OnlyPacked(place), tmp_path, workers=0, report=lambda _: None)
    assert (content["done"], content["runs"]) == (2, 6)
    assert [(r["model"], r["method"], r["protocol"], r["seed"]) for r in content["rows"]] == [
        ("packed-dialogue", "base", "end-to-end", 1),
        ("packed-dialogue", "rpcl", "end-to-end", 1),
    ]
    for row in content["rows"]:
        assert row["cause_f1_by_head"] is None
        assert 0 <= row["mean_absolute_change_when_spoilt"] <= 1
    difference = next(c for c in content["comparisons"] if c["metric"] == "pair_auprc")
    base, full = (row["pair_auprc"] for row in content["rows"])
    assert difference["protocol"] == "end-to-end"
    # Both sides were rounded to six digits when they were written.
    assert difference["difference"] == pytest.approx(full - base, abs=1e-4)
    assert "NaN" not in (tmp_path / "results.json").read_text("utf-8")
    table = (tmp_path / "tables.md").read_text("utf-8")
    assert "its encoder trained along" in table
    assert "cached" not in table
    assert {p.name for p in tmp_path.glob("*.png")} == {
        "gaps-ecf-end-to-end.png",
        "reliability-ecf-end-to-end.png",
    }


def test_what_was_trained_is_not_trained_or_counted_again_with_other_settings(
    place: Place, trainings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(end_to_end, "load_training_data", pytest.fail)
    train_and_read(FULL, place)
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(configuration(epochs=2, dropout=0.5).model_dump()))
    monkeypatch.setitem(trainings, "base", str(other))
    assert not is_trained(BASE, place)
    with pytest.raises(InputError, match="another configuration"):
        train_and_read(BASE, place)


def test_a_further_seed_counts_once_it_is_finished(place: Place) -> None:
    further = replace(FULL, seed=5)
    assert further not in RpclStudy(place).runs()
    train_and_read(further, place)
    assert further in RpclStudy(place).doable()
    # A run that is wanted and not trained is done only if it is asked for.
    wanted = replace(FULL, seed=3)
    assert wanted in RpclStudy(place).runs()
    assert wanted not in RpclStudy(place).doable()
    assert wanted in RpclStudy(place, with_encoder=True).doable()


def test_readings_of_weights_that_were_replaced_are_forgotten(place: Place, tmp_path: Path) -> None:
    here = replace(place, work=shutil.copytree(place.work, tmp_path / "work"))
    assert not any(map(RpclStudy(here).is_stale, RpclStudy(here).runs()))
    elsewhere = replace(here, trained=shutil.copytree(place.trained, tmp_path / "runs"))
    save_file(dummy_model().state_dict(), str(source(BASE, elsewhere).weights))
    reproduce(OnlyPacked(elsewhere), tmp_path, workers=0, report=lambda _: None)
    assert not is_done(BASE, elsewhere)
    assert is_done(FULL, elsewhere)


def test_development_readings_are_those_by_which_the_epoch_was_chosen(place: Place) -> None:
    run = source(FULL, place)
    development, test = load(FULL, place)
    best = max(float(row["pair_f1"]) for row in run.history() if row["selection"] == _best(run.history()))
    assert development_scores(development)["pair_f1"] == pytest.approx(best)
    pairs = test.annotated_pairs()
    assert len(pairs.log_odds) == sum(len(c.utterances) ** 2 for c in TEST)
    with np.load(spoilt_readings(FULL, place)) as stored:
        draws = stored["log_odds"]
    assert draws.shape == (DRAWS, len(pairs.log_odds))
    assert not np.allclose(draws[0], draws[1], atol=1e-4)
    whole = TEST.index(CAUSED[-1])  # one utterance, in a gold pair: nothing to spoil
    own = pairs.conversation == whole
    np.testing.assert_allclose(draws[:, own], pairs.log_odds[None, own].repeat(DRAWS, 0), atol=1e-4)


def _best(history: list[dict[str, Any]]) -> float:
    return max(float(row["selection"]) for row in history)


def test_a_draw_spoils_the_same_talk_whatever_the_model_and_never_gold() -> None:
    tokenizer, settings = tokenizer_and_settings()
    items = [item for c in TEST for item in label_packs(c, tokenizer, settings)]
    drawn = []
    for _ in range(2):
        torch.manual_seed(0)
        drawn.append([spoilt_pack(item, settings) for item in items])
    fewer = 0
    for item, first, second in zip(items, *drawn, strict=True):
        assert first.tokens.tolist() == second.tokens.tolist()
        fewer += len(first.tokens) < len(item.pack.tokens)
        assert item.paired is not None
        for row in np.flatnonzero(item.paired):
            assert (
                first.tokens[first.owner == row].tolist() == item.pack.tokens[item.pack.owner == row].tolist()
            )
    assert fewer > 0


def test_every_ordered_pair_has_its_score_and_every_gold_pair_counts() -> None:
    far = replace(HELD_BACK[0], pairs=frozenset({(9, 0), (1, 1)}))
    conversations = (HELD_BACK[1], far)
    tokenizer, settings = tokenizer_and_settings()
    packed = [label_packs(c, tokenizer, settings) for c in conversations]
    items = [item for group in packed for item in group]
    assert len(packed[1]) > 1
    random = np.random.default_rng(0)
    raw = [
        RawReading(
            random.normal(size=(len(i.emotion), 7)).astype(np.float32),
            random.normal(size=(len(i.emotion),) * 2).astype(np.float32),
        )
        for i in items
    ]
    evidence = [(c.id, word_evidence(c, tokenizer, settings)) for c in conversations]
    jobs = [job for id, given in evidence for job in plan(id, given, (), settings.lead)]
    read = one_row_each(assemble(zip(jobs, raw, strict=True), EMOTIONS.names, ()))
    reading = complete(with_gold(read, conversations), conversations)
    found = reading.annotated_pairs()
    assert found.gold.sum() == len(HELD_BACK[1].pairs or ()) + 2
    whole = found.conversation == 0
    np.testing.assert_allclose(found.log_odds[whole], raw[0].pair.ravel(), rtol=1e-6)
    np.testing.assert_allclose(reading.logits["full"][:3], raw[0].emotion, rtol=1e-6)
    last_for_first = (found.conversation == 1) & (found.emotion == 9) & (found.cause == 0)
    assert found.gold[last_for_first].all()
    assert found.log_odds[last_for_first] == NEVER_SHOWN  # no window holds both
    assert (reading.logits["full"] != 0).all()
    assert reading.cause is None


@pytest.mark.parametrize("quick", [True, False])
def test_a_quick_look_leaves_them_out(place: Place, tmp_path: Path, quick: bool) -> None:
    content = reproduce(RpclStudy(place, quick=quick), tmp_path, workers=0, report=lambda _: None)
    cached = 2 * 3 if quick else 5 * 2 * len(METHODS)
    found = {(row["protocol"], row["method"]) for row in content["rows"]}
    assert found == (set() if quick else {("end-to-end", "base"), ("end-to-end", "rpcl")})
    assert content["runs"] == (cached if quick else cached + 6 + _further(place))
    assert json.loads((tmp_path / "results.json").read_text("utf-8")) == content


def _further(place: Place) -> int:
    return sum(is_trained(Run("ecf", PACKED, m, s), place) for m in end_to_end.CONFIGURATIONS for s in (4, 5))


def test_a_run_that_is_not_finished_is_not_read(place: Place) -> None:
    begin_or_continue(
        source(replace(BASE, seed=2), place).path, packed(end_to_end.CONFIGURATIONS["base"]), 2, {}
    )
    assert not is_trained(replace(BASE, seed=2), place)
