from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.dummies import analysis as dummies

from heartsay.analysis import (
    Analysis,
    Conflict,
    ConflictFit,
    ModalityModel,
    ModelStamp,
    PairOfModalities,
)
from heartsay.labels import EMOTIONS
from heartsay.report import render_report
from heartsay.report.modalities import about, conflict_sentence, flagged_sentence, panel
from heartsay.report.palette import styles

STAMP = ModelStamp(name="ear", version="1", sha256="ab" * 32)
STYLE = styles(list(EMOTIONS))


@dataclass
class Case:
    probability: float | None
    follows_by: float = 0.4

    def conflict(self) -> Conflict:
        names = ["text", "voice"]
        return Conflict(
            kind="k",
            score=0.8,
            modalities=names,
            probability=self.probability,
            flagged=None if self.probability is None else self.probability >= 0.5,
            follows="text",
            follows_by=self.follows_by,
            pairs=[PairOfModalities(modalities=names, score=0.8, probability=self.probability)],
        )


def with_voices(*cases: Case, same: bool = True) -> Analysis:
    """The small dummy, its first utterances heard."""
    plain = dummies.small()
    voice = {name: 0.88 if name == "anger" else 0.02 for name in EMOTIONS}
    turns = list(plain.utterances)
    for k, case in enumerate(cases):
        read = {"text": turns[k].emotion.distribution, "voice": voice}
        turns[k] = turns[k].model_copy(update={"by_modality": read, "conflict": case.conflict()})
    silent = {"modality_notes": {"voice": "not read: silence <of> the kind"}}
    turns[len(cases)] = turns[len(cases)].model_copy(update=silent)
    beside = ModalityModel(modality="voice", model=STAMP, cannot_name=["surprise"], moves_decision=False)
    fit = ConflictFit(
        modalities=["text", "voice"],
        fitted_on="made-up talk",
        utterances=1200,
        conflicts=480,
        same_readers=same,
    )
    return plain.model_copy(update={"utterances": turns, "modality_models": [beside], "conflict_fits": [fit]})


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (
            Case(0.834),
            "Words and voice are likely to disagree (83%); what is decided is nearest to the words, by 40"
            " points.",
        ),
        (
            Case(0.2, 0.001),
            "Words and voice are not likely to disagree (20%); what is decided is nearest to the words, by 1"
            " point.",
        ),
        (
            Case(None, 0.0),
            "Words and voice lie 0.80 bits of 1 apart; what is decided is as probable by the one as by the"
            " other.",
        ),
    ],
)
def test_a_conflict_in_a_sentence(case: Case, sentence: str) -> None:
    assert conflict_sentence(case.conflict()) == sentence


def test_only_likely_conflicts_are_marked_and_all_readings_shown() -> None:
    analysis = with_voices(Case(0.83), Case(0.2))
    page = render_report(analysis, None)
    assert page.count('class="modalities flagged"') == 1
    assert page.count('class="modalities"') == 2
    assert page.count("<dt>voice</dt>") == 3
    assert page.count("<b>Conflict</b>") == 1
    assert "anger 88%" in page
    assert "silence &lt;of&gt; the kind" in page
    assert "In 1 of 2 utterances that were read in two ways or more, these are likely to disagree." in page
    assert 'class="modalities' not in render_report(dummies.small(), None)


def test_what_was_fitted_and_what_moves_nothing_is_said() -> None:
    moved, fitted = about(with_voices(Case(0.8)))
    assert moved.startswith(
        "The voice is read by ear 1, which has no word for surprise. It stands beside and moves no"
    )
    assert "made-up talk: 1,200 utterances, in 40% of which people named different emotions" in fitted
    assert "another model" not in fitted
    assert about(with_voices(Case(0.8), same=False))[1].endswith("readings of another model.")
    assert about(dummies.small()) == []
    seen = ModalityModel(
        modality="face", model=STAMP, cannot_name=[], moves_decision=False, face_detector="MTCNN"
    )
    (told,) = about(dummies.small().model_copy(update={"modality_models": [seen]}))
    assert told.startswith("The face is read by ear 1; MTCNN finds the faces. It stands beside")
    assert flagged_sentence(with_voices(Case(None))) == ""


def test_words_alone_have_no_panel() -> None:
    (turn, *_) = dummies.small().utterances
    alone = turn.model_copy(update={"by_modality": {"text": turn.emotion.distribution}})
    assert panel(alone, STYLE) is None
    assert panel(turn, STYLE) is None
