"""A file of settings is a mapping, or refused in one sentence, in no time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from heartsay.errors import InputError
from heartsay.limits import limit
from heartsay.training.yaml_settings import read_settings

BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + k)}: &{chr(98 + k)} [{', '.join([f'*{chr(97 + k)}'] * 9)}]\n" for k in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        "a: 2024-99-99",
        "a: !!int abc",
        "a: " + "9" * 5000,
        "a: " + "[" * 3000,
        "a: " + "{b: " * 3000,
        BOMB,
        "a: !!python/object/apply:os.system ['true']",
        "a: [",
        "a: \0",
        "<<: 3",
        "? [1]\n: 2",
        "- 1",
        "",
        "#" * (limit("settings_bytes") + 1),
    ],
    ids=range(14),
)
def test_what_is_no_settings_is_refused_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    begun = time.process_time()
    with pytest.raises(InputError) as refused:
        read_settings(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)
    assert time.process_time() - begun < 5


def test_parts_may_be_shared(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("a: &small {width: 8}\nb: *small\n")
    assert read_settings(path) == {"a": {"width": 8}, "b": {"width": 8}}
