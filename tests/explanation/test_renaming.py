from __future__ import annotations

import pytest
from tests.dummies import analysis as dummies

from heartsay.analysis import Explanation
from heartsay.analysis.document import CalibrationNote
from heartsay.errors import InputError


def test_new_names_stand_in_the_sentences_too_and_the_words_stay() -> None:
    before = dummies.small()
    after = before.rename_speakers({"Mara": "P1", "Theo": "P2"})
    assert {u.speaker for u in after.utterances} == {"P1", "P2", "Ines"}
    assert [u.text for u in after.utterances] == [u.text for u in before.utterances]
    told = after["12"].explanation
    assert told.text.startswith("P1 reads as angry")
    assert told.cites == before["12"].explanation.cites
    assert after.rename_speakers({"P1": "Mara", "P2": "Theo"}) == before.rename_speakers({})


def test_what_another_explainer_wrote_is_kept_and_said_so() -> None:
    whole = dummies.one()
    foreign = Explanation(text="Ines worries.", cites=["1"], generator="mine")
    turn = whole.utterances[0].model_copy(update={"explanation": foreign})
    after = whole.model_copy(update={"utterances": [turn]}).rename_speakers({"Ines": "P1"})
    assert after.utterances[0].explanation == foreign
    assert any("as before" in warning for warning in after.warnings)


def test_sentences_stay_without_confidence_where_it_is_not_calibrated() -> None:
    note = CalibrationNote(projects=[], surer=3.0, unlike=True)
    after = dummies.small().model_copy(update={"calibration": note}).rename_speakers({"Mara": "P1"})
    assert "%" in dummies.small().rename_speakers({})["12"].explanation.text
    assert not any("%" in u.explanation.text for u in after.utterances)


def test_a_name_that_nobody_has_is_refused() -> None:
    with pytest.raises(InputError, match="names of speakers"):
        dummies.small().rename_speakers({"Nobody": "P1"})
