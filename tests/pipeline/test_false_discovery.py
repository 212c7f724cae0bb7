"""Causes listed under a false discovery rate."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from tests.dummies.conversations import make_conversation, random_conversation
from tests.dummies.model import LINKS, recalibrated
from tests.dummies.promises import check_promises

from heartsay.analysis import Analysis
from heartsay.calibration import LinkRule
from heartsay.errors import InputError, ModelError
from heartsay.formats import write_json
from heartsay.formats.analyses.json_document import SCHEMA_PATH
from heartsay.pipeline import analyze
from heartsay.pipeline.causes import mean_pairs
from heartsay.runtime import Bundle, read_conversations, shipped_models


def shown(analysis: Analysis) -> set[tuple[str, str]]:
    return {(u.id, cause.utterance) for u in analysis.utterances for cause in u.causes}


def test_a_false_discovery_rate_lists_the_links_that_its_rule_shows(tmp_path: Path) -> None:
    model = recalibrated(tmp_path)
    conversation = random_conversation(3, 12)
    ((_, _, reading),) = read_conversations(model, [conversation])
    pairs = mean_pairs(reading, len(conversation))
    for rate, least in ((0.1, 0.6), (0.25, 0.6), (0.3, 0.2), (0.9, 0.2)):
        analysis = analyze(conversation, model=model, false_discovery_rate=rate)
        check_promises(analysis, conversation)
        # The score of this rule is the probability that the pair's log-odds state.
        score = 1 / (1 + np.exp(-pairs.log_odds))
        past = pairs.cause <= pairs.emotion
        expected = np.argwhere((score >= least) & past)[:, 0]
        places = zip(pairs.emotion[expected], pairs.cause[expected], strict=True)
        ids = [u.id for u in conversation.utterances]
        assert shown(analysis) == {(ids[i], ids[j]) for i, j in places}
        assert shown(analysis)
        control = analysis.false_discovery_control
        assert control is not None
        assert (control.rate, control.score_threshold, control.calibration_conversations) == (rate, least, 19)


def test_without_a_false_discovery_rate_nothing_speaks_of_one(tmp_path: Path, model: Bundle) -> None:
    conversation = random_conversation(3, 12)
    plain = analyze(conversation, model=model)
    assert "false_discovery" not in plain.model_dump_json()
    assert "false_discovery_control" not in plain.model_dump()
    without_rule = analyze(conversation, model=recalibrated(tmp_path, links=None))
    assert without_rule.model_dump_json() == plain.model_dump_json()


def test_a_document_under_a_false_discovery_rate_validates_and_reads_back(
    model: Bundle, tmp_path: Path
) -> None:
    analysis = analyze(random_conversation(6, 9), model=model, false_discovery_rate=0.3)
    write_json(analysis, tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(document)
    assert document["false_discovery_control"] == {
        "rate": 0.3,
        "rule": "conformal_risk_control",
        "score_threshold": 0.2,
        "calibration_conversations": 19,
    }
    assert Analysis.model_validate(document) == analysis


@pytest.mark.parametrize("rate", [0, 1, -0.1, 20, math.nan, "0.2", True])
def test_a_false_discovery_rate_out_of_range_is_refused(model: Bundle, rate: float) -> None:
    with pytest.raises(InputError, match="false discovery rate: expected a number between 0 and 1"):
        analyze(random_conversation(0, 1), model=model, false_discovery_rate=rate)


def test_a_false_discovery_rate_that_cannot_be_kept_names_the_lowest_that_can(model: Bundle) -> None:
    with pytest.raises(InputError, match=r"expected 0\.1 or more, .* found 0\.0999; ask for 0\.1 or more"):
        analyze(random_conversation(0, 1), model=model, false_discovery_rate=0.0999)
    # It is refused before anything is read.
    with pytest.raises(InputError, match=r"0\.1 or more"):
        analyze(iter(()), model=model, false_discovery_rate=0.05)


def test_a_model_that_can_keep_no_false_discovery_rate_says_so(tmp_path: Path) -> None:
    without = recalibrated(tmp_path / "without", links=None)
    with pytest.raises(ModelError, match=r"without a rule .* `heartsay calibrate`"):
        analyze(random_conversation(0, 1), model=without, false_discovery_rate=0.3)
    hopeless = recalibrated(tmp_path / "hopeless", links=replace(LINKS, rule=LinkRule(19, (), (), ())))
    with pytest.raises(ModelError, match=r"cannot keep any .* the 19 conversations"):
        analyze(random_conversation(0, 1), model=hopeless, false_discovery_rate=0.3)


@pytest.mark.skipif(not shipped_models(), reason="the default model has not been exported yet")
def test_the_default_model_keeps_a_false_discovery_rate_of_a_fifth() -> None:
    conversation = make_conversation(
        "plain", ("A", "I am so happy that you came!"), ("B", "How dare you, get out of my house!")
    )
    lists = [shown(analyze(conversation, false_discovery_rate=rate)) for rate in (0.2, 0.5)]
    assert lists[0] <= lists[1]
    assert lists[1]
