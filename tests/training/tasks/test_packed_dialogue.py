"""Runs of a tiny packed-dialogue model: they learn what they are shown, as the settings say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.dummies.encoder import (
    FELT,
    HELD_BACK,
    configuration,
    packs_of,
    tokenizer_and_settings,
    training_data,
)
from tests.dummies.runs import ALWAYS, Killed, contents, kill_at

from heartsay.evidence.labels import label_packs
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import read_labelled
from heartsay.models.encoders import load_encoder
from heartsay.models.packed_dialogue import PackedDialogueModel
from heartsay.objectives.recognise_and_cause import recognise_and_cause
from heartsay.objectives.rpcl import RpclSettings
from heartsay.training import devices
from heartsay.training.batches import epoch_batches, gold_tensors, hide_tokens, to_tensors
from heartsay.training.run_folder import RunFolder
from heartsay.training.scores import development_scores
from heartsay.training.spoilt_packs import free_rows
from heartsay.training.tasks.packed_dialogue import HEAD_SEED, PackedDialogueTask, load_trained, torch_reader
from heartsay.training.tasks.packed_dialogue import train_packed_dialogue as train

SEED = 7


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train(configuration(), SEED, training_data(), tmp_path_factory.mktemp("runs") / "whole")


def test_a_finished_run_holds_everything_that_tells_of_it(uninterrupted: RunFolder) -> None:
    assert set(contents(uninterrupted)) == {
        "run.json",
        "metrics.jsonl",
        "model.safetensors",
        "readings-meld-dev.npz",
        "readings-ecf-dev.npz",
    }
    assert uninterrupted.is_finished()
    assert [row["epoch"] for row in uninterrupted.history()] == [1, 2, 3]


def test_the_weights_and_predictions_kept_are_those_of_the_best_epoch(uninterrupted: RunFolder) -> None:
    best = max(uninterrupted.history(), key=lambda row: float(row["selection"]))
    kept = {name: Reading.load(uninterrupted.readings(f"{name}-dev")) for name in ("meld", "ecf")}
    scores = development_scores(kept)
    assert scores == {name: best[name] for name in scores}
    tokenizer, settings = tokenizer_and_settings()
    reader = torch_reader(load_trained(uninterrupted), settings, torch.device("cpu"))
    again = read_labelled(reader, HELD_BACK, tokenizer, settings)
    np.testing.assert_allclose(again.logits["full"], kept["meld"].logits["full"], atol=1e-4)
    found, expected = again.annotated_pairs(), kept["ecf"].annotated_pairs()
    np.testing.assert_allclose(found.log_odds, expected.log_odds, atol=1e-4)


@pytest.mark.parametrize(
    "setting",
    [{"agreement": 1.0}, {"rpcl": RpclSettings()}, {"bfloat16": True}],
    ids=["agreement", "robust pairs", "16 bits"],
)
def test_two_readings_or_fewer_bits_train_another_model_and_go_on_after_a_kill(
    setting: dict[str, Any], uninterrupted: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "knows_bfloat16", lambda: True)
    settings = configuration().model_copy(update=setting)
    whole = train(settings, SEED, training_data(), tmp_path / "whole")
    with pytest.raises(Killed):
        train(settings, SEED, training_data(), tmp_path / "cut", save_every=ALWAYS, report=kill_at(2, 2))
    resumed = train(settings, SEED, training_data(), tmp_path / "cut", save_every=ALWAYS)
    assert contents(resumed) == contents(whole)
    assert contents(whole)["model.safetensors"] != contents(uninterrupted)["model.safetensors"]


def plain_training() -> list[tuple[float, float]]:
    """Supervision of emotions and pairs alone, written out: the losses of each epoch."""
    settings, data = configuration(), training_data()
    tokenizer, tokens = tokenizer_and_settings()
    wordings = [[label_packs(c, tokenizer, tokens) for c in scene] for scene in data.scenes]
    encoder = load_encoder(settings.encoder)
    torch.manual_seed(HEAD_SEED)
    model = PackedDialogueModel(encoder, dropout=settings.dropout)
    torch.manual_seed(SEED)
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder.")]
    optimizer = torch.optim.AdamW(
        [
            {"params": list(encoder.parameters()), "lr": settings.encoder_learning_rate},
            {"params": heads, "lr": settings.head_learning_rate},
        ],
        weight_decay=settings.weight_decay,
        fused=True,
    )
    order = [epoch_batches(wordings, settings.batch_tokens, SEED, e) for e in range(settings.epochs)]
    steps = sum(map(len, order))
    rise = max(1, round(settings.warmup * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda k: min((k + 1) / rise, max(0.0, (steps - k) / max(1, steps - rise)))
    )
    losses = []
    for batches in order:
        sums = np.zeros(2)
        model.train()
        for items in batches:
            given = to_tensors([i.pack for i in items], tokens.pad, torch.device("cpu"))
            reading = model(hide_tokens(*given[:2], tokens, settings.token_dropout), *given[1:])
            parts = recognise_and_cause(reading, gold_tensors(items, torch.device("cpu")))
            optimizer.zero_grad(set_to_none=True)
            (parts.emotion + parts.pair).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.gradient_norm)
            optimizer.step()
            schedule.step()
            sums += [parts.emotion.item(), parts.pair.item()]
        losses.append((float(sums[0] / len(batches)), float(sums[1] / len(batches))))
    return losses


def test_without_rpcl_training_is_plain_supervision_to_the_last_bit(uninterrupted: RunFolder) -> None:
    found = [(row["emotion_loss"], row["pair_loss"]) for row in uninterrupted.history()]
    assert found == plain_training()
    parts = {name for row in uninterrupted.history() for name in row if name.endswith("_loss")}
    assert parts == {"emotion_loss", "pair_loss"}


@pytest.mark.parametrize(
    "case", [{"margin_weight": 0.0, "spoilt_weight": 0.0, "alignment_weight": 0.0}, {}], ids=["no weight", ""]
)
def test_rpcl_without_weight_or_without_annotated_pairs_changes_no_weight(
    case: dict[str, float], tmp_path: Path
) -> None:
    data = training_data() if case else replace(training_data(), scenes=tuple((c,) for c in FELT))
    runs = [
        train(configuration(**added), SEED, data, tmp_path / name)
        for name, added in (("without", {}), ("with", {"rpcl": case}))
    ]
    assert runs[0].weights.read_bytes() == runs[1].weights.read_bytes()
    assert runs[0].history() == runs[1].history()


def test_each_part_of_rpcl_is_told_and_adds_no_parameter(uninterrupted: RunFolder, tmp_path: Path) -> None:
    run = train(configuration(rpcl={"ramp": 1.0}), SEED, training_data(), tmp_path)
    for row in run.history():
        assert {f"{part}_loss" for part in ("margin", "spoilt", "alignment")} <= row.keys()
    with_rpcl, without = (load_file(str(r.weights)) for r in (run, uninterrupted))
    assert {n: w.shape for n, w in with_rpcl.items()} == {n: w.shape for n, w in without.items()}


def test_the_weights_of_rpcl_rise_from_nothing(tmp_path: Path) -> None:
    first = train(
        configuration(rpcl={"ramp": 1e9}, epochs=1), SEED, training_data(), tmp_path / "slow"
    ).history()[0]
    at_once = train(
        configuration(rpcl={"ramp": 0.0}, epochs=1), SEED, training_data(), tmp_path / "at once"
    ).history()[0]
    for part in ("margin", "spoilt", "alignment"):
        assert first[f"{part}_loss"] < 1e-6 < at_once[f"{part}_loss"]


def test_spoilt_labels_are_in_the_unit_of_the_pair_loss() -> None:
    rpcl = RpclSettings(future=True, spoilt_weight=1.0, spoil="nothing", ramp=0.0)
    settings, data = configuration(rpcl=rpcl), training_data()
    task = PackedDialogueTask(settings, SEED, data, torch.device("cpu"))
    task.model.eval()
    items = [wordings[0][0] for wordings in task.wordings]
    tensors = to_tensors([i.pack for i in items], task.settings.pad, torch.device("cpu"))
    gold = gold_tensors(items, torch.device("cpu"))
    with torch.no_grad():
        clean = task.model(*tensors)
        parts = task.robust(rpcl, 1.0, (*tensors, free_rows(items, torch.device("cpu"))), clean.pair, gold)
    assert parts["spoilt"].item() == pytest.approx(recognise_and_cause(clean, gold).pair.item(), rel=1e-4)
    assert parts["alignment"].item() == pytest.approx(0.0, abs=1e-5)
    assert parts["margin"] > 0


def test_a_run_that_was_killed_while_its_first_epoch_was_written_down_goes_on(
    uninterrupted: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (configuration(), SEED, training_data(), tmp_path)

    def killed(self: Reading, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Reading, "save", killed)
        with pytest.raises(Killed):
            train(*arguments)
    assert contents(train(*arguments)) == contents(uninterrupted)


def test_a_run_learns_what_it_is_shown(tmp_path: Path) -> None:
    settings = configuration(epochs=15, dropout=0.0, token_dropout=0.0)
    history = train(settings, SEED, training_data(), tmp_path).history()
    assert history[-1]["emotion_loss"] < 0.6 * history[0]["emotion_loss"]
    assert history[-1]["pair_loss"] < 0.4 * history[0]["pair_loss"]


def test_reading_in_batches_is_reading_one_by_one(uninterrupted: RunFolder) -> None:
    model = load_trained(uninterrupted)
    reader = torch_reader(model, tokenizer_and_settings()[1], torch.device("cpu"))
    packs = [p for c in HELD_BACK for p in packs_of(c)]
    for p, raw in zip(packs, reader(packs), strict=True):
        emotion, pair = raw.emotion, raw.pair
        assert pair is not None
        (alone,) = reader([p])
        assert emotion.shape == (len(p.speaker), 7)
        assert pair.shape == (len(p.speaker), len(p.speaker))
        np.testing.assert_allclose(emotion, alone.emotion, atol=1e-5)
        np.testing.assert_allclose(pair, alone.pair, atol=1e-5)
