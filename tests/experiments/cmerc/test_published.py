"""The paper's own setting on small files of the published structure, filled with noise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.dummies.feature_files import (
    iemocap_items,
    iemocap_roberta_items,
    meld_items,
    meld_roberta_items,
    write,
)
from typer.testing import CliRunner

from heartsay.cli.app import app
from heartsay.errors import InputError
from heartsay.experiments.cmerc import work
from heartsay.experiments.cmerc.methods import CONTRASTS
from heartsay.experiments.cmerc.plan import COMPARED, IEMOCAP, MELD, PUBLISHED, Scope, configuration, runs
from heartsay.experiments.cmerc.published_files import check_published_files
from heartsay.experiments.cmerc.study import CmercStudy
from heartsay.experiments.study import DONE, Place, Run, do_run, reproduce
from heartsay.models.registry import BACKBONES
from heartsay.progress import silent
from heartsay.settings import constructor_options
from heartsay.training.feature_configuration import FeatureConfiguration

ONLY_ON_IEMOCAP = (
    *CONTRASTS,
    "cmerc-constraint-1",
    "cmerc-modality-contrast-0.02",
    "cmerc-context-contrast-0.5",
    "cmerc-removing-voice",
)


WIDE = ("hidden", "graph_width", "state", "emotion", "encoder", "graph", "width", "text_projection", "depth")
"""Settings that make backbones large."""


def narrow(run: Run, epochs: int | None = None, features: Path | None = None) -> FeatureConfiguration:
    """The published settings, but for sizes that would take the tests minutes."""
    made = configuration(run, epochs, features)
    options = constructor_options(BACKBONES[run.model].load(), 1)
    small = {name: 8 for name in WIDE if name in options and name != "text_projection"}
    small |= {"text_projection": 8} if made.backbone.settings.get("text_projection") else {}
    settings = {**made.backbone.settings, **small}
    return made.model_copy(update={"backbone": made.backbone.model_copy(update={"settings": settings})})


class Made(NamedTuple):
    content: dict[str, Any]
    results: Path
    study: CmercStudy


def write_files(folder: Path) -> Path:
    folder.mkdir()
    write(folder / "IEMOCAP_features.pkl", iemocap_items())
    write(folder / "MELD_features_raw1.pkl", meld_items())
    write(folder / "iemocap_features_roberta.pkl", iemocap_roberta_items())
    write(folder / "meld_features_roberta.pkl", meld_roberta_items())
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    root = tmp_path_factory.mktemp("published")
    place = Place(root / "work", root / "cache", 1, features=write_files(root / "files"))
    study = CmercStudy(place, Scope(seeds=(1,), sweep_seeds=(1,), corpora=(IEMOCAP, MELD), members=0))
    wanted = [
        *((IEMOCAP, model, "base") for model in COMPARED),
        *((MELD, model, "base") for model in ("dialogue-rnn", "m3net")),
        *((corpus, "m3net", "cmerc") for corpus in (IEMOCAP, MELD)),
        *((IEMOCAP, "m3net", method) for method in ("crl", "cmerc-without-contrast", *ONLY_ON_IEMOCAP)),
    ]
    work._corpus.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "configuration", narrow)
        for run in (Run(*of, 1, None) for of in wanted):
            assert run in study.runs()
            assert do_run(study, run) is None, run
        content = reproduce(study, root / "results", workers=0, report=silent)
        yield Made(content, root / "results", study)
    work._corpus.cache_clear()


def test_all_six_tables_stand_beside_the_numbers_of_their_own_corpus(made: Made) -> None:
    page = (made.results / "tables.md").read_text("utf-8")
    for number in range(2, 8):
        assert page.count(f"### Table {number}:") == 2
    iemocap, meld = page.split("## On IEMOCAP")[1].split("## On MELD")
    assert "*CORECT, IEMOCAP, published*" in iemocap
    assert "MELD, published*" not in iemocap
    assert "IEMOCAP, published*" not in meld.split("## Paired")[0]
    assert made.content["failed"] == {}
    assert {row["protocol"] for row in made.content["rows"]} == {"development-selected", "test-selected"}
    six = [row for row in made.content["rows"] if row["corpus"] == IEMOCAP]
    assert all("frustrated" in row["per_class_f1"] for row in six)
    assert "| *m3net, IEMOCAP, published* | base | 57.05 | 76.7 | 70.55 | 66.08 | 77.37 | 64.37 |" in iemocap


def test_the_figures_of_single_parts_are_drawn(made: Made) -> None:
    drawn = {path.name for path in made.results.glob("*.png")}
    expected = {
        "figure-5-representations-iemocap.png",
        "figure-6-representations-by-part-iemocap.png",
        *(
            f"figure-8-{part}-weight-iemocap.png"
            for part in ("modality-contrast", "context-contrast", "constraint")
        ),
    }
    assert expected <= drawn


def test_backbones_have_published_sizes_and_read_the_files_they_were_published_with() -> None:
    m3net = configuration(Run(MELD, "m3net", "base", 1, None), features=Path("/data"))
    assert m3net.backbone.settings["hidden"] == 1024
    assert m3net.corpus == "file:/data/MELD_features_raw1.pkl+/data/meld_features_roberta.pkl"
    assert configuration(Run(IEMOCAP, "mmgcn", "base", 1, None)).backbone.settings["depth"] == 64
    assert {run.corpus for run in runs(PUBLISHED)} == {IEMOCAP, MELD}


def test_a_run_of_other_features_is_made_anew_and_kept_beside(made: Made) -> None:
    run = Run(IEMOCAP, "mmgcn", "base", 1, None)
    folder = run.folder(made.study.place.work)
    assert not made.study.is_stale(run)
    stated = folder / "run.json"
    content = json.loads(stated.read_text("utf-8"))
    content["data"]["fingerprint"] = "of other features"
    stated.write_text(json.dumps(content), "utf-8")
    assert made.study.is_stale(run)
    messages: list[str] = []
    again = reproduce(made.study, made.results, workers=0, report=lambda row: messages.append(row["message"]))
    assert again["done"] == made.content["done"] - 1
    assert not folder.exists()
    assert (folder.with_name("seed-1.stale") / DONE).exists()
    assert any("1 runs are of other features" in message for message in messages)


def test_the_command_says_how_long_it_would_take_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "configuration", narrow)
    files = write_files(tmp_path / "files")
    options = [
        "--work",
        f"{tmp_path}/runs",
        "--cache",
        f"{tmp_path}/cache",
        "--results",
        f"{tmp_path}/results",
    ]
    ran = CliRunner().invoke(
        app,
        ["reproduce", "cmerc", "--published", str(files), "--quick", "--estimate", "--json", *options],
        catch_exceptions=False,
    )
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)["estimate"]
    assert {(share["corpus"], share["model"]) for share in found} == {
        (corpus, model) for corpus in (IEMOCAP, MELD) for model in ("m3net", "evidence-attention")
    }
    assert all(share["seconds"] > 0 and share["runs"] == 8 for share in found)
    assert not (tmp_path / "results").exists()


def test_a_folder_without_the_files_is_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path / "IEMOCAP_features.pkl", iemocap_items())
    with pytest.raises(InputError, match=r"no MELD_features_raw1\.pkl, no iemocap_features_roberta"):
        check_published_files(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        check_published_files(tmp_path / "nowhere")


@pytest.mark.slow
def test_a_run_at_published_size_trains_and_is_read(tmp_path: Path) -> None:
    place = Place(tmp_path / "work", tmp_path / "cache", 1, features=write_files(tmp_path / "files"))
    run = Run(IEMOCAP, "m3net", "base", 1, None)
    study = CmercStudy(place, Scope(seeds=(1,), corpora=(IEMOCAP,), members=0))
    assert do_run(study, run) is None
    assert not study.is_stale(run)
