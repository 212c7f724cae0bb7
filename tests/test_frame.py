"""What the repository says about itself agrees with itself."""

from __future__ import annotations

import re
import runpy
import subprocess
import tomllib
from pathlib import Path

import pytest

import heartsay

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def tracked_files() -> list[Path]:
    """Files of the repository, or a skip where this is no checkout."""
    run = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in run.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited is not None
    assert project["version"] == cited[1] == heartsay.__version__
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_one_licence_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "license: Apache-2.0\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text(
        encoding="utf-8"
    )


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {plain(name) for name in re.findall(r"^([\w.-]+)==[\w.]+$", constraints, re.MULTILINE)}
    extras = project["optional-dependencies"].values()
    stated = [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]
    names = {plain(re.split(r"[\[<>=~! ;]", requirement)[0]) for requirement in stated} - {"heartsay"}
    assert names - pinned == set()


def test_every_data_file_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    globs = project["tool"]["setuptools"]["package-data"]["heartsay"]
    package = ROOT / "src" / "heartsay"
    installed = {path for glob in globs for path in package.glob(glob)}
    data = {path for path in tracked_files() if path.is_relative_to(package) and path.suffix != ".py"}
    assert data
    assert data - installed == set()


def test_the_table_of_floors_is_that_of_the_contract() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "floors.py"))
    assert script["page"]() == script["PAGE"].read_text("utf-8"), "run: python docs/floors.py"


def test_no_source_file_is_longer_than_350_lines() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (ROOT / "src").rglob("*.py")
        if (lines := path.read_text("utf-8").count("\n")) > 350
    }
    assert long == {}


def test_configurations_are_composed_and_not_copied() -> None:
    assert len(list((ROOT / "src").rglob("*.yaml"))) <= 30


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def anchors(page: Path) -> set[str]:
    """Fragment names of a page's headings, as the usual renderers make them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_resolves(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"(https?|mailto):", target):
            continue
        path, _, fragment = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name} links to {target}, which is not there"
        if fragment:
            assert fragment in anchors(linked), f"{page.name} links to {target}, which has no such heading"


def test_every_page_of_the_documentation_is_reached_from_its_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in ROOT.glob("docs/**/*.md"):
        name = page.relative_to(ROOT / "docs").as_posix()
        assert name == "index.md" or f"]({name}" in index, name


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    # Alternatives in pieces, so that this file does not find itself; tests may well write to "/root/x".
    private = re.compile(
        r"(?<![\w.~-])/(?:(?:" + "|".join(["work", "home", "Users", "opt"]) + r")/\w|root/\.)"
    )
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in private.finditer(text)]
    assert found == []
