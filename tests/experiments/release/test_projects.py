from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.dummies.conversations import make_conversation
from tests.dummies.model import model_folder
from tests.dummies.results import simulated
from tests.experiments.release.test_calibrate import relabelled_by_others

from heartsay.conversation import Conversation
from heartsay.corpora.leaks import Cleaned
from heartsay.evidence.reading import Reading
from heartsay.experiments.release import other_projects, projects
from heartsay.experiments.release.other_projects import read_other_projects
from heartsay.experiments.release.projects import page, write_projects
from heartsay.runtime import Bundle

READINGS = {
    "meld": simulated(4),
    "ecf": simulated(1),
    "emorynlp": relabelled_by_others(2, 0.5),
    "reccon": relabelled_by_others(3, 0.1),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("projects")


@pytest.fixture(scope="module")
def content(root: Path) -> dict[str, Any]:
    """Of one model, whose readings are made up."""

    def read(model: Bundle, name: str, talk: Sequence[Conversation], report: object, keep: object) -> Reading:
        return READINGS[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            projects, "read_split", lambda model, corpus, split, report, keep: (READINGS[corpus], ())
        )
        patch.setattr(
            projects,
            "read_other_projects",
            lambda model, report, keep: {name: READINGS[name] for name in ("emorynlp", "reccon")},
        )
        patch.setattr(projects, "load", lambda corpus, split: [])
        patch.setattr(projects, "read_labelled_by", read)
        return write_projects({"one": model_folder()}, root)


def test_every_calibration_is_measured_where_it_has_something_to_say(content: dict[str, Any]) -> None:
    places = [(row["corpus"], row["fitted_to"]) for row in content["one"]["rows"]]
    home = ["home", "all", "without emorynlp", "without reccon"]
    assert sorted(places) == sorted(
        [("meld", to) for to in home]
        + [(name, to) for name in ("emorynlp", "reccon") for to in ("home", "all", f"without {name}")]
    )


def test_a_project_that_was_left_out_took_no_part(content: dict[str, Any]) -> None:
    row = {(r["corpus"], r["fitted_to"]): r for r in content["one"]["rows"]}
    alone, without, everybody = (row["emorynlp", to] for to in ("home", "without emorynlp", "all"))
    # Half of these labels are anybody's guess: only who has seen that widens sets so far.
    assert alone["coverage"] < without["coverage"] < everybody["coverage"]
    assert everybody["coverage"] > 88
    assert row["meld", "all"]["mean_set_size"] > row["meld", "home"]["mean_set_size"]


def test_the_frontier_starts_where_nothing_is_lowered(content: dict[str, Any]) -> None:
    frontier = [row for row in content["one"]["frontier"] if row["left_out"] == "emorynlp"]
    assert [row["slope"] for row in frontier] == list(projects.FRONTIER)
    (home,) = (r for r in content["one"]["rows"] if (r["corpus"], r["fitted_to"]) == ("emorynlp", "home"))
    assert frontier[0]["ece"] == pytest.approx(home["ece"], abs=0.5)
    assert frontier[-1]["ece"] < frontier[0]["ece"] - 0.5
    assert frontier[-1]["home"] != frontier[0]["home"]


def test_the_page_is_made_of_what_is_written(content: dict[str, Any], root: Path) -> None:
    assert json.loads((root / "projects.json").read_text("utf-8")) == content
    text = (root / "projects.md").read_text("utf-8")
    assert text == page(content)
    both = page({**content, "two": content["one"]})
    assert both.index("## one") < both.index("## two")
    row = next(r for r in content["one"]["rows"] if r["corpus"] == "emorynlp" and r["fitted_to"] == "home")
    assert f"| emorynlp dev | home | {row['n']:,} | {row['ece']:.1f} (" in text


def test_without_the_corpora_home_alone_is_used_and_said_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path))
    said: list[str] = []
    found = read_other_projects(
        Bundle.load(model_folder()), lambda event: said.append(str(event.get("message")))
    )
    assert found == {}
    assert said == ["confidence is fitted to home's labels alone: no meld, ecf, emorynlp, reccon"]


def test_talk_is_taken_evenly_and_labels_go_by_the_models_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def part(name: str) -> Any:
        talk = [make_conversation(f"{name} {k}", ("A", "So."), ("B", "Well.")) for k in range(9)]
        emotions = ("mad", "peaceful") if name == "emorynlp" else ("anger", "joy")
        felt = [
            tuple(replace(u, emotion=e) for u, e in zip(c.utterances, emotions, strict=True)) for c in talk
        ]
        return Cleaned(tuple(Conversation(str(k), said) for k, said in enumerate(felt)), {})

    monkeypatch.setattr(other_projects, "_is_there", lambda name: True)
    monkeypatch.setattr(other_projects, "training_part", part)
    found = read_other_projects(Bundle.load(model_folder()), sample=3)
    assert list(found) == ["emorynlp", "reccon"]
    assert all(len(np.unique(reading.conversation)) == 3 for reading in found.values())
    assert found["emorynlp"].gold.tolist() == [6, -100] * 3
    assert found["reccon"].gold.tolist() == [6, 4] * 3
    assert set(found["reccon"].logits) == {"full", "own_context", "other_context"}
