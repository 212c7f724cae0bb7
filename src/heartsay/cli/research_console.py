"""What the researcher's commands share: their options, what they refuse, how they show progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from heartsay.errors import InputError, MissingDependencyError

LARGEST_SEED = 2**32 - 1
FEATURES = Path("runs/features")

Device = Annotated[str, typer.Option(metavar="DEVICE", help="Torch device: cpu, cuda, mps.")]


def check_seed(seed: int, where: str = "--seed") -> None:
    """Refuse a seed that not every library takes.

    Raises:
        InputError: it is out of range; `where` is the option that it came by.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(
            expected=f"whole numbers from 0 to {LARGEST_SEED}",
            found=str(seed),
            where=where,
            do="choose another seed",
        )


def check_device(name: str) -> None:
    """Refuse a device that torch does not know or has no access to, before anything is read.

    Raises:
        InputError: it is such a device.
    """
    import torch

    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(
            expected="a device that torch can compute on here",
            found=repr(name),
            where="--device",
            do="give cpu, or cuda or mps on a machine that has it",
        ) from None


@contextmanager
def training_packages() -> Iterator[None]:
    """Say which extra is missing instead of which module.

    Raises:
        MissingDependencyError: a package that is not our own was not found.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "heartsay":
            raise
        raise MissingDependencyError(f"this command ({error.name})", "train") from error


@contextmanager
def training_progress(quiet: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Steps as a bar where standard error is a terminal, epochs as lines."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def report(row: dict[str, Any]) -> None:
            if "step" in row:
                bar.update(
                    task, description=f"epoch {row['epoch']}", completed=row["step"], total=row["steps"]
                )
            elif not quiet:
                console.print(row.get("message") or _epoch_line(row))

        yield report


def _epoch_line(row: dict[str, Any]) -> str:
    """What a person is told of an epoch: its development scores."""
    over_features = "development_weighted_f1" in row
    prefix = "development_" if over_features else ""
    f1, likelihood = row[f"{prefix}weighted_f1"], row[f"{prefix}negative_log_likelihood"]
    pairs = "" if over_features else f"Pair F1 {row['pair_f1']:.2f}, "
    return f"epoch {row['epoch']}: development weighted F1 {f1:.2f}, {pairs}likelihood {likelihood:.3f}"
