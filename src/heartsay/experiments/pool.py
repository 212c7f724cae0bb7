"""Many runs on several one-thread processes: each after what it needs, stopped at any point, and resumed."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Protocol, TypeVar

from heartsay.limits import change, changed
from heartsay.progress import Report

Task = TypeVar("Task", bound=Hashable)


class Pool(Protocol):
    """What does tasks elsewhere."""

    def submit(self, work: Callable[[Task], str | None], task: Task, /) -> Future[str | None]:
        """Have one task done; the future says why it failed, or None."""


def run_all(
    tasks: Sequence[Task],
    work: Callable[[Task], str | None],
    *,
    is_done: Callable[[Task], bool],
    needs: Callable[[Task], Collection[Task]],
    workers: int,
    report: Report,
    pool: Callable[[int], AbstractContextManager[Pool]] | None = None,
) -> dict[Task, str]:
    """Do what is not done yet.

    Args:
        tasks: in the order in which they are wanted; what they need must be among them or done.
        work: does one task in another process and returns why it failed, or None; must be picklable.
        is_done: whether a task was done earlier.
        needs: the tasks that must be done before.
        workers: processes of one thread each; two of them use two cores better than one of two threads.
        report: called with a `message` and counts, `done` of `of`, whenever a task ends.
        pool: opens what does tasks, so many at a time; processes of this machine where None.

    Returns:
        The tasks that failed and why, those that needed them among them.
    """
    done = {task for task in tasks if is_done(task)}
    pending = [task for task in tasks if task not in done]
    failed: dict[Task, str] = {}

    def report_progress(message: str, run: str = "") -> None:
        count = {"done": len(done) + len(failed), "of": len(tasks), "unit": "runs"}
        report({"message": message, "run": run, **count})

    report_progress(f"{len(done)} of {len(tasks)} runs are done")
    if not pending:
        return failed
    with (pool or _processes)(workers) as opened:
        submitted: dict[Future[str | None], Task] = {}
        while pending or submitted:
            for task, reason in _hopeless(pending, failed, needs).items():
                failed[task] = reason
                pending.remove(task)
            ready = [task for task in pending if all(n in done for n in needs(task))]
            for task in ready[: workers - len(submitted)]:
                pending.remove(task)
                submitted[opened.submit(work, task)] = task
            if not submitted:
                break
            for future in wait(submitted, return_when=FIRST_COMPLETED).done:
                task, problem = submitted.pop(future), future.result()
                if problem is None:
                    done.add(task)
                else:
                    failed[task] = problem
                report_progress(f"{task} done" if problem is None else f"{task}: {problem}", str(task))
    return failed


@contextmanager
def _processes(workers: int) -> Iterator[Pool]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(changed(),)) as pool:
        try:
            yield pool
        except BaseException:
            # Whoever interrupts wants to stop now; what is unfinished goes on from its last state next time.
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _hopeless(
    pending: Sequence[Task], failed: dict[Task, str], needs: Callable[[Task], Collection[Task]]
) -> dict[Task, str]:
    """Tasks that need a failed one."""
    reasons = {task: [failed[n] for n in needs(task) if n in failed] for task in pending}
    return {task: f"what it needs failed: {found[0]}" for task, found in reasons.items() if found}


def _begin(limits: dict[str, int]) -> None:
    """One thread, and an end with whoever asked: a process of a killed study must not go on unseen."""
    import torch

    change(**limits)
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
