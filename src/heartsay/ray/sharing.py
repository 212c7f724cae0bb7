"""Partitions handed to whichever worker is free, and what workers say of them.

Actors of Ray, and not Ray Data's pool of them: that one starts three processes of its own and makes every
worker import pandas, which doubled the processor time until the first result, and it does not run in Ray's
client.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from heartsay.errors import HeartsayError
from heartsay.ray.worker import Job, Worker


def results(job: Job, left: Sequence[tuple[int, int, int]], workers: int) -> Iterator[dict[str, Any]]:
    """What workers say of partitions, as they are done with them.

    An actor that dies is started again and gets its partition anew. Each has one partition at a time, so that
    none waits behind another.

    Args:
        job: what every worker is told.
        left: numbers of partitions, each with offset and length of its line in the plan.
        workers: how many.

    Raises:
        HeartsayError: Ray gives up.
    """
    import ray

    hire = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)(Worker).remote
    actors = [hire(job) for _ in range(min(workers, len(left)))]
    waiting = iter(left)
    running: dict[Any, Any] = {}

    def give(actor: Any) -> None:
        for _, offset, length in waiting:
            running[actor.make.remote(offset, length)] = actor
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
    finally:
        for actor in actors:
            ray.kill(actor)
