from __future__ import annotations

from collections import Counter

import pytest

from heartsay.experiments.cmerc.methods import DERIVED, FOCAL_METHODS
from heartsay.experiments.cmerc.plan import (
    BASE,
    CMERC,
    COMPARED,
    COMPOSED,
    FROZEN_VOICES,
    FULL,
    MEMBER_SEED,
    OUR_BACKBONE,
    PRINCIPAL,
    QUICK,
    VOICES,
    baseline,
    cells,
    configuration,
    methods_for,
    planned,
    runs,
    sources,
)
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Run
from heartsay.objectives.registry import build_objective
from heartsay.objectives.task_losses import task_loss

CLASSES = tuple("abcdefg")


def test_every_run_of_the_plan_has_a_configuration_whose_objective_can_be_built() -> None:
    seen = {(r.corpus, r.model, r.method): r for r in runs(FULL)}
    for (corpus, model, method), run in seen.items():
        settings = configuration(run)
        modalities = ("text", "voice", "face") if corpus == COMPOSED else ("text", "voice")
        loss = task_loss(settings.task_loss.name, CLASSES)
        objective = build_objective(settings.objective.name, loss, modalities, settings.objective.settings)
        assert objective.needs_baseline == (baseline(run) is not None), run
        assert (settings.backbone.name, settings.corpus) == (model, corpus)
        assert method in settings.name


def test_what_a_cell_is_made_from_is_among_the_runs_and_so_is_what_a_run_needs() -> None:
    for scope in (FULL, QUICK):
        wanted = set(runs(scope))
        assert all(source in wanted for cell in cells(scope) for source in sources(cell, scope))
        assert all(baseline(run) in wanted for run in wanted if baseline(run) is not None)


def test_every_backbone_meets_every_method_on_real_voices_and_two_do_on_the_composed_corpus() -> None:
    every = set(FULL.methods) | set(DERIVED)
    for model in COMPARED:
        assert set(methods_for(FULL, VOICES, model)) == every
        few = {BASE, CMERC, "temperature", "cmerc-temperature"}
        few |= {"removal-mixture", "cmerc-removal-mixture"}
        assert set(methods_for(FULL, COMPOSED, model)) == (every if model in PRINCIPAL else few)


def test_each_cell_has_five_seeds_and_each_seed_of_real_voices_another_fold() -> None:
    counted = Counter((c.corpus, c.model, c.method) for c in cells(FULL))
    assert list(counted.values()) == [cell["seeds"] for cell in planned(FULL)]
    main = {
        k: n for k, n in counted.items() if k[2] in FULL.methods or k[2] in DERIVED or k[2] in FOCAL_METHODS
    }
    assert set(main.values()) == {5}
    folds = {c.fold for c in cells(FULL) if (c.corpus, c.model, c.method) == (VOICES, "mmgcn", CMERC)}
    assert folds == {0, 1, 2, 3, 4}
    assert fold_of(FROZEN_VOICES, 2) == 1
    assert fold_of(COMPOSED, 2) is None


def test_members_of_an_ensemble_share_the_fold_and_no_seed_with_another_cell() -> None:
    made_from = [sources(c, FULL) for c in cells(FULL) if c.method == "ensemble"]
    for group in made_from:
        assert len({run.seed for run in group}) == FULL.members
        assert len({run.fold for run in group}) == 1
    first = {run for group in made_from for run in group[1:]}
    assert all(run.seed > MEMBER_SEED for run in first)


def test_base_and_cmerc_of_every_corpus_come_before_anything_else() -> None:
    order = runs(FULL)
    main = [run.method in (BASE, CMERC) and run.seed < MEMBER_SEED for run in order]
    assert main == sorted(main, reverse=True)
    assert order[0].seed == 1


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("cmerc-removing-text", ["without_text", "own_context", "other_context"]),
        ("cmerc-removing-voice+face", ["without_voice", "without_face", "own_context", "other_context"]),
        ("cmerc-removing-own_context", ["without_text", "without_voice", "without_face", "own_context"]),
    ],
)
def test_methods_of_table_seven_use_the_removals_they_name(method: str, expected: list[str]) -> None:
    settings = configuration(Run(COMPOSED, "m3net", method, 1, None)).objective.settings
    assert settings["views"] == expected


def test_variants_differ_from_their_origin_in_the_one_setting_they_name() -> None:
    base = configuration(Run(VOICES, "m3net", BASE, 1, 0))
    focal = configuration(Run(VOICES, "m3net", "base-defective-focal", 1, 0))
    assert focal.task_loss.name == "defective_focal"
    assert focal.model_copy(update={"task_loss": base.task_loss, "name": base.name}) == base
    cmerc = configuration(Run(VOICES, "m3net", CMERC, 1, 0))
    swept = configuration(Run(VOICES, "m3net", "cmerc-constraint-3", 1, 0))
    assert swept.objective.settings == {**cmerc.objective.settings, "constraint": 3.0}


def test_frozen_words_train_with_the_settings_of_fine_tuned_ones() -> None:
    frozen, tuned = (configuration(Run(c, OUR_BACKBONE, BASE, 1, 0)) for c in (FROZEN_VOICES, VOICES))
    assert frozen.backbone == tuned.backbone
    assert frozen.corpus == FROZEN_VOICES
