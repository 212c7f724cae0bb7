"""Heavy packages load where they are used and not before: start-up time is part of the interface."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

RESEARCH = ("torch", "transformers", "sklearn", "scipy", "matplotlib", "pandas")
HEAVY = (*RESEARCH, "pyarrow", "jinja2", "onnxruntime", "tokenizers")

PROBE = """
import importlib, json, sys
names, watched = json.loads(sys.argv[1])
for name in names:
    importlib.import_module(name)
print(json.dumps([name for name in watched if name in sys.modules]))
"""


def loaded_by(code: str, names: Sequence[str], watched: Sequence[str]) -> list[str]:
    """Which of the watched packages a fresh interpreter holds after running the code."""
    run = subprocess.run(
        [sys.executable, "-c", code, json.dumps([names, watched])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: list[str] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_the_probe_sees_what_is_loaded() -> None:
    assert loaded_by(PROBE, ["onnxruntime"], HEAVY) == ["onnxruntime"]


@pytest.mark.parametrize("name", ["heartsay", "heartsay.cli"])
def test_starting_loads_nothing_heavy(name: str) -> None:
    assert loaded_by(PROBE, [name], HEAVY) == []


@pytest.mark.parametrize(
    "room",
    [
        "formats",
        "corpora",
        "metrics",
        "calibration",
        "runtime",
        "pipeline",
        "batch",
        "report",
        "weights",
        "demo",
        "extraction",
        "query",
        "ray",
    ],
)
def test_the_rooms_of_analysis_load_no_research_packages(room: str) -> None:
    assert loaded_by(PROBE, [f"heartsay.{room}"], RESEARCH) == []


ANALYZE = """
import json, sys
import heartsay
from heartsay.demo import conversation_path
analysis = heartsay.analyze(heartsay.read(conversation_path()))
assert analysis.utterances
print(json.dumps([name for name in json.loads(sys.argv[1])[1] if name in sys.modules]))
"""


def test_an_analysis_from_start_to_end_loads_no_research_packages() -> None:
    assert loaded_by(ANALYZE, [], RESEARCH) == []
