"""What holds for every kind of task: a kill at any point, SIGKILL too, changes none of its numbers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.dummies.encoder import encoder_folder
from tests.dummies.runs import ALWAYS, KINDS, NEVER, RATES, SEED, Killed, contents, kill_at, train_tiny
from torch import nn

from heartsay.errors import HeartsayError, InputError
from heartsay.training.optimisation import Optimisation
from heartsay.training.run_folder import RunFolder
from heartsay.training.trainer import DivergedError, Task, best, train

ROOT = Path(__file__).resolve().parents[2]

every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RunFolder]:
    """An uninterrupted run of each kind, made when it is first asked for."""
    root = tmp_path_factory.mktemp("runs")
    return lambda kind: train_tiny(kind, root / kind)


@every_kind
def test_a_finished_run_tells_of_all_epochs_and_keeps_nothing_to_go_on_with(
    whole: Callable[[str], RunFolder], kind: str
) -> None:
    run = whole(kind)
    assert run.is_finished()
    assert run.seed() == SEED
    assert not list(run.path.rglob("state.pt"))
    assert not [p for p in run.path.rglob("*") if p.name.startswith(".")]
    history = run.history()
    assert [row["epoch"] for row in history] == list(range(1, len(history) + 1))
    assert all(row["steps"] >= 2 for row in history), "no kill could fall within an epoch"
    assert all(any(name.endswith("_loss") for name in row) for row in history)


@every_kind
@pytest.mark.parametrize(
    ("place", "save_every"),
    [((1, 2), NEVER), ((1, 2), ALWAYS), ((2, 1), ALWAYS), ((2, 2), NEVER), ((3, None), ALWAYS)],
    ids=["nothing kept", "within an epoch", "after an epoch", "since the last epoch", "at the end"],
)
def test_a_run_that_was_killed_goes_on_to_the_same_numbers(
    whole: Callable[[str], RunFolder],
    tmp_path: Path,
    kind: str,
    place: tuple[int, int | None],
    save_every: float,
) -> None:
    with pytest.raises(Killed):
        train_tiny(kind, tmp_path / "run", save_every=save_every, report=kill_at(*place))
    assert not RunFolder(tmp_path / "run").is_finished()
    torch.manual_seed(12345)  # a new process starts with generators in another state
    assert contents(train_tiny(kind, tmp_path / "run")) == contents(whole(kind))


@every_kind
def test_a_run_that_was_killed_after_an_epoch_was_written_down_tells_it_once(
    whole: Callable[[str], RunFolder], tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = RunFolder.write_history

    def killed(self: RunFolder, rows: list[dict[str, Any]]) -> None:
        write(self, rows)
        if len(rows) == 2:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write_history", killed)
        with pytest.raises(Killed):
            train_tiny(kind, tmp_path / "run", save_every=ALWAYS)
    assert len(RunFolder(tmp_path / "run").history()) == 2
    assert contents(train_tiny(kind, tmp_path / "run")) == contents(whole(kind))


@every_kind
def test_a_finished_run_is_not_trained_again(whole: Callable[[str], RunFolder], kind: str) -> None:
    before, rows = contents(whole(kind)), list[dict[str, Any]]()
    train_tiny(kind, whole(kind).path, report=rows.append)
    assert rows == []
    assert contents(whole(kind)) == before


@every_kind
def test_a_folder_with_another_run_is_refused(whole: Callable[[str], RunFolder], kind: str) -> None:
    before = contents(whole(kind))
    for changes in ({"seed": SEED + 1}, {"changes": {"epochs": 2}}):
        with pytest.raises(InputError, match="another configuration or seed"):
            train_tiny(kind, whole(kind).path, **changes)
    other = KINDS[KINDS.index(kind) - 1]
    with pytest.raises(InputError, match="another kind"):
        train_tiny(other, whole(kind).path)
    assert contents(whole(kind)) == before


@every_kind
def test_another_seed_gives_another_run(whole: Callable[[str], RunFolder], tmp_path: Path, kind: str) -> None:
    other = train_tiny(kind, tmp_path / "run", seed=SEED + 1)
    assert other.history() != whole(kind).history()


@every_kind
def test_a_loss_that_is_no_number_stops_the_run_in_words(tmp_path: Path, kind: str) -> None:
    wild = dict.fromkeys(RATES.get(kind, ("learning_rate",)), 1e30)
    with pytest.raises(DivergedError, match=r"epoch \d.*; lower the learning rates.*last is kept in"):
        train_tiny(kind, tmp_path / "run", changes=wild, save_every=ALWAYS)
    run = RunFolder(tmp_path / "run")
    assert not run.is_finished()
    assert torch.load(run.state, weights_only=True)["steps"] >= 1


CHILD = """
import json, sys, time
from pathlib import Path
import torch
from tests.dummies.runs import ALWAYS, train_tiny

kind, folder, encoder, place, threads = json.loads(sys.argv[1])
torch.set_num_threads(threads)  # sums in another order end in other digits

def report(row):
    if "step" in row:
        now = [row["epoch"], row["step"]]
        print(json.dumps(now), flush=True)
        if now == place:
            time.sleep(600)

train_tiny(kind, Path(folder), encoder=Path(encoder), save_every=ALWAYS, report=report)
"""


def start(kind: str, folder: Path, place: tuple[int, int]) -> subprocess.Popen[str]:
    arguments = json.dumps([kind, str(folder), str(encoder_folder()), place, torch.get_num_threads()])
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry)])
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
    )


@every_kind
def test_what_a_process_killed_in_the_middle_of_an_epoch_began_ends_with_the_same_bits(
    whole: Callable[[str], RunFolder], tmp_path: Path, kind: str
) -> None:
    run = RunFolder(tmp_path / "run")
    with start(kind, run.path, (2, 2)) as child:
        try:
            assert child.stdout is not None
            for line in child.stdout:
                if json.loads(line) == [2, 2]:
                    break
        finally:
            child.kill()
    assert child.returncode == -signal.SIGKILL
    assert not run.is_finished()
    state = torch.load(run.state, weights_only=True)
    assert (state["epoch"], state["step_in_epoch"]) == (1, 1)
    (run.path / ".heartsay-0123456789ab.part").write_bytes(b"half of a state")
    rows: list[dict[str, Any]] = []
    train_tiny(kind, run.path, encoder=encoder_folder(), save_every=ALWAYS, report=rows.append)
    first = next(row for row in rows if "step" in row)
    assert (first["epoch"], first["step"]) == (2, 2)
    assert contents(run) == contents(whole(kind))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk on which a run begins but no state fits."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@every_kind
def test_a_full_disk_is_said_in_one_sentence_and_nothing_half_written_stays(
    small_disk: Path, kind: str
) -> None:
    with pytest.raises(HeartsayError, match=r"state\.pt: no room left on the disk") as caught:
        train_tiny(kind, small_disk / "run", save_every=ALWAYS)
    assert str(caught.value).count(". ") == 0
    assert [p.name for p in (small_disk / "run").iterdir()] == ["run.json"]


class Toy(Task[int]):
    """One weight, and scores from a list."""

    def __init__(self, scores: Sequence[float], patience: int | None = None) -> None:
        self.model = nn.Linear(1, 1, bias=False)
        optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.optimisation = Optimisation(optimizer, lambda step: 1.0)
        self.epochs, self.patience, self.scores = len(scores), patience, scores
        self.selections = {"development": lambda row: row["score"]}
        self.kept: list[int] = []

    def batches(self, epoch: int) -> Sequence[int]:
        return [1, 2]

    def step(self, batch: int, progress: float) -> Mapping[str, float]:
        loss = self.model.weight.square().sum()
        return self.optimisation.descend(self.model, loss, {"task": loss})

    def evaluate(self, epoch: int) -> dict[str, Any]:
        return {"score": self.scores[epoch]}

    def keep(self, run: RunFolder, selection: str) -> None:
        self.kept.append(len(run.history()) + 1)


@pytest.mark.parametrize(
    ("scores", "patience", "kept", "epochs"),
    [
        ([1.0, 3.0, 2.0], None, [1, 2], 3),
        ([1.0, 1.0, 1.0], None, [1], 3),
        ([2.0, 1.0, 1.0, 1.0, 5.0], 2, [1], 3),
        ([2.0, 1.0, 3.0, 1.0], 2, [1, 3], 4),
    ],
    ids=["a worse one replaces nothing", "the earlier of equals", "out of patience", "patience renewed"],
)
def test_which_epochs_are_kept(
    tmp_path: Path, scores: list[float], patience: int | None, kept: list[int], epochs: int
) -> None:
    run = RunFolder(tmp_path)
    run.run.write_text("{}")
    task = Toy(scores, patience)
    train(task, run)
    assert task.kept == kept
    assert [row["epoch"] for row in run.history()] == list(range(1, epochs + 1))
    assert run.chosen()["epoch"] == kept[-1]


def test_weights_that_are_no_numbers_after_the_last_step_are_no_result(tmp_path: Path) -> None:
    class Overflowing(Toy):
        def step(self, batch: int, progress: float) -> Mapping[str, float]:
            parts = super().step(batch, progress)
            if batch == 2:
                nn.init.constant_(self.model.weight, float("nan"))
            return parts

    run = RunFolder(tmp_path)
    run.run.write_text("{}")
    with pytest.raises(DivergedError, match="weights are no numbers any more after epoch 1"):
        train(Overflowing([1.0]), run)
    assert not run.is_finished()


def test_a_run_that_began_on_a_graphics_card_goes_on_without_one(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.run.write_text("{}")
    with pytest.raises(Killed):
        train(Toy([1.0, 2.0]), run, save_every=ALWAYS, report=kill_at(2, 1))
    state = torch.load(run.state, weights_only=True)
    torch.save({**state, "random_device": torch.zeros(16, dtype=torch.uint8)}, run.state)
    train(Toy([1.0, 2.0]), run)
    assert run.chosen()["epoch"] == 2


def test_the_best_epoch_is_the_earliest_of_equals() -> None:
    rows = [{"epoch": 1, "f1": 1.0}, {"epoch": 2, "f1": 2.0}, {"epoch": 3, "f1": 2.0}]
    assert best(rows, lambda row: row["f1"])["epoch"] == 2
