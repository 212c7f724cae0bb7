"""Whether a model can read the language of a conversation, judged by the script that it is written in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from heartsay.conversation import Conversation
from heartsay.runtime.function_words import other_language

Script = Literal["latin", "east_asian", "other"]

_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3105-\u312f\u3130-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af]"
)
"""Han characters, kana, bopomofo and Hangul."""

_LATIN = re.compile(
    "[A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]"
)

_CALLED = {
    "east_asian": "in Chinese, Japanese or Korean characters",
    "other": "in letters that are not Latin",
}


def main_script(texts: Iterable[str]) -> Script:
    """The script of most of the letters; text without letters counts as Latin."""
    found = {"latin": 0, "east_asian": 0, "other": 0}
    for text in texts:
        if text.isascii():
            found["latin"] += sum(map(str.isalpha, text))
            continue
        letters = sum(map(str.isalpha, text))
        latin, east_asian = len(_LATIN.findall(text)), len(_EAST_ASIAN.findall(text))
        found["latin"] += latin
        found["east_asian"] += east_asian
        found["other"] += max(0, letters - latin - east_asian)
    if found["east_asian"] > found["latin"] and found["east_asian"] >= found["other"]:
        return "east_asian"
    return "other" if found["other"] > found["latin"] else "latin"


def mostly_latin(text: str) -> bool:
    """Whether at least half of the letters are Latin; text without letters counts as such."""
    return text.isascii() or 2 * len(_LATIN.findall(text)) >= sum(map(str.isalpha, text))


def language_warning(texts: Iterable[str | None], language: str) -> str | None:
    """What to warn of before a model of that language reads these texts, or None.

    Only English models are judged: of others it is not known here which scripts they read. None stands for an
    utterance without words.
    """
    if language != "en" or (script := main_script(text for text in texts if text)) == "latin":
        return None
    return (
        f"most of the text is {_CALLED[script]}, which the model and its English encoder cannot read: do not"
        " use these readings; train a model with an encoder of that language"
    )


def other_language_warning(texts: Iterable[str | None], language: str) -> tuple[str, str] | None:
    """Which language other than the model's a talk is in, and what to warn of; None where it is in none.

    Only English models are judged.
    """
    if language != "en" or (other := other_language(texts)) is None:
        return None
    return other, (
        f"the talk is in {other}, by its function words, and the model reads English: every reading is left"
        " open; if it is English after all, switch this off (--language-check off)"
    )


def with_language_warning(conversation: Conversation, language: str) -> Conversation:
    """The conversation, with the warning among its own where there is one."""
    sentence = language_warning((u.text for u in conversation.utterances), language)
    if sentence is None or sentence in conversation.warnings:
        return conversation
    return replace(conversation, warnings=(*conversation.warnings, sentence))
