from __future__ import annotations

import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.runtime.language import language_warning, main_script, with_language_warning


@pytest.mark.parametrize(
    ("texts", "script"),
    [
        (["The boat leaves at nine."], "latin"),
        (["Où est la clé ?", "Ça alors !"], "latin"),
        (["12:30 ...", "!"], "latin"),
        ([], "latin"),
        (["船九点开。"], "east_asian"),
        (["ふねは九時にでます"], "east_asian"),
        (["배는 아홉 시에 떠나요"], "east_asian"),
        (["OK，我知道了，九点见。"], "east_asian"),
        (["I said 你好 to them and they laughed."], "latin"),
        (["Лодка уходит в девять."], "other"),
        (["船九点开。", "The boat leaves at nine, they say."], "latin"),
    ],
)
def test_the_script_of_most_letters(texts: list[str], script: str) -> None:
    assert main_script(texts) == script


def test_only_an_english_model_is_judged() -> None:
    assert "Chinese" in (language_warning(["船九点开。"], "en") or "")
    assert "not Latin" in (language_warning(["Лодка уходит."], "en") or "")
    assert language_warning(["The boat leaves."], "en") is None
    assert language_warning(["船九点开。"], "zh") is None


def test_the_warning_is_given_once() -> None:
    talk = Conversation("c", (Utterance("1", "陈", "船九点开。"),), warnings=("something else",))
    warned = with_language_warning(talk, "en")
    assert (len(warned.warnings), warned.warnings[0]) == (2, "something else")
    assert with_language_warning(warned, "en") is warned
    assert with_language_warning(talk, "zh") is talk
