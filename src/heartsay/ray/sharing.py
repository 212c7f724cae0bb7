"""Partitions handed to whichever worker is free, and what workers say of them.

Actors of Ray, and not Ray Data's pool of them: that one starts three processes of its own and makes every
worker import pandas, which doubled the processor time until the first result, and it does not run in Ray's
client.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from heartsay.errors import HeartsayError
from heartsay.ray.worker import Job, Worker


@contextmanager
def hired(job: Job, count: int) -> Iterator[list[Any]]:
    """Workers, as actors of Ray, for as long as the block lasts; they load their model meanwhile.

    An actor that dies is started again and gets its partition anew.

    Args:
        job: what they are told of it so far: where, the model and the settings.
        count: how many.
    """
    import ray

    hire = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)(Worker).remote
    actors = [hire(job) for _ in range(count)]
    try:
        yield actors
    finally:
        for actor in actors:
            ray.kill(actor)


def results(
    actors: Sequence[Any], job: Job, left: Sequence[tuple[int, int, int]]
) -> Iterator[dict[str, Any]]:
    """What workers say of partitions, as they are done with them.

    Each has one partition at a time, so that none waits behind another.

    Args:
        actors: as `hired`.
        job: all of it.
        left: numbers of partitions, each with offset and length of its line in the plan.

    Raises:
        HeartsayError: Ray gives up.
    """
    import ray

    told = ray.put(job)
    waiting = iter(left)
    running: dict[Any, Any] = {}

    def give(actor: Any) -> None:
        for _, offset, length in waiting:
            running[actor.make.remote(offset, length, told)] = actor
            return

    try:
        for actor in actors:
            give(actor)
        while running:
            for reference in ray.wait(list(running))[0]:
                give(running.pop(reference))
                yield ray.get(reference)
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise HeartsayError(
            f"Ray gave up: {' '.join(str(error).split())[-300:]}. What was finished is kept; add --resume to"
            " go on."
        ) from error
