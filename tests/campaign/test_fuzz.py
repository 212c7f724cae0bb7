"""A short campaign of odd inputs, and that the campaign would notice a failure."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from campaign.fuzz import campaign, verdict
from campaign.mutation import mutated, smallest
from campaign.seeds import SEEDS
from campaign.summary import Row, table

from campaign import fuzz, targets

SHORT = 1500
"""Inputs of all targets together."""

NEEDS = {"recordings": "av", "settings": "torch", "runs": "torch", "models": "onnx", "adaptations": "onnx"}
NEEDS |= {"results": "duckdb"}


def skip_without(target: str) -> None:
    if target in NEEDS and find_spec(NEEDS[target]) is None:
        pytest.skip(f"{NEEDS[target]} is not installed")


@pytest.mark.parametrize("target", targets.TARGETS)
def test_odd_inputs_are_read_or_refused(target: str, tmp_path: Path) -> None:
    skip_without(target)
    count = round(SHORT * targets.SHARES[target] / 100)
    row = campaign(count, 2026, tmp_path, [target])[target]
    assert row.failures == 0, row.counts
    assert sum(row.counts.values()) == row.inputs == count
    assert row.counts["refused"]


@pytest.mark.parametrize("target", targets.TARGETS)
def test_whole_examples_are_read(target: str, tmp_path: Path) -> None:
    skip_without(target)
    for name, data in SEEDS[target]().items():
        (tmp_path / name).write_bytes(data)
        assert verdict(target, tmp_path / name) == "read", name


def test_shares_are_of_all_targets() -> None:
    assert set(targets.SHARES) == set(targets.TARGETS) == set(SEEDS)
    assert sum(targets.SHARES.values()) == 100


def test_seeds_are_added_up() -> None:
    row = Row(10, {"read": 3, "refused": 6, "ZeroDivisionError": 1}, 0.5, 7, 60)
    content = {"rows": {"pickles": row._asdict()}}
    found = table([{"seed": 1, **content}, {"seed": 2, **content}]).splitlines()
    assert found[0] == "Seeds 1, 2."
    assert "| pickles | 20 | 6 | 12 | 2 | 0.50 | 7 | 2 |" in found
    assert found[-1] == "- ZeroDivisionError"


def test_what_goes_wrong_is_noticed_and_made_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(path: Path) -> None:
        if b"!" in path.read_bytes():
            raise ZeroDivisionError("an exclamation mark")

    monkeypatch.setitem(fuzz.TARGETS, "conversations", breaks)
    path = tmp_path / "x.txt"
    path.write_bytes(b"so it is! or not")
    assert verdict("conversations", path) == "ZeroDivisionError: an exclamation mark"

    def still_fails(data: bytes) -> bool:
        path.write_bytes(data)
        return verdict("conversations", path) != "read"

    assert smallest(b"so it is! or not", still_fails) == b"!"


def test_an_input_follows_from_its_number() -> None:
    import random

    seeds = list(SEEDS["conversations"]().values())
    made = [[mutated(seeds[0], seeds, random.Random(f"1/x/{k}")) for k in range(50)] for _ in range(2)]
    assert made[0] == made[1]
    assert len(set(made[0])) > 45
