"""Training keeps few compiled kernels, unless somebody says how many."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

VARIABLES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")
SHOW = f"import os, heartsay.training; print(*(os.environ[v] for v in {VARIABLES}))"


@pytest.mark.parametrize(("given", "expected"), [({}, "32 32"), ({VARIABLES[0]: "7"}, "7 32")])
def test_both_caches_are_bounded_where_nobody_says_how_much(given: dict[str, str], expected: str) -> None:
    bare = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    shown = subprocess.run(
        [sys.executable, "-c", SHOW], env={**bare, **given}, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == expected
