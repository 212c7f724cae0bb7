import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.dummies import analysis as dummies
from tests.formats.samples import KITCHEN, analysis

from heartsay.analysis import Analysis
from heartsay.formats import read, write_json
from heartsay.formats.analyses.json_document import SCHEMA_PATH


def test_the_document_reads_back_and_fits_its_schema(tmp_path):
    written = analysis("kitchen", [(item.id, item.text) for item in KITCHEN.utterances])
    write_json(written, tmp_path / "out.json")
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    assert "Don’t" in text
    assert Analysis.model_validate_json(text) == written
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))).validate(json.loads(text))
    assert [item.text for item in read(tmp_path / "out.json").utterances] == [
        item.text for item in KITCHEN.utterances
    ]


@pytest.mark.parametrize("make", [dummies.small, dummies.one, dummies.long, dummies.hostile])
def test_it_is_written_in_pieces_as_it_is_as_a_whole(make: Callable[[], Analysis], tmp_path: Path) -> None:
    for written in (make(), make().model_copy(update={"utterances": []})):
        write_json(written, tmp_path / "out.json")
        assert (tmp_path / "out.json").read_text("utf-8") == written.model_dump_json(indent=2) + "\n"
