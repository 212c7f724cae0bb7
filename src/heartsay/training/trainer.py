"""The trainer of everything that is trained here: killed at any point, it goes on to the same numbers."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from heartsay.errors import HeartsayError
from heartsay.objectives import objective
from heartsay.progress import Report, Row, silent
from heartsay.training.optimisation import Optimisation
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import save_state, save_weights

SAVE_EVERY = 120.0
"""Seconds between saved states within an epoch."""

Batch = TypeVar("Batch")

Score = Callable[[Row], Any]
"""What an epoch is worth, from its metrics; anything that can be compared."""


class DivergedError(HeartsayError):
    """Training produced a loss, weights or readings that are not numbers."""


class Task(ABC, Generic[Batch]):
    """What is trained, and how it is judged; `train` does the rest.

    Whoever makes a task seeds torch before the first random draw. What it draws afterwards must come from
    torch's generators, which are saved and restored, or from the number of the epoch.

    Attributes:
        model: what is trained.
        optimisation: how its weights are moved.
        epochs: passes over the data at most.
        patience: epochs without a better one after which to stop, if given.
        selections: how epochs are chosen, the first for the run's result; of equals the earlier is chosen.
            None where the last epoch is the result.
    """

    model: nn.Module
    optimisation: Optimisation
    epochs: int
    patience: int | None = None
    selections: Mapping[str, Score] = {}

    @abstractmethod
    def batches(self, epoch: int) -> Sequence[Batch]:
        """The batches of an epoch, counted from 0; the same whenever asked."""

    @abstractmethod
    def step(self, batch: Batch, progress: float) -> Mapping[str, float]:
        """One update of the weights.

        Args:
            batch: one of `batches`.
            progress: epochs since the start, with the share of the current one.

        Returns:
            The parts of the loss.

        Raises:
            DivergedError: of `heartsay.objectives.objective`; the loss is not finite.
        """

    def evaluate(self, epoch: int) -> Row:
        """Metrics after an epoch, counted from 0.

        Raises:
            DivergedError: of `heartsay.objectives.objective`; what the model reads is not finite.
        """
        return {}

    def keep(self, run: RunFolder, selection: str) -> None:
        """Keep what the epoch that has just been evaluated gives: it is the best so far."""
        save_weights(self.model.state_dict(), run.weights)

    def finish(self, run: RunFolder, chosen: Mapping[str, int], report: Report) -> None:
        """Write what the run is for, after the last epoch; done again if it was interrupted.

        Args:
            run: where to write.
            chosen: number of the chosen epoch by selection.
            report: progress callback.
        """

    def moving(self) -> Mapping[str, torch.Tensor]:
        """The weights of the model that going on needs: all, unless most of them never move."""
        return self.model.state_dict()

    def state_dict(self) -> dict[str, Any]:
        """What going on needs beside model and optimiser: tensors, numbers, strings, containers of them."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a saved state."""


def train(
    task: Task[Any],
    run: RunFolder,
    *,
    keep_weights: bool = True,
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> RunFolder:
    """Train to the end, or go on where the run was killed.

    Args:
        task: as it was made for the run at first.
        run: the folder of a run that is not finished.
        keep_weights: whether the chosen epoch's weights stay in the folder.
        save_every: seconds between saved states within an epoch.
        report: called after each step and each epoch.

    Raises:
        DivergedError: the loss, the weights, or what the model reads, are not finite.
    """
    trainer = _Trainer(task, run, save_every, report)
    trainer.train()
    history = run.history()
    chosen = {name: best(history, score)["epoch"] for name, score in task.selections.items()}
    task.finish(run, chosen, report)
    run.finish(chosen, keep_weights)
    return run


def best(history: Sequence[Row], score: Score) -> Row:
    """The epoch with the highest score; of equals the earlier."""
    return max(history, key=score)


class _Trainer(Generic[Batch]):
    """Where a run stands."""

    def __init__(self, task: Task[Batch], run: RunFolder, save_every: float, report: Report) -> None:
        self.task, self.run, self.save_every, self.report = task, run, save_every, report
        self.device = next(task.model.parameters()).device
        self.epoch = self.step_in_epoch = self.steps = 0
        self.sums: dict[str, float] = {}
        if run.state.exists():
            self._load_state()

    def train(self) -> None:
        """All epochs that are left."""
        history = [row for row in self.run.history() if row["epoch"] <= self.epoch]
        while self.epoch < self.task.epochs and not self._is_out_of_patience(history):
            self._train_epoch()
            row = self._evaluate()
            history.append(row)
            for name, score in self.task.selections.items():
                if best(history, score) is row:
                    self.task.keep(self.run, name)
            self.run.write_history(history)
            self.epoch, self.step_in_epoch, self.sums = self.epoch + 1, 0, {}
            self._save_state()
            self.report(row)

    def _is_out_of_patience(self, history: Sequence[Row]) -> bool:
        if self.task.patience is None or not history:
            return False
        score = next(iter(self.task.selections.values()))
        return len(history) - int(best(history, score)["epoch"]) >= self.task.patience

    def _train_epoch(self) -> None:
        batches = self._batches()
        self.task.model.train()
        saved = time.monotonic()
        for index in range(self.step_in_epoch, len(batches)):
            self.task.optimisation.begin_step(self.steps)
            try:
                parts = self.task.step(batches[index], self.epoch + index / len(batches))
            except objective.DivergedError as error:
                raise self._diverged(
                    f"the loss is no number any more in epoch {self.epoch + 1}, step {index + 1} ({error})"
                ) from error
            for name, part in parts.items():
                self.sums[name] = self.sums.get(name, 0.0) + part
            self.step_in_epoch, self.steps = index + 1, self.steps + 1
            self.report({"epoch": self.epoch + 1, "step": index + 1, "steps": len(batches)})
            if time.monotonic() - saved > self.save_every:
                self._save_state()
                saved = time.monotonic()

    def _batches(self) -> Sequence[Batch]:
        """The batches of this epoch; making them again moves no generator that a step goes on with."""
        if self.step_in_epoch == 0:
            return self.task.batches(self.epoch)
        random = self._random_state()
        batches = self.task.batches(self.epoch)
        self._set_random_state(random)
        return batches

    def _evaluate(self) -> Row:
        try:
            scores = self.task.evaluate(self.epoch)
        except objective.DivergedError as error:
            raise self._diverged(
                f"what the model reads after epoch {self.epoch + 1} are no numbers any more"
            ) from error
        if not all(torch.isfinite(weight).all() for weight in self.task.model.parameters()):
            raise self._diverged(f"weights are no numbers any more after epoch {self.epoch + 1}")
        losses = {f"{name}_loss": total / self.step_in_epoch for name, total in self.sums.items()}
        return {"epoch": self.epoch + 1, "steps": self.step_in_epoch, **losses, **scores}

    def _diverged(self, what: str) -> DivergedError:
        kept = (
            f" The state that was saved last is kept in {self.run.path}." if self.run.state.exists() else ""
        )
        return DivergedError(
            f"{what}; lower the learning rates, lengthen the warm-up or set gradient_norm, and train into "
            f"another folder.{kept}"
        )

    def _random_state(self) -> dict[str, torch.Tensor | None]:
        on_device = torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None
        return {"random": torch.get_rng_state(), "random_device": on_device}

    def _set_random_state(self, state: Mapping[str, Any]) -> None:
        torch.set_rng_state(state["random"].cpu())
        if state["random_device"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_device"].cpu(), self.device)

    def _save_state(self) -> None:
        state = {
            "model": dict(self.task.moving()),
            "optimisation": self.task.optimisation.state_dict(),
            "task": self.task.state_dict(),
            **self._random_state(),
            "epoch": self.epoch,
            "step_in_epoch": self.step_in_epoch,
            "steps": self.steps,
            "sums": self.sums,
        }
        save_state(state, self.run.state)

    def _take_up(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Load the weights that `moving` named, and leave no other as it was saved under that name."""
        wanted = set(self.task.moving())
        if wanted != set(weights):
            raise RuntimeError(f"{self.run.state} holds other weights than those that are trained here")
        self.task.model.load_state_dict(weights, strict=False)

    def _load_state(self) -> None:
        state = torch.load(self.run.state, weights_only=True, map_location=self.device)
        self._take_up(state["model"])
        self.task.optimisation.load_state_dict(state["optimisation"])
        self.task.load_state_dict(state["task"])
        self._set_random_state(state)
        self.epoch, self.step_in_epoch, self.steps = state["epoch"], state["step_in_epoch"], state["steps"]
        self.sums = state["sums"]
