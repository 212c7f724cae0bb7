import json

from jsonschema import Draft202012Validator
from tests.formats.samples import analysis, controlled

from heartsay.formats import analysis_json_schema
from heartsay.formats.schema import SCHEMA_PATH


def test_the_kept_schema_is_current():
    current = json.dumps(analysis_json_schema(), indent=2, ensure_ascii=False) + "\n"
    assert SCHEMA_PATH.read_text(encoding="utf-8") == current, "write this text to the file"


def test_the_schema_refuses_what_is_missing_or_unknown():
    schema = analysis_json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    document = json.loads(analysis("c", [("1", "Hi.")]).model_dump_json())
    assert validator.is_valid(document)
    for change in (
        {"schema_version": None},
        {"coverage": 1.5},
        {"extra": 1},
        {"utterances": [{**document["utterances"][0], "emotion": {}}]},
    ):
        assert not validator.is_valid({**document, **change})
    for field in document:
        assert not validator.is_valid({key: value for key, value in document.items() if key != field}), field


def test_what_an_option_adds_may_be_absent_but_not_incomplete():
    validator = Draft202012Validator(analysis_json_schema())
    plain = json.loads(analysis("c", [("1", "Hi.")]).model_dump_json())
    assert "false_discovery_control" not in plain
    document = json.loads(controlled(analysis("c", [("1", "Hi.")])).model_dump_json())
    assert validator.is_valid(document)
    for field in document["false_discovery_control"]:
        part = {k: v for k, v in document["false_discovery_control"].items() if k != field}
        assert not validator.is_valid({**document, "false_discovery_control": part}), field
