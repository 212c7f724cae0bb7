"""Threads and processes read what one thread reads, whether they were forked or begin anew."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.dummies.model import model_folder

from heartsay.formats import read
from heartsay.pipeline import analyze, load_model

TALKS = tuple(
    f"Ana: I am so happy, {n} times!\nBen: What? You sold the piano?\nAna: Leave me alone, this is awful.\n"
    for n in range(8)
)


def analysed(given: tuple[Path, str]) -> str:
    folder, text = given
    return analyze(read(text), model=load_model(folder), evidence="always").model_dump_json()


# Takes ten seconds of processor time: four processes that begin anew load everything each.
def test_eight_threads_and_four_processes_of_each_kind_read_what_one_does() -> None:
    given = [(model_folder(), text) for text in TALKS]
    expected = [analysed(each) for each in given]
    assert len(set(expected)) == len(TALKS)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(analysed, given)) == expected
    for kind in ("fork", "spawn"):
        with multiprocessing.get_context(kind).Pool(4) as pool:
            assert pool.map_async(analysed, given).get(timeout=200) == expected, kind
