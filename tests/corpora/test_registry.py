from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from heartsay import corpora
from heartsay.conversation import Conversation, Utterance
from heartsay.corpora import registry
from heartsay.errors import InputError
from heartsay.labels import EMORYNLP, EMOTIONS, IEMOCAP


def test_every_corpus_is_listed_under_its_folder_name() -> None:
    assert corpora.names() == ["ecf", "emorynlp", "mecad", "meld", "reccon", "semeval"]
    assert all(corpora.get(name).name == name for name in corpora.names())


def test_registering_a_name_twice_raises() -> None:
    with pytest.raises(ValueError, match="'meld' is registered already"):
        registry.register(corpora.MELD)


def test_a_split_with_a_file_and_no_counts_raises() -> None:
    with pytest.raises(ValueError, match="same splits"):
        registry.register(replace(corpora.MELD, name="other", files={"train": "t.csv", "extra": "e.csv"}))
    assert "other" not in corpora.names()


@pytest.mark.parametrize("name", corpora.names())
def test_every_corpus_states_licence_citation_and_home(name: str) -> None:
    corpus = corpora.get(name)
    assert corpus.licence
    assert corpus.home.startswith("https://")
    entry = re.match(r"@(article|inproceedings)\{[\w-]+,\n", corpus.citation)
    assert entry is not None
    for field in ("title", "author", "year", "doi"):
        assert re.search(rf"^  {field} = \{{.", corpus.citation, re.MULTILINE), field
    assert corpus.citation.count("{") == corpus.citation.count("}")


@pytest.mark.parametrize("name", corpora.names())
def test_stated_emotions_add_up_to_stated_utterances(name: str) -> None:
    for split, counts in corpora.get(name).expected.items():
        assert not counts.emotions or sum(counts.emotions.values()) == counts.utterances, split


def test_emotions_go_by_the_names_of_another_space_or_not_at_all() -> None:
    utterances = (
        Utterance("1", "Ana", "So.", emotion="mad", votes={"mad": 2, "peaceful": 1}),
        Utterance("2", "Ben", "Well.", emotion="peaceful", votes={"peaceful": 3}),
        Utterance("3", "Ana", "Oh."),
    )
    conversation = Conversation("c", utterances, frozenset({(0, 0)}))
    found = corpora.relabelled(conversation, EMORYNLP, EMOTIONS)
    assert [u.emotion for u in found.utterances] == ["anger", None, None]
    assert [u.votes for u in found.utterances] == [{"anger": 2.0}, None, None]
    assert (found.id, found.pairs) == ("c", conversation.pairs)
    assert corpora.relabelled(conversation, EMORYNLP, EMORYNLP) is conversation


def test_votes_for_what_is_one_emotion_elsewhere_are_added_up() -> None:
    said = Utterance("1", "Ana", "So.", emotion="happy", votes={"happy": 2, "excited": 1, "frustrated": 4})
    (found,) = corpora.relabelled(Conversation("c", (said,)), IEMOCAP, EMOTIONS).utterances
    assert found.emotion == "joy"
    assert found.votes == {"joy": 3.0}


def test_unknown_names_list_the_choices() -> None:
    with pytest.raises(InputError, match="ecf, emorynlp, mecad, meld, reccon, semeval"):
        corpora.get("iemocap")
    with pytest.raises(InputError, match="dev, test"):
        corpora.load("mecad", "train", root=Path("anywhere"))


def test_data_root_says_what_to_do_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(registry.ENVIRONMENT_VARIABLE, raising=False)
    with pytest.raises(InputError, match=r"HEARTSAY_DATA.*no value.*export HEARTSAY_DATA="):
        registry.data_root()


def test_data_root_must_be_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(registry.ENVIRONMENT_VARIABLE, str(tmp_path / "absent"))
    with pytest.raises(InputError, match="not a folder"):
        registry.data_root()
    monkeypatch.setenv(registry.ENVIRONMENT_VARIABLE, str(tmp_path))
    assert registry.data_root() == tmp_path


def test_an_absent_file_names_home_and_licence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train_sent_emo\.csv.*affective-meld.*GPL-3\.0"):
        corpora.load("meld", "train", root=tmp_path)
