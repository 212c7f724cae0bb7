from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.dummies.language_model import language_model_in, questions

from heartsay.errors import InputError, ModelError
from heartsay.models.hosts.fame_net import SIZES, WEIGHTS, Asked
from heartsay.progress import Row
from heartsay.training.tasks.language_model import (
    ExplainerTraining,
    answer_all,
    load_explainer,
    train_explainer,
)


class KilledError(Exception):
    pass


def parts() -> dict[str, list[Asked]]:
    items = questions()
    return {"train": items[:8], "dev": items[8:]}


def settings(folder: Path, **changes: Any) -> ExplainerTraining:
    model = language_model_in(folder / "language")
    given = {"model": str(model), "epochs": 2, "batch_tokens": 200, "learning_rate": 0.02, "rank": 4}
    return ExplainerTraining(**(given | changes))


def test_it_learns_and_keeps_the_epoch_that_is_best_on_development_data(tmp_path: Path) -> None:
    run = train_explainer(parts(), tmp_path / "run", settings(tmp_path, epochs=6), facts={"left_out": 3})
    losses = [row["development_loss"] for row in run.history()]
    assert min(losses) < losses[0]
    assert run.chosen()["development_loss"] == min(losses)
    assert (run.data()["train"], run.data()["dev"], run.data()["left_out"]) == (8, 4, 3)
    assert not run.state.exists()
    net, found = load_explainer(tmp_path / "run")
    assert found.epochs == 6
    with torch.inference_mode():
        assert net(parts()["dev"]).item() == pytest.approx(min(losses), rel=0.02)


def test_killed_within_an_epoch_it_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    own = settings(tmp_path)

    def kill(row: Row) -> None:
        if row.get("epoch") == 2 and row.get("step") == 2:
            raise KilledError

    train_explainer(parts(), tmp_path / "straight", own)
    with pytest.raises(KilledError):
        train_explainer(parts(), tmp_path / "killed", own, save_every=0, report=kill)
    with pytest.raises(ModelError, match="finish the run first"):
        load_explainer(tmp_path / "killed")
    saved = torch.load(tmp_path / "killed" / "state.pt", weights_only=True)["model"]
    assert sum(p.numel() for p in saved.values()) < 3000  # without the language model
    run = train_explainer(parts(), tmp_path / "killed", own, save_every=0)
    straight = (tmp_path / "straight" / WEIGHTS).read_bytes()
    assert (run.path / WEIGHTS).read_bytes() == straight
    assert (tmp_path / "straight" / "metrics.jsonl").read_text() == run.metrics.read_text()


def test_another_seed_or_other_answers_are_refused_in_the_same_folder(tmp_path: Path) -> None:
    own = settings(tmp_path, epochs=1)
    train_explainer(parts(), tmp_path / "run", own)
    with pytest.raises(InputError, match="configuration or seed"):
        train_explainer(parts(), tmp_path / "run", own, seed=2)
    other = {name: items[:3] for name, items in parts().items()}
    with pytest.raises(InputError, match="another corpus"):
        train_explainer(other, tmp_path / "run", own)


def test_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    own = settings(tmp_path)
    with pytest.raises(InputError, match="dev part"):
        train_explainer({**parts(), "dev": []}, tmp_path / "run", own)
    blank = [Asked("joy", "Mara", "We won!", answer=" ")]
    with pytest.raises(InputError, match="one without an answer"):
        train_explainer({**parts(), "train": blank}, tmp_path / "run", own)


def test_a_folder_that_is_no_run_or_of_another_language_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="training run"):
        load_explainer(tmp_path)
    own = settings(tmp_path, epochs=1)
    train_explainer(parts(), tmp_path / "run", own)
    sizes = json.loads((tmp_path / "run" / SIZES).read_text())
    (tmp_path / "run" / SIZES).write_text(json.dumps({**sizes, "language": 99}))
    with pytest.raises(ModelError, match="what was trained wants 99"):
        load_explainer(tmp_path / "run")
    (tmp_path / "run" / SIZES).write_text(json.dumps(sizes))
    (tmp_path / "language" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no causal language model"):
        load_explainer(tmp_path / "run")


def test_answers_come_in_the_order_they_were_asked_for(tmp_path: Path) -> None:
    train_explainer(parts(), tmp_path / "run", settings(tmp_path, epochs=1))
    net, _ = load_explainer(tmp_path / "run")
    items = questions()
    found = answer_all(net, items)
    for k in (0, 5, 11):
        assert found[k] == net.explain([items[k]])[0]
