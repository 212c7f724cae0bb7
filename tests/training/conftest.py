"""The real corpora, for the few tests that need them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_root() -> Path:
    """The real corpora, or a skip that says why."""
    value = os.environ.get("HEARTSAY_DATA")
    if not value or not Path(value).is_dir():
        pytest.skip("HEARTSAY_DATA names no folder with the real corpora")
    return Path(value)
