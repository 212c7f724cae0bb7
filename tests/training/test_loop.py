"""Runs of a tiny model: they learn, and a kill at any point changes none of their numbers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
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

from heartsay.errors import InputError
from heartsay.evidence import label_packs, read_labelled
from heartsay.evidence.reading import Reading
from heartsay.experiments.release.export import load_trained
from heartsay.models.encoders import load_encoder
from heartsay.models.packed_dialogue import PackedDialogueModel
from heartsay.objectives.recognise_and_cause import recognise_and_cause
from heartsay.objectives.rpcl import RpclSettings
from heartsay.training import loop
from heartsay.training.batches import epoch_batches, gold_tensors, hide_tokens, to_tensors
from heartsay.training.configuration import Configuration
from heartsay.training.loop import DivergedError, torch_reader, train
from heartsay.training.run_folder import RunFolder, begin
from heartsay.training.scores import development_scores
from heartsay.training.spoilt_packs import free_rows

ROOT = Path(__file__).resolve().parents[2]
SEED = 7
NEVER = 1e9
ALWAYS = 1e-9
"""Seconds between saved states."""


class Killed(BaseException):
    """Stands for a kill that a process cannot refuse."""


def kill_at(epoch: int, step: int | None) -> Callable[[dict[str, Any]], None]:
    def report(row: dict[str, Any]) -> None:
        if (row["epoch"], row.get("step")) == (epoch, step):
            raise Killed

    return report


def contents(run: RunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.path.iterdir()}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train(configuration(), SEED, training_data(), tmp_path_factory.mktemp("runs") / "whole")


def test_a_finished_run_holds_everything_that_tells_of_it(uninterrupted: RunFolder) -> None:
    assert set(contents(uninterrupted)) == {
        "run.json",
        "metrics.jsonl",
        "model.safetensors",
        "predictions-meld-dev.npz",
        "predictions-ecf-dev.npz",
    }
    assert uninterrupted.is_finished()
    assert [row["epoch"] for row in uninterrupted.history()] == [1, 2, 3]


def test_the_weights_and_predictions_kept_are_those_of_the_best_epoch(uninterrupted: RunFolder) -> None:
    best = max(uninterrupted.history(), key=lambda row: float(row["selection"]))
    kept = {name: Reading.load(uninterrupted.predictions(name)) for name in ("meld", "ecf")}
    scores = development_scores(kept)
    assert scores == {name: best[name] for name in scores}
    tokenizer, settings = tokenizer_and_settings()
    reader = torch_reader(load_trained(uninterrupted), settings, torch.device("cpu"))
    again = read_labelled(reader, HELD_BACK, tokenizer, settings)
    np.testing.assert_allclose(again.logits["full"], kept["meld"].logits["full"], atol=1e-4)
    found, expected = again.annotated_pairs(), kept["ecf"].annotated_pairs()
    np.testing.assert_allclose(found.log_odds, expected.log_odds, atol=1e-4)


def test_another_seed_gives_another_run(uninterrupted: RunFolder, tmp_path: Path) -> None:
    other = train(configuration(), SEED + 1, training_data(), tmp_path)
    assert other.history() != uninterrupted.history()


@pytest.mark.parametrize(
    "setting",
    [{"agreement": 1.0}, {"rpcl": RpclSettings()}, {"bfloat16": True}],
    ids=["agreement", "robust pairs", "16 bits"],
)
def test_two_readings_or_fewer_bits_train_another_model_and_go_on_after_a_kill(
    setting: dict[str, Any], uninterrupted: RunFolder, tmp_path: Path
) -> None:
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
    torch.manual_seed(loop.HEAD_SEED)
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


def test_spoilt_labels_are_in_the_unit_of_the_pair_loss(tmp_path: Path) -> None:
    rpcl = RpclSettings(future=True, spoilt_weight=1.0, spoil="nothing", ramp=0.0)
    settings, data = configuration(rpcl=rpcl), training_data()
    trainer = loop._Trainer(
        settings, SEED, data, begin(tmp_path, settings, SEED), torch.device("cpu"), NEVER, lambda _: None
    )
    trainer.model.eval()
    items = [wordings[0][0] for wordings in trainer.wordings]
    tensors = to_tensors([i.pack for i in items], trainer.settings.pad, torch.device("cpu"))
    gold = gold_tensors(items, torch.device("cpu"))
    with torch.no_grad():
        clean = trainer.model(*tensors)
        parts = trainer._robust(
            rpcl, 1.0, (*tensors, free_rows(items, torch.device("cpu"))), clean.pair, gold
        )
    assert parts["spoilt"].item() == pytest.approx(recognise_and_cause(clean, gold).pair.item(), rel=1e-4)
    assert parts["alignment"].item() == pytest.approx(0.0, abs=1e-5)
    assert parts["margin"] > 0


def test_a_finished_run_is_not_trained_again(uninterrupted: RunFolder) -> None:
    before = contents(uninterrupted)
    rows: list[dict[str, Any]] = []
    train(configuration(), SEED, training_data(), uninterrupted.path, report=rows.append)
    assert rows == []
    assert contents(uninterrupted) == before


def test_a_folder_with_another_run_is_refused(uninterrupted: RunFolder) -> None:
    with pytest.raises(InputError, match="another configuration or seed"):
        train(configuration(), SEED + 1, training_data(), uninterrupted.path)


@pytest.mark.parametrize(
    ("place", "save_every"),
    [((1, 4), NEVER), ((1, 2), ALWAYS), ((2, 1), ALWAYS), ((2, 5), NEVER), ((3, None), ALWAYS)],
    ids=["nothing kept", "at the start", "after an epoch", "since the last epoch", "at the end"],
)
def test_a_run_that_was_killed_goes_on_to_the_same_numbers(
    uninterrupted: RunFolder, tmp_path: Path, place: tuple[int, int | None], save_every: float
) -> None:
    arguments = (configuration(), SEED, training_data(), tmp_path)
    with pytest.raises(Killed):
        train(*arguments, save_every=save_every, report=kill_at(*place))
    torch.manual_seed(12345)  # a new process starts with generators in another state
    run = train(*arguments, save_every=save_every)
    assert contents(run) == contents(uninterrupted)


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
            train(*arguments, save_every=NEVER)
    assert contents(train(*arguments)) == contents(uninterrupted)


def test_a_run_that_was_killed_after_an_epoch_was_told_tells_it_once(
    uninterrupted: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (configuration(), SEED, training_data(), tmp_path)
    write = RunFolder.write_history

    def killed(self: RunFolder, rows: list[dict[str, Any]]) -> None:
        write(self, rows)
        if len(rows) == 2:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write_history", killed)
        with pytest.raises(Killed):
            train(*arguments, save_every=ALWAYS)
    assert len(RunFolder(tmp_path).history()) == 2
    assert contents(train(*arguments)) == contents(uninterrupted)


def test_a_worse_epoch_replaces_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    selection = iter([1.0, 3.0, 2.0])
    monkeypatch.setattr(loop, "development_scores", lambda readings: {"selection": next(selection)})
    kept: list[dict[str, bytes]] = []

    def look(row: dict[str, Any]) -> None:
        if "selection" in row:
            files = contents(RunFolder(tmp_path))
            kept.append({name: data for name, data in files.items() if name.startswith(("model", "pred"))})

    train(configuration(), SEED, training_data(), tmp_path, report=look)
    assert kept[0] != kept[1] == kept[2]


CHILD = """
import json, sys, time
from pathlib import Path
from tests.dummies.encoder import training_data
from heartsay.training.configuration import Configuration
from heartsay.training.loop import train

settings, seed, folder, save_every, slow = json.loads(sys.argv[1])

def report(row):
    place = row["epoch"], row.get("step")
    print(json.dumps(place), flush=True)
    if slow:
        # Each step takes so long that a kill can fall anywhere in it; none goes beyond the fifth.
        time.sleep(600 if place == (2, 5) else 0.02)

configuration = Configuration.model_validate(settings)
train(configuration, seed, training_data(), Path(folder), save_every=save_every, report=report)
"""


def start(settings: Configuration, folder: Path, slow: bool) -> subprocess.Popen[str]:
    arguments = json.dumps([settings.model_dump(), SEED, str(folder), ALWAYS, slow])
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry)])
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_a_process_killed_in_the_middle_of_an_epoch_is_started_again_and_ends_with_the_same_bits(
    uninterrupted: RunFolder, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "run")
    with start(configuration(), run.path, slow=True) as child:
        try:
            assert child.stdout is not None
            for line in child.stdout:
                if json.loads(line) == [2, 3]:
                    break
        finally:
            child.kill()
    assert child.returncode == -signal.SIGKILL
    assert not run.is_finished()
    state = torch.load(run.state, weights_only=True)
    assert state["epoch"] == 1
    assert state["step_in_epoch"] in (2, 3, 4)
    assert len(run.history()) == 1

    with start(configuration(), run.path, slow=False) as child:
        out, _ = child.communicate()
    assert child.returncode == 0
    resumed_at = json.loads(out.splitlines()[0])
    assert resumed_at == [2, state["step_in_epoch"] + 1]
    assert contents(run) == contents(uninterrupted)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_state(tmp_path: Path) -> None:
    wild = configuration(encoder_learning_rate=1e30, head_learning_rate=1e30, warmup=0.0)
    with pytest.raises(DivergedError, match=r"the loss is (nan|inf) in epoch 1, step \d"):
        train(wild, SEED, training_data(), tmp_path, save_every=ALWAYS)
    run = RunFolder(tmp_path)
    assert not run.is_finished()
    assert not run.weights.exists()
    assert torch.load(run.state, weights_only=True)["step_in_epoch"] >= 1


def test_a_run_learns_what_it_is_shown(tmp_path: Path) -> None:
    settings = configuration(epochs=15, dropout=0.0, token_dropout=0.0)
    history = train(settings, SEED, training_data(), tmp_path).history()
    assert history[-1]["emotion_loss"] < 0.6 * history[0]["emotion_loss"]
    assert history[-1]["pair_loss"] < 0.4 * history[0]["pair_loss"]


def test_reading_in_batches_is_reading_one_by_one(uninterrupted: RunFolder) -> None:
    model = load_trained(uninterrupted)
    reader = torch_reader(model, tokenizer_and_settings()[1], torch.device("cpu"))
    packs = [p for c in HELD_BACK for p in packs_of(c)]
    for p, (emotion, pair) in zip(packs, reader(packs), strict=True):
        ((own_emotion, own_pair),) = reader([p])
        assert emotion.shape == (len(p.speaker), 7)
        assert pair.shape == (len(p.speaker), len(p.speaker))
        np.testing.assert_allclose(emotion, own_emotion, atol=1e-5)
        np.testing.assert_allclose(pair, own_pair, atol=1e-5)
