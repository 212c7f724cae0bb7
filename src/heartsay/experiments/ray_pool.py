"""The processes of a study on Ray: the same tasks and the same results, on this machine or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from heartsay import __version__
from heartsay.cluster import joined
from heartsay.limits import change, changed

Task = TypeVar("Task")

_HANDED_ON = ("HEARTSAY_DATA", "OMP_NUM_THREADS")


class RayPool:
    """Hands tasks to Ray, each with one processor; what it needs of a pool is `submit`.

    Args:
        ray: the package, joined.
    """

    def __init__(self, ray: Any) -> None:
        self._do = ray.remote(num_cpus=1)(_do)
        self._folder = Path.cwd()
        self._limits = changed()
        self._environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}

    def submit(self, work: Callable[[Task], str | None], task: Task) -> Future[str | None]:
        """Have one task done; a worker that dies is replaced, and the task goes on from its last state."""
        done: Future[str | None] = self._do.remote(
            work, task, self._folder, self._environment, self._limits
        ).future()
        return done


def _do(
    work: Callable[[Task], str | None],
    task: Task,
    folder: Path,
    environment: dict[str, str],
    limits: dict[str, int],
) -> str | None:
    """On a worker: as in a process of this machine that was started in the same folder."""
    import torch

    os.environ.update(environment)
    os.chdir(folder)
    change()  # whatever an earlier task of this process had
    if limits:
        change(**limits)
    torch.set_num_threads(1)
    return work(task)


@contextmanager
def ray_pool(workers: int, address: str | None) -> Iterator[RayPool]:
    """A pool on Ray for as long as the block lasts.

    Args:
        workers: tasks at a time.
        address: of a cluster, whose machines must have the folders of the study under the same paths; None
            starts Ray on this machine.

    Raises:
        BrokenProcessPool: workers died again and again.
        HeartsayError: as `cluster.joined`.
    """
    with joined(address, workers, __version__):
        import ray

        try:
            yield RayPool(ray)
        except ray.exceptions.RayError as error:
            raise BrokenProcessPool(str(error)) from error
