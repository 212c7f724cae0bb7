from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heartsay.errors import InputError
from heartsay.experiments.nested.vectors import STEPS, kept_vectors

TEXTS = {"a": "We won.", "b": "You sold it?", "c": "So?"}


def made() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    rows = random.normal(size=(3, 5)).astype(np.float32)
    rows[:, 4] = 0
    return dict(zip(TEXTS, rows, strict=True))


def never() -> dict[str, np.ndarray]:
    raise AssertionError("made again")


def test_what_is_trained_on_is_what_was_written_wherever_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vectors" / "one.npz"
    first = kept_vectors(path, TEXTS, made)
    again = kept_vectors(path, TEXTS, never)
    assert list(first) == list(TEXTS)
    for name, row in made().items():
        assert np.array_equal(first[name], again[name])
        largest = np.abs(np.stack(list(made().values()))).max(0)
        assert np.all(np.abs(first[name] - row) <= largest / STEPS / 2 + 1e-6)
        assert first[name].dtype == np.float32


def test_vectors_of_other_words_and_spoilt_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    kept_vectors(path, TEXTS, made)
    with pytest.raises(InputError, match="those of others"):
        kept_vectors(path, {**TEXTS, "c": "So what?"}, never)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="bring it back, or remove it"):
        kept_vectors(path, TEXTS, never)
