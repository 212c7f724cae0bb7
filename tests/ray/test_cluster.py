"""Addresses at which a Ray cluster may answer, and the versions on its machines."""

from __future__ import annotations

import socket
from threading import Thread
from typing import Any

import pytest

from heartsay import cluster
from heartsay.errors import HeartsayError, InputError


def test_an_address_that_does_not_answer_is_said_soon() -> None:
    with pytest.raises(InputError, match="expected a Ray cluster that answers"):
        cluster.check_answers("127.0.0.1:1")
    with pytest.raises(InputError, match="HOST:PORT"):
        cluster.check_answers("ray://")
    with pytest.raises(InputError, match="HOST:PORT"):
        cluster.check_answers("host:port")


def test_what_is_no_ray_is_told_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(InputError, match="found timed out"):
            cluster.check_answers(address)

        def answer(content: bytes) -> Thread:
            def serve() -> None:
                line = server.accept()[0]
                line.recv(100)
                line.sendall(content)
                line.close()

            thread = Thread(target=serve)
            thread.start()
            return thread

        monkeypatch.setattr(cluster, "PATIENCE", 5.0)
        server.accept()[0].close()
        for content in (b"HTTP/1.1 400 Bad Request\r\n", b""):
            thread = answer(content)
            with pytest.raises(InputError, match="something that is no Ray"):
                cluster.check_answers(address)
            thread.join()
        thread = answer(bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
        cluster.check_answers(address)
        thread.join()


def test_where_ray_does_not_start_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray", reason="the extra `scale` is not installed")

    def init(**_: Any) -> None:
        raise Exception("The current node timed out during startup.\nMore.")  # as Ray does

    monkeypatch.setattr(ray, "init", init)
    message = r"started on this machine: The current node .* startup\. Other"
    with pytest.raises(HeartsayError, match=message), cluster.joined(None, 2, "1.2"):
        pass


def test_workers_of_another_version_are_refused_and_both_are_named() -> None:
    cluster.check_versions({"10.0.0.1": "1.2"}, "1.2")
    with pytest.raises(
        HeartsayError, match=r"heartsay 1\.2, but 10\.0\.0\.2 has heartsay 1\.1, 10\.0\.0\.3 has no"
    ):
        cluster.check_versions({"10.0.0.1": "1.2", "10.0.0.2": "1.1", "10.0.0.3": "none"}, "1.2")
