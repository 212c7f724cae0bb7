"""A short campaign of odd inputs, and that the campaign would notice a failure."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from campaign.fuzz import ALLOWED, campaign, verdict
from campaign.mutation import mutated, smallest
from campaign.seeds import SEEDS

from campaign import fuzz, targets

SHORT = 400


@pytest.mark.parametrize("target", targets.TARGETS)
def test_odd_inputs_are_read_or_refused(target: str, tmp_path: Path) -> None:
    if target == "recordings" and find_spec("av") is None:
        pytest.skip("PyAV, of the extra `media`, is not installed")
    summary = campaign(SHORT, 2026, tmp_path, [target])[target]
    assert {kind: n for kind, n in summary.items() if kind not in ALLOWED} == {}
    assert summary.get("read", 0) + summary["refused"] == SHORT


def test_whole_examples_are_read(tmp_path: Path) -> None:
    for target, make in SEEDS.items():
        if target == "recordings" and find_spec("av") is None:
            continue
        for name, data in make().items():
            (tmp_path / name).write_bytes(data)
            assert verdict(target, tmp_path / name) == "read", name


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
