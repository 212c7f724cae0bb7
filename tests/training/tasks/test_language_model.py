from __future__ import annotations

import json
from dataclasses import replace
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


def with_faces() -> dict[str, list[Asked]]:
    """Statements of no words, whose feeling a face alone tells."""
    shown = {"joy": torch.full((1, 3), 1.0), "anger": torch.full((1, 3), -1.0)}
    return {
        name: [replace(item, words="", context="", face=shown[item.emotion]) for item in items]
        for name, items in parts().items()
    }


def test_what_is_shown_can_be_all_that_is_learnt_through(tmp_path: Path) -> None:
    own = settings(tmp_path, rank=0, epochs=6)
    run = train_explainer(with_faces(), tmp_path / "run", own)
    losses = [row["development_loss"] for row in run.history()]
    assert min(losses) < losses[0]
    net, _ = load_explainer(tmp_path / "run")
    assert {name for name, p in net.named_parameters() if p.requires_grad} == {
        "marks",
        "face.weight",
        "face.bias",
    }
    seen = with_faces()["dev"]
    with torch.inference_mode():
        assert net(seen).item() != net([replace(item, face=-item.face) for item in seen]).item()


def with_videos() -> dict[str, list[Asked]]:
    """Statements of no words, whose feeling a video alone tells, of two tokens of four features."""
    shown = {"joy": torch.full((2, 4), 1.0), "anger": torch.full((2, 4), -1.0)}
    return {
        name: [replace(item, words="", context="", video=shown[item.emotion]) for item in items]
        for name, items in parts().items()
    }


@pytest.mark.parametrize("rank", [0, 4])
def test_videos_are_learnt_from_and_loaded(tmp_path: Path, rank: int) -> None:
    run = train_explainer(with_videos(), tmp_path / "run", settings(tmp_path, rank=rank, epochs=6))
    losses = [row["development_loss"] for row in run.history()]
    assert min(losses) < losses[0]
    assert json.loads((tmp_path / "run" / SIZES).read_text())["video"] == 4
    net, _ = load_explainer(tmp_path / "run")
    seen = with_videos()["dev"]
    with torch.inference_mode():
        assert net(seen).item() == pytest.approx(min(losses), rel=0.02)
        assert net(seen).item() != net([replace(item, video=-item.video) for item in seen]).item()


def test_what_shows_nothing_among_what_shows_something_teaches_nothing(tmp_path: Path) -> None:
    given = with_faces()
    hidden = [replace(item, face=None) for item in given["train"]]
    own = settings(tmp_path, rank=0, epochs=1, batch_tokens=64)
    run = train_explainer({**given, "train": [*given["train"], *hidden]}, tmp_path / "run", own)
    assert run.is_finished()


def test_other_faces_are_another_run(tmp_path: Path) -> None:
    own = settings(tmp_path, epochs=1)
    train_explainer(with_faces(), tmp_path / "run", own)
    others = {n: [replace(i, face=i.face + 1) for i in items] for n, items in with_faces().items()}
    with pytest.raises(InputError, match=r"another run|corpus, fold or features"):
        train_explainer(others, tmp_path / "run", own)


def test_a_model_that_stays_and_is_shown_nothing_has_nothing_to_learn(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="something to train"):
        train_explainer(parts(), tmp_path / "run", settings(tmp_path, rank=0))
