"""The examples in the documentation work as printed."""

from __future__ import annotations

import re
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


def test_the_reader_of_the_guide_reads_what_it_says(tmp_path: Path) -> None:
    (code,) = re.findall(
        r"```python\n(.*?)```", (DOCS / "add-a-format.md").read_text(encoding="utf-8"), re.DOTALL
    )
    namespace: dict[str, object] = {}
    exec(code, namespace)
    path = tmp_path / "chat.txt"
    path.write_text("[00:00:02] Ana: The kettle is on the stove.\n[00:00:04] Ben: Again?\n", encoding="utf-8")
    read = namespace["read"]
    assert callable(read)
    with formats.source.open_path(path) as source:
        (conversation,) = read(source)
    assert [(u.speaker, u.text, u.start) for u in conversation.utterances] == [
        ("Ana", "The kettle is on the stove.", 2.0),
        ("Ben", "Again?", 4.0),
    ]
