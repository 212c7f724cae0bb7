from __future__ import annotations

from pathlib import Path

import pytest
from tests.dummies.language_model import language_model_in, questions

import heartsay
from heartsay.errors import ModelError
from heartsay.models.hosts.fame_net import Answer
from heartsay.training.rewriting import load_rewriter, usable
from heartsay.training.tasks.language_model import ExplainerTraining, train_explainer


def test_a_tuned_model_explains_an_analysis_and_cannot_make_it_say_more(tmp_path: Path) -> None:
    items = questions()
    settings = ExplainerTraining(
        model=str(language_model_in(tmp_path / "language")), epochs=1, batch_tokens=200, rank=4
    )
    train_explainer({"train": items[:8], "dev": items[8:]}, tmp_path / "run", settings)
    writer = load_rewriter(tmp_path / "run")
    assert writer.name.startswith("rewriter ")
    talk = [{"speaker": "Theo", "text": "I sold the van."}, {"speaker": "Mara", "text": "You did what?!"}]
    plain, found = heartsay.analyze(talk), heartsay.analyze(talk, explainer=writer)
    # So small a model writes nothing that holds.
    assert [u.explanation for u in found.utterances] == [u.explanation for u in plain.utterances]


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="training run"):
        load_rewriter(tmp_path)


def test_what_repeats_itself_or_breaks_off_is_not_used() -> None:
    assert usable(Answer("He left.", repeated=False, ended=True)) == "He left."
    assert usable(Answer("He left he", repeated=True, ended=True)) == ""
    assert usable(Answer("He lef", repeated=False, ended=False)) == ""
