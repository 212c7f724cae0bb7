from __future__ import annotations

import json
from pathlib import Path

import pytest

from heartsay.errors import InputError, ModelError
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder, begin

TINY = Configuration(name="tiny", epochs=2)


def test_a_run_keeps_what_it_was_asked_and_where_it_ran(tmp_path: Path) -> None:
    run = begin(tmp_path / "a" / "run", TINY, 3)
    assert (run.configuration(), run.seed()) == (TINY, 3)
    environment = json.loads(run.run.read_text())["environment"]
    assert environment["packages"]["numpy"] != "not installed"
    assert environment["python"]
    assert run.history() == []


def test_the_same_run_is_opened_again(tmp_path: Path) -> None:
    first = begin(tmp_path, TINY, 3)
    first.write_history([{"epoch": 1}])
    again = begin(tmp_path, TINY, 3)
    assert again.history() == [{"epoch": 1}]


@pytest.mark.parametrize(
    ("configuration", "seed"),
    [(TINY, 4), (TINY.model_copy(update={"dropout": 0.3}), 3)],
    ids=["another seed", "another configuration"],
)
def test_another_run_is_refused_and_nothing_is_touched(
    tmp_path: Path, configuration: Configuration, seed: int
) -> None:
    begin(tmp_path, TINY, 3)
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(InputError, match="another configuration or seed"):
        begin(tmp_path, configuration, seed)
    assert (tmp_path / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    "content", [None, "not JSON", "[]", "{}", '{"configuration": {"epochs": 0}, "seed": "a"}']
)
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(ModelError, match="not the folder of a training run"):
        RunFolder(tmp_path).configuration()
    with pytest.raises(ModelError, match="not the folder of a training run"):
        RunFolder(tmp_path).seed()


def test_a_run_is_finished_when_all_its_epochs_are_told_and_nothing_is_left_to_go_on_with(
    tmp_path: Path,
) -> None:
    assert not RunFolder(tmp_path).is_finished()
    run = begin(tmp_path, TINY, 3)
    assert not run.is_finished()
    run.weights.touch()  # killed while the first epoch was being written down
    assert not run.is_finished()
    run.write_history([{"epoch": 1}, {"epoch": 2}])
    run.state.touch()
    assert not run.is_finished()
    run.state.unlink()
    assert run.is_finished()
