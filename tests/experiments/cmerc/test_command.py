"""`heartsay reproduce cmerc` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.experiments.cmerc.conftest import tiny
from typer.testing import CliRunner

from heartsay.cli.app import app
from heartsay.errors import InputError
from heartsay.experiments.cmerc import work
from heartsay.experiments.cmerc.plan import FROZEN_VOICES


def test_before_any_run_the_page_has_floors_and_says_that_there_are_no_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "load_feature_corpus", tiny)
    work._corpus.cache_clear()
    options = [
        "--work",
        f"{tmp_path}/runs",
        "--results",
        f"{tmp_path}/results",
        "--cache",
        f"{tmp_path}/none",
    ]
    ran = CliRunner().invoke(
        app, ["reproduce", "cmerc", "--quick", "--workers", "0", "--json", *options], catch_exceptions=False
    )
    work._corpus.cache_clear()
    assert ran.exit_code == 0
    printed = json.loads(ran.stdout)
    assert (printed["done"], printed["rows"]) == (0, [])
    assert printed["scope"]["corpora"] == [FROZEN_VOICES]
    page = (tmp_path / "results/cmerc-quick/tables.md").read_text("utf-8")
    assert "0 of 20 runs are done" in page
    assert "| m3net | cmerc | development | no runs yet |" in page
    assert "majority class" in page
    assert not list((tmp_path / "results/cmerc-quick").glob("*.png"))


@pytest.mark.parametrize(
    ("system", "option"),
    [
        ("cmerc", "--seeds"),
        ("cmerc", "--ship"),
        ("cmerc", "--end-to-end"),
        ("rpcl", "--ship"),
        ("default", "--quick"),
        ("default", "--workers"),
        ("default", "--cache"),
    ],
)
def test_a_system_has_only_options_of_its_own(system: str, option: str) -> None:
    assert option not in CliRunner().invoke(app, ["reproduce", system, "--help"]).output
    ran = CliRunner().invoke(app, ["reproduce", system, option])
    assert ran.exit_code == 2
    assert "No such option" in ran.output


def test_a_quick_look_at_rpcl_has_nothing_end_to_end() -> None:
    with pytest.raises(InputError, match="leave the others out"):
        CliRunner().invoke(app, ["reproduce", "rpcl", "--quick", "--end-to-end"], catch_exceptions=False)


def test_what_is_trained_again_and_the_reading_exclude_each_other() -> None:
    with pytest.raises(InputError, match="--again or --read-outer-test"):
        CliRunner().invoke(
            app, ["reproduce", "cmerc-nested", "--again", "1", "--read-outer-test"], catch_exceptions=False
        )


def test_every_system_has_a_help_with_an_example() -> None:
    assert {"default", "cmerc", "rpcl"} <= set(CliRunner().invoke(app, ["reproduce"]).output.split())
    for system in ("default", "cmerc", "rpcl"):
        assert (
            f"heartsay reproduce {system}" in CliRunner().invoke(app, ["reproduce", system, "--help"]).output
        )
