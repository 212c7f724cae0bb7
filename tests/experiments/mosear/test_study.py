"""The comparison end to end on a tiny corpus with known sides."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.dummies.evidence import EMOTIONS, feature_corpus

from heartsay.errors import ModelError
from heartsay.evidence.corpus import EvidenceCorpus, fingerprint, standardised
from heartsay.evidence.reading import Reading
from heartsay.experiments.mosear import rows, work
from heartsay.experiments.mosear.plan import (
    AUGMENTED,
    FRONTIER,
    HCT,
    HEADLINE,
    HEADLINE_SCENE,
    MATCHED,
    MOSE,
    MOVED,
    PARTS,
    RIVALS,
    SCENES,
    SEEDS,
    TRAINED,
    VARIANT,
    VARIANT_RIVAL,
    WITH_WORDS,
    configuration,
    methods_of,
    run_of,
    runs,
    source_of,
)
from heartsay.experiments.mosear.references import predictions
from heartsay.experiments.mosear.rows import DEVELOPMENT, _groups, best_rival, load, vectors
from heartsay.experiments.mosear.study import MosearStudy
from heartsay.experiments.mosear.work import SETTINGS, Sides, side_classes
from heartsay.experiments.study import Place, do_run, reproduce
from heartsay.metrics.conflict import subset_masks
from heartsay.models.backbone import InputShape
from heartsay.models.registry import build_backbone
from heartsay.training.run_folder import RunFolder

CORPUS = feature_corpus((10, 8, 8), (1, 6))


def known_sides(corpus: EvidenceCorpus = CORPUS) -> Sides:
    """What voice and face show: the label three times out of five, else another."""
    random, found = np.random.default_rng(0), {}
    for conversation in corpus.conversations():
        for utterance, gold in zip(
            conversation.evidence.utterances, conversation.emotion.tolist(), strict=True
        ):
            sides = [gold if random.random() < 0.6 else (gold + 1) % len(EMOTIONS) for _ in range(2)]
            found[utterance] = (EMOTIONS[sides[0]], EMOTIONS[sides[1]])
    return found


class Made(NamedTuple):
    content: dict[str, Any]
    place: Place
    folder: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    root = tmp_path_factory.mktemp("mosear")
    place = Place(root / "work", root / "cache", 1)
    study = MosearStudy(place, quick=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "_corpus", lambda cache, name: CORPUS)
        patch.setattr(work, "sides", lambda cache, scenes, report=None: known_sides())
        work.read_standardised.cache_clear()
        for run in study.runs():
            if (run.method, run.seed) != (HEADLINE, 2):  # left undone
                assert do_run(study, run) is None, run
        content = reproduce(study, root / "results", workers=0, report=lambda _: None)
        yield Made(content, place, root / "results")
    work.read_standardised.cache_clear()
    load.cache_clear()


def test_rows_are_of_the_runs_that_are_done(made: Made) -> None:
    content = made.content
    assert (content["done"], content["runs"]) == (11, 12)
    assert {row["method"] for row in content["rows"]} == {
        "base",
        "conflict-augmentation",
        "lora",
        "mose",
        "base-ar",
        HEADLINE,
    }
    assert json.loads((made.folder / "results.json").read_text("utf-8")) == content
    table = (made.folder / "tables.md").read_text("utf-8")
    assert "Composed" in table
    assert all(f"| {name} |" in table for name in ("majority", "logistic regression", "sides known"))
    assert (made.folder / f"sides-{MATCHED}.png").stat().st_size > 0


def test_who_knows_both_sides_says_the_commonest_label_of_such_utterances_in_training(made: Made) -> None:
    known = known_sides()
    trained_on = [
        (known[utterance], gold)
        for conversation in CORPUS.splits["train"]
        for utterance, gold in zip(
            conversation.evidence.utterances, conversation.emotion.tolist(), strict=True
        )
    ]
    said = predictions(standardised(CORPUS), ("voice", "face"), known)["sides known"]
    assert set(said) == {u for c in CORPUS.splits["test"] for u in c.evidence.utterances}
    seen = 0
    for utterance, guess in said.items():
        counts = Counter(gold for sides, gold in trained_on if sides == known[utterance])
        assert not counts or counts[guess] == max(counts.values())
        seen += bool(counts)
    assert seen > 5
    assert "sides known" not in predictions(standardised(CORPUS), ("text", "voice", "face"), known)


def test_the_scores_of_a_row_are_those_of_its_reading(made: Made) -> None:
    row = next(r for r in made.content["rows"] if (r["method"], r["seed"]) == ("mose", 1))
    folder = RunFolder(run_of(MATCHED, "mose", 1).folder(made.place.work))
    for split, prefix in (("test", ""), ("dev", "development_")):
        reading = Reading.load(folder.readings()).of(split)
        assert reading.modalities == ("voice", "face")
        masks = subset_masks(
            reading.gold, *side_classes(known_sides(), reading.utterance.tolist(), reading.classes)
        )
        hit = reading.logits["edges/full"].argmax(1) == reading.gold
        shares = {name: 100 * hit[mask].mean() for name, mask in masks.items() if mask.any()}
        wanted = (shares["voice_aligned"] + shares["face_aligned"]) / 2
        assert row[f"{prefix}mean_conflict"] == pytest.approx(wanted, rel=1e-5)
        if split == "test":
            gap = shares["voice_aligned"] - shares["face_aligned"]
            assert row["bias_gap"] == pytest.approx(gap, rel=1e-5, abs=1e-9)
            assert row["consistent_accuracy"] == pytest.approx(shares["consistent"], rel=1e-5)
            ablated = reading.logits["edges/without_voice"].argmax(1)
            conflict = masks["voice_aligned"] | masks["face_aligned"]
            flips = 100 * (ablated != reading.logits["edges/full"].argmax(1))[conflict].mean()
            assert row["flip_rate_without_voice"] == pytest.approx(flips, rel=1e-5, abs=1e-9)


def test_ar_reads_with_the_weights_of_its_source_towards_the_development_share(made: Made) -> None:
    run = run_of(MATCHED, "base-ar", 1)
    told = json.loads((run.folder(made.place.work) / SETTINGS).read_text("utf-8"))
    assert told["target"] == told["development_share"]
    assert 0 < told["development_share_by_token"] < 1
    base = Reading.load(RunFolder(run_of(MATCHED, "base", 1).folder(made.place.work)).readings())
    moved = Reading.load(RunFolder(run.folder(made.place.work)).readings())
    assert base.utterance.tolist() == moved.utterance.tolist()
    assert np.abs(base.logits["edges/full"] - moved.logits["edges/full"]).max() < 1
    # Where one side is taken away there is nothing to move.
    torch.testing.assert_close(
        torch.from_numpy(base.logits["edges/without_face"]),
        torch.from_numpy(moved.logits["edges/without_face"]),
    )


def test_the_headline_is_against_the_best_rival_on_development_data(made: Made) -> None:
    rows = made.content["rows"]
    done = {(row["method"], row["seed"]) for row in rows}
    rival = best_rival(MATCHED, done, made.place, known_sides())
    scores = {
        m: np.mean([r[DEVELOPMENT] for r in rows if r["method"] == m])
        for m in ("base", "conflict-augmentation", "lora")
    }
    assert rival == max(scores, key=lambda m: scores[m])
    headline = [c for c in made.content["comparisons"] if c["role"] == "headline elsewhere"]
    assert not [c for c in made.content["comparisons"] if c["role"] == "headline"], "that is of another scene"
    assert {(c["first"], c["second"]) for c in headline} == {(HEADLINE, rival)}
    assert all(c["seeds"] == [1] for c in headline)  # the seeds that both have
    assert {c["metric"] for c in headline} == {"mean_conflict", "bias_gap", "consistent_accuracy"}
    against = {c["first"] for c in made.content["comparisons"] if c["role"] == "against base"}
    assert against == {"conflict-augmentation", "lora", "mose", "base-ar", HEADLINE}


def test_the_variant_meets_the_same_rival_and_its_own(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "best_rival", lambda *of: "lora")
    done = {(method, 1) for method in (HEADLINE, VARIANT, "lora", VARIANT_RIVAL)}
    for scene, elsewhere in ((HEADLINE_SCENE, ""), (MATCHED, " elsewhere")):
        assert list(rows._pairs(scene, done, made.place, {})) == [
            (f"headline{elsewhere}", HEADLINE, "lora"),
            (f"variant{elsewhere}", VARIANT, "lora"),
            (f"variant{elsewhere}", VARIANT, VARIANT_RIVAL),
        ]


def test_every_arm_is_planned_after_what_it_needs() -> None:
    planned = runs()
    places = {run: k for k, run in enumerate(planned)}
    assert len(places) == len(planned)
    for run in planned:
        source = source_of(run)
        assert source is None or places[source] < places[run]
    assert {run.corpus for run in planned} == set(SCENES)
    assert {run.seed for run in planned} == set(SEEDS)
    assert set(methods_of(HEADLINE_SCENE)) == {*TRAINED, *MOVED} - {"text-only"}
    assert set(methods_of(HEADLINE_SCENE)) - set(methods_of(MATCHED)) == set(PARTS)
    assert set(methods_of(WITH_WORDS)) - set(methods_of(MATCHED)) == {"text-only"}
    assert "mose-augmented-ar" not in methods_of(WITH_WORDS), "what it reads with is not trained there"
    assert {"base", AUGMENTED, "lora", "mose", HEADLINE} <= set(methods_of(WITH_WORDS))
    assert {arm.source for arm in MOVED.values()} <= set(TRAINED)
    assert set(FRONTIER) < set(MOVED)


@pytest.mark.parametrize("method", TRAINED)
def test_an_arm_can_be_built(method: str) -> None:
    settings = configuration(run_of(WITH_WORDS, method, 1), 2)
    assert settings.epochs == 2
    assert settings.modalities is not None
    widths = dict.fromkeys(settings.modalities, 8)
    build_backbone(settings.backbone.name, InputShape(widths, 3, 4), settings.backbone.settings)
    assert settings.trained == ("adapters" if method in (*MOSE, "lora", "lora-augmented") else "all")
    assert (settings.backbone.name == HCT) == (method == HCT)


def test_rivals_have_the_settings_of_the_base_but_for_what_they_are() -> None:
    base = configuration(run_of(WITH_WORDS, "base", 1))
    for method in RIVALS:
        own = configuration(run_of(WITH_WORDS, method, 1))
        for name in ("epochs", "batch_size", "learning_rate", "weight_decay", "gradient_norm", "task_loss"):
            assert getattr(own, name) == getattr(base, name), (method, name)


def test_the_vectors_of_every_scene_are_named_and_no_mixture_is_measured(made: Made, tmp_path: Path) -> None:
    assert made.content["vectors"] == {MATCHED: fingerprint(CORPUS)}
    assert f"{MATCHED} `{fingerprint(CORPUS)}`" in (made.folder / "tables.md").read_text("utf-8")
    assert made.content["headline"]["corpus"] == HEADLINE_SCENE
    other = run_of(MATCHED, "base", 3)
    folder = RunFolder(other.folder(made.place.work))
    shutil.copytree(run_of(MATCHED, "base", 1).folder(made.place.work), folder.path)
    stated = json.loads((folder.path / "run.json").read_text("utf-8"))
    stated["data"]["fingerprint"] = "other"
    (folder.path / "run.json").write_text(json.dumps(stated))
    with pytest.raises(ModelError, match="other vectors"):
        vectors([run_of(MATCHED, "base", 1), other], made.place)
    shutil.rmtree(folder.path)


def test_actors_are_resampled_and_conversations_where_nobody_is_named() -> None:
    reading = Reading(
        conversations=("1001/a", "1001/b", "dia1"),
        classes=("x", "y"),
        conversation=np.array([0, 1, 2, 2]),
        position=np.array([0, 0, 0, 1]),
        logits={"edges/full": np.zeros((4, 2), np.float32)},
        gold=np.zeros(4, np.int64),
        utterance=np.array(list("abcd")),
        speaker=np.zeros(4, np.int64),
        split=np.array(["test"] * 4),
    )
    assert _groups(reading).tolist() == ["1001", "1001", "dia1", "dia1"]


def test_a_scene_states_its_corpus_and_its_batches() -> None:
    matched = configuration(run_of(MATCHED, "mose", 1))
    assert (matched.corpus, matched.batch_size, matched.epochs) == ("crema-d-matched", 128, 16)
    assert matched.modalities == ("voice", "face")
    words = configuration(run_of(WITH_WORDS, "mose", 1))
    assert (words.corpus, words.batch_size) == ("composed", 16)
    assert configuration(run_of(MATCHED, "mose", 1), 3).epochs == 3
    assert configuration(run_of(MATCHED, "mose-augmented", 1)).objective.name == "conflict-augmentation"


def test_what_was_made_from_a_base_is_stale_once_that_is_trained_anew(made: Made, tmp_path: Path) -> None:
    place = replace(made.place, work=shutil.copytree(made.place.work, tmp_path / "work"))
    study = MosearStudy(place, quick=True)
    base, lora, moved, other = (run_of(MATCHED, m, 1) for m in ("base", "lora", "base-ar", AUGMENTED))
    assert not any(map(study.is_stale, study.runs()))
    weights = RunFolder(base.folder(place.work)).weights
    model = {name: value + 0.01 for name, value in load_file(weights).items()}
    save_file(model, weights)
    assert [study.is_stale(run) for run in (base, lora, moved, other)] == [False, True, True, False]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "_corpus", lambda cache, name: CORPUS)
        patch.setattr(work, "sides", lambda cache, scenes, report=None: known_sides())
        work.read_standardised.cache_clear()
        before = RunFolder(lora.folder(place.work)).readings().read_bytes()
        assert do_run(study, lora) is None
        work.read_standardised.cache_clear()
    assert not study.is_stale(lora)
    assert RunFolder(lora.folder(place.work)).readings().read_bytes() != before
