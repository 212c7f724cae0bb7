import json
from typing import Any

from jsonschema import Draft202012Validator
from tests.formats.samples import analysis, controlled

from heartsay.analysis import Analysis, Part
from heartsay.formats.analyses.json_document import SCHEMA_PATH


def analysis_json_schema() -> dict[str, Any]:
    """The schema of what `write_json` writes: every field is there, null or not.

    Only fields that a part calls `optional` are left out where there is nothing to say.
    """
    schema = Analysis.model_json_schema()
    optional = {part.__name__: part.optional for part in Part.__subclasses__()}
    for name, part in (("Analysis", schema), *schema["$defs"].items()):
        part["required"] = [field for field in part["properties"] if field not in optional[name]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


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


def test_a_document_of_version_1_0_is_still_valid_and_loads():
    document = json.loads(analysis("c", [("1", "Hi.")]).model_dump_json())
    old = {**document, "schema_version": "1.0"}
    assert Draft202012Validator(analysis_json_schema()).is_valid(old)
    assert Analysis.model_validate(old).schema_version == "1.0"


def test_what_was_not_computed_is_absent_and_what_was_is_there():
    plain = analysis("c", [("1", "Hi.")])
    document = json.loads(plain.model_dump_json())
    (utterance,) = document["utterances"]
    assert document["schema_version"] == "1.1"
    assert set(utterance["moved_by"]) == {"own_context", "other_context"}
    assert not {"by_modality", "conflict"} & set(utterance)
    more = {
        **utterance,
        "by_modality": {"voice": utterance["emotion"]["distribution"]},
        "conflict": {"kind": "divergence", "score": 1.5, "modalities": ["text", "voice"]},
        "moved_by": {**utterance["moved_by"], "without_voice": -0.2},
    }
    full = {**document, "utterances": [more]}
    assert Draft202012Validator(analysis_json_schema()).is_valid(full)
    assert json.loads(Analysis.model_validate(full).model_dump_json()) == full


def test_nothing_is_said_of_an_utterance_that_was_not_read():
    document = json.loads(analysis("c", [("1", "Hi.")]).model_dump_json())
    (utterance,) = document["utterances"]
    silence = {"label": None, "confidence": None, "distribution": {}, "abstain": True}
    silent = {**utterance, "text": None, "emotion": {**utterance["emotion"], **silence}}
    assert Draft202012Validator(analysis_json_schema()).is_valid({**document, "utterances": [silent]})
