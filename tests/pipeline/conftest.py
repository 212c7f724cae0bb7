"""The dummy model, loaded once for a file of tests."""

from __future__ import annotations

import pytest
from tests.dummies.model import model_folder

from heartsay.runtime import Bundle


@pytest.fixture(scope="module")
def model() -> Bundle:
    return Bundle.load(model_folder())
