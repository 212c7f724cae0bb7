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
    "arguments",
    [
        ("cmerc", "--seeds", "1,2"),
        ("cmerc", "--ship", "somewhere"),
        ("default", "--quick"),
        ("default", "--workers", "1"),
        ("default", "--cache", "somewhere"),
    ],
)
def test_options_of_another_system_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=arguments[1]):
        CliRunner().invoke(app, ["reproduce", *arguments], catch_exceptions=False)
