"""Ray, joined or started: where work runs on more machines than this one.

Nothing is imported before it is asked for. A Ray that is started here is of this machine alone, has no
dashboard and reports nothing to anybody.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from heartsay.errors import HeartsayError, InputError, MissingDependencyError, first_line

OBJECT_STORE = 256 * 2**20
"""Bytes of shared memory of a Ray that is started here: what goes through it is a few numbers a partition."""

PATIENCE = 5.0
"""Seconds that an address may take to answer."""

_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_SETTINGS = b"\x04"
"""How a talk in HTTP/2, which Ray speaks, begins (RFC 9113, 3.4), and the kind of what is answered first."""


@contextmanager
def joined(address: str | None, workers: int | None, version: str) -> Iterator[int]:
    """Join a cluster, or start Ray on this machine, for as long as the block lasts.

    Where this process has joined one already, that is used and left as it is.

    Args:
        address: `auto`, `HOST:PORT` of the head, or `ray://HOST:PORT`; None starts Ray here.
        workers: how many are wanted; all processors where None.
        version: of this package; every machine must have the same.

    Yields:
        How many workers of one processor each there can be.

    Raises:
        MissingDependencyError: Ray is not installed.
        InputError: nothing answers at the address.
        HeartsayError: Ray cannot be started here, or a machine has another version of this package, or none.
    """
    ray = _imported()
    mine = not ray.is_initialized()
    if mine:
        _join(ray, address, workers)
    try:
        if address is not None:
            check_versions(_versions(ray), version)
        processors = max(1, int(ray.cluster_resources().get("CPU", 1)))
        yield processors if workers is None else min(workers, processors)
    finally:
        if mine:
            ray.shutdown()


def _imported() -> Any:
    # Both must be set before Ray is: nothing is sent anywhere, and workers are as nice as this process.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError("--engine ray", "scale") from error
    logging.getLogger("ray").setLevel(logging.ERROR)
    return ray


def _join(ray: Any, address: str | None, workers: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        try:
            ray.init(
                address="local",
                num_cpus=max(workers or here, 1),
                object_store_memory=OBJECT_STORE,
                include_dashboard=False,
                **quiet,
            )
        except Exception as error:  # Ray raises a bare one where its processes take too long to start
            raise HeartsayError(
                f"Ray could not be started on this machine: {first_line(error)} Other programs may keep it"
                " busy, or its memory or /dev/shm is full; try again, or analyse without --engine."
            ) from error
        return
    check_answers(address)
    try:
        ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _silent(address, " ".join(str(error).split())[:200] or type(error).__name__) from error


def check_answers(address: str) -> None:
    """Refuse an address at which nothing answers, sooner than Ray would.

    Raises:
        InputError: it is no address, or nothing answers in `PATIENCE`.
    """
    if address == "auto":
        return
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        where = (parts.hostname or "", parts.port or 0)
    except ValueError:
        where = ("", 0)
    if not all(where):
        raise InputError(
            expected="auto, HOST:PORT or ray://HOST:PORT",
            found=repr(address),
            where="--address",
            do="name the head of the cluster, or leave --address out to start Ray on this machine",
        )
    secret = os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true")  # then only Ray itself can ask
    try:
        with socket.create_connection(where, timeout=PATIENCE) as line:
            line.sendall(_GREETING)
            answer = b"" if secret else line.recv(9)
    except OSError as error:
        raise _silent(address, (error.strerror or str(error)).lower()) from error
    if not secret and answer[3:4] != _SETTINGS:
        raise _silent(address, "something that is no Ray")


def _silent(address: str, answer: str) -> InputError:
    return InputError(
        expected="a Ray cluster that answers",
        found=answer,
        where=f"--address {address}",
        do="check that Ray runs there and, if it asks for a token, that RAY_AUTH_MODE is token and the token"
        " is here; or leave --address out to start Ray on this machine",
    )


def _versions(ray: Any) -> dict[str, str]:
    """The version of this package on every machine of the cluster, by its address."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    def asked() -> str:  # within a function, so that it is sent whole to who may lack this package
        try:
            import heartsay
        except ImportError:
            return "none"
        return heartsay.__version__

    ask = ray.remote(num_cpus=0)(asked)
    nodes = [node for node in ray.nodes() if node["Alive"]]
    answers = [
        ask.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
        for node in nodes
    ]
    return dict(zip((node["NodeManagerAddress"] for node in nodes), ray.get(answers), strict=True))


def check_versions(found: Mapping[str, str], wanted: str) -> None:
    """Refuse machines with another version than this process has.

    Raises:
        HeartsayError: names both versions and the machines.
    """
    others = {machine: version for machine, version in found.items() if version != wanted}
    if others:
        some = ", ".join(
            f"{machine} has {'no heartsay' if version == 'none' else f'heartsay {version}'}"
            for machine, version in list(others.items())[:5]
        )
        raise HeartsayError(
            f"this machine has heartsay {wanted}, but {some}: one version must run everywhere; install"
            f" heartsay {wanted} with its extra `scale` on every machine of the cluster."
        )
