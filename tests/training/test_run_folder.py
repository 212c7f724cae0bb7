from __future__ import annotations

import json
from pathlib import Path

import pytest

from heartsay.errors import InputError, ModelError
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.tasks.pair_scorer import PairConfiguration

TINY = Configuration(name="tiny", epochs=2)


def test_a_run_keeps_what_it_was_asked_and_where_it_ran(tmp_path: Path) -> None:
    run = begin_or_continue(tmp_path / "a" / "run", TINY, 3, {})
    assert (run.configuration(Configuration), run.seed()) == (TINY, 3)
    environment = json.loads(run.run.read_text())["environment"]
    assert environment["packages"]["numpy"] != "not installed"
    assert environment["python"]
    assert run.history() == []


def test_the_same_run_is_opened_again(tmp_path: Path) -> None:
    first = begin_or_continue(tmp_path, TINY, 3, {})
    first.write_history([{"epoch": 1}])
    again = begin_or_continue(tmp_path, TINY, 3, {})
    assert again.history() == [{"epoch": 1}]


@pytest.mark.parametrize(
    ("configuration", "seed"),
    [(TINY, 4), (TINY.model_copy(update={"dropout": 0.3}), 3)],
    ids=["another seed", "another configuration"],
)
def test_another_run_is_refused_and_nothing_is_touched(
    tmp_path: Path, configuration: Configuration, seed: int
) -> None:
    begin_or_continue(tmp_path, TINY, 3, {})
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(InputError, match="another configuration or seed"):
        begin_or_continue(tmp_path, configuration, seed, {})
    assert (tmp_path / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    "content", [None, "not JSON", "[]", "{}", '{"configuration": {"epochs": 0}, "seed": "a"}']
)
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(ModelError, match="not the folder of a training run"):
        RunFolder(tmp_path).configuration(Configuration)
    with pytest.raises(ModelError, match="not the folder of a training run"):
        RunFolder(tmp_path).seed()


def test_a_run_of_another_kind_is_refused_in_words(tmp_path: Path) -> None:
    run = begin_or_continue(tmp_path, PairConfiguration(name="pairs"), 3, {})
    with pytest.raises(ModelError, match=r"run of a pair scorer; .* a packed-dialogue model"):
        run.configuration(Configuration)
    with pytest.raises(InputError, match="another kind"):
        begin_or_continue(tmp_path, TINY, 3, {})


def test_other_data_are_refused(tmp_path: Path) -> None:
    begin_or_continue(tmp_path, TINY, 3, {"fingerprint": "a"})
    begin_or_continue(tmp_path, TINY, 3, {"fingerprint": "a", "facts": "worded anew"})
    with pytest.raises(InputError, match="another corpus"):
        begin_or_continue(tmp_path, TINY, 3, {"fingerprint": "b"})


def test_a_run_is_finished_once_it_says_which_epochs_were_chosen(tmp_path: Path) -> None:
    assert not RunFolder(tmp_path).is_finished()
    run = begin_or_continue(tmp_path, TINY, 3, {})
    run.write_history([{"epoch": 1}, {"epoch": 2}])
    for path in (run.state, run.weights, run.test_selected_weights):
        path.touch()
    assert not run.is_finished()
    with pytest.raises(ModelError, match="finish the run first"):
        run.chosen()
    run.finish({"development": 2})
    assert run.is_finished()
    assert run.chosen() == {"epoch": 2}
    assert {p.name for p in tmp_path.iterdir()} == {"run.json", "metrics.jsonl", "model.safetensors"}
    run.finish({"development": 2}, keep_weights=False)
    assert not run.weights.exists()
