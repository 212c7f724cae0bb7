"""Partitions handed to whichever worker is free, by Ray Data, and what workers say of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from heartsay.errors import HeartsayError
from heartsay.ray.worker import Job, Worker


def results(job: Job, left: Sequence[tuple[int, int, int]], workers: int) -> Iterator[dict[str, Any]]:
    """What workers say of partitions, as they are done with them.

    Args:
        job: what every worker is told.
        left: numbers of partitions, each with offset and length of its line in the plan.
        workers: how many.

    Raises:
        HeartsayError: Ray gives up.
    """
    import ray

    client = ray.util.client.ray.is_connected()
    lines = _from_afar(job, left, workers) if client else _here(job, left, workers)
    try:
        for line in lines:
            yield json.loads(line)
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise HeartsayError(
            f"Ray gave up: {' '.join(str(error).split())[-300:]}. What was finished is kept; add --resume to"
            " go on."
        ) from error


def _here(job: Job, left: Sequence[tuple[int, int, int]], workers: int) -> Iterator[str]:
    from ray import data
    from ray.data import ActorPoolStrategy, DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"number": number, "offset": offset, "length": length} for number, offset, length in left]
    # A block for each partition, and one partition at a worker at a time: none waits behind another. Actors
    # that die are started again and get their partition anew, as is the default of Ray Data.
    dataset = data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        Worker,
        fn_constructor_args=(job,),
        batch_size=1,
        compute=ActorPoolStrategy(size=min(workers, len(rows)), max_tasks_in_flight_per_actor=1),
        num_cpus=1,
    )
    for row in dataset.iter_rows():
        yield row["done"]


class _Sharer:
    """Shares out on the cluster what a client asks for: Ray Data does not run in a client."""

    def __init__(self, job: Job, left: Sequence[tuple[int, int, int]], workers: int) -> None:
        self._lines = _here(job, left, workers)

    def next(self) -> str | None:
        """What a worker says of the next partition; None after the last."""
        return next(self._lines, None)


def _from_afar(job: Job, left: Sequence[tuple[int, int, int]], workers: int) -> Iterator[str]:
    import ray

    sharer = ray.remote(num_cpus=0)(_Sharer).remote(job, left, workers)
    while (line := ray.get(sharer.next.remote())) is not None:
        yield line
