"""The examples in the documentation work as printed."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from heartsay import formats
from heartsay.conversation import Conversation

DOCS = Path(__file__).resolve().parent.parent / "docs"
SUFFIXES = {
    "SubRip": ".srt",
    "WebVTT": ".vtt",
    "ECF text": ".txt",
    "CSV": ".csv",
    "JSON": ".json",
    "WhisperX": ".json",
    "Plain text": ".txt",
}


def examples() -> list[tuple[str, str]]:
    """(heading, block) of every example on the page of formats."""
    found = []
    for section in re.split(r"^## ", (DOCS / "formats.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[
        1:
    ]:
        heading = section.partition("\n")[0]
        found += [(heading, block) for block in re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)]
    return found


def test_every_format_has_an_example() -> None:
    assert {heading for heading, _ in examples()} == set(SUFFIXES)


@pytest.mark.parametrize(("heading", "block"), examples())
def test_every_example_reads_as_the_same_kitchen(tmp_path: Path, heading: str, block: str) -> None:
    path = tmp_path / f"example{SUFFIXES[heading]}"
    path.write_text(block, encoding="utf-8")
    conversation: Conversation = formats.read(path)
    first = conversation.utterances[0]
    assert re.sub(r" \.$", ".", first.text) == "The kettle is on the stove."
    assert first.speaker == ("SPEAKER_00" if heading == "WhisperX" else "Ana")
    assert first.end is not None
    assert first.start is not None
    assert first.end - first.start == pytest.approx(1.8)
    assert conversation.warnings == ()


def test_the_table_lists_what_the_registry_holds() -> None:
    page = (DOCS / "formats.md").read_text(encoding="utf-8")
    rows = [
        f"| {f.name} | {f.title} | {', '.join(f.suffixes)} | {'yes' if f.write else 'no'} |"
        for f in formats.FORMATS.values()
    ]
    assert re.findall(r"^\| [\w-]+ \|.*\| (?:yes|no) \|$", page, re.MULTILINE) == rows


def imports() -> list[tuple[str, str]]:
    """(module, name) of what the Python on any page imports of this package."""
    found = set()
    for page in [DOCS.parent / "README.md", *DOCS.glob("*.md")]:
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("heartsay"):
                    found |= {(str(node.module), alias.name) for alias in node.names}
    return sorted(found)


@pytest.mark.parametrize(("module", "name"), imports())
def test_what_the_pages_import_is_there(module: str, name: str) -> None:
    try:
        assert hasattr(import_module(module), name)
    except AssertionError:
        import_module(f"{module}.{name}")


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command line of a page in a folder."""
    program, *arguments = command.split()
    module = {"heartsay": ["-m", "heartsay.cli"], "python": []}[program]
    command_line = [sys.executable, *module, *arguments]
    return subprocess.run(command_line, cwd=folder, capture_output=True, text=True, check=False)


def test_the_guide_to_formats_works_as_printed(tmp_path: Path) -> None:
    page = (DOCS / "add-a-format.md").read_text(encoding="utf-8")
    for name, block in re.findall(r"`([\w.]+)`:\n\n```\w+\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(block, encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"kitchen.log", "mychat.py", "speakers.py"}
    printed = ""
    for line in "".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)).splitlines():
        done = run(tmp_path, line)
        assert (done.returncode, done.stderr) == (0, "")
        printed += done.stdout
    assert "Written: kitchen.json" in printed
    assert printed.endswith("['Ana', 'Ben']\n")
    turns = [("Ana", "The kettle is on the stove.", 2.0), ("Ben", "You boiled it dry again?", 4.0)]
    for path in ("results/kitchen.json", "kitchen.json"):
        document = json.loads((tmp_path / path).read_text(encoding="utf-8"))
        assert [(u["speaker"], u["text"], u["start"]) for u in document["utterances"]] == turns
    for line in ("[00:99:02] Ana: No such time.", "Ana: No time.", "[00:00:02] Ana"):
        (tmp_path / "broken.log").write_text(f"[00:00:01] Ana: Hi.\n{line}\n", encoding="utf-8")
        done = run(tmp_path, "heartsay convert broken.log x.csv --input-format mychat:FORMAT")
        assert done.returncode == 2
        assert done.stderr.startswith("broken.log, line 2: expected a line '[10:02:17] Name: text', found ")
