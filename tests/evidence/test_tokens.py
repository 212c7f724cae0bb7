from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.dummies.conversations import make_conversation
from tests.dummies.model import build_tokenizer
from tokenizers import Tokenizer

from heartsay.errors import ModelError
from heartsay.evidence.packing import make_packs
from heartsay.evidence.tokens import LONGEST_NAME, TokenSettings, load_tokenizer, pack_text

SETTINGS = TokenSettings(lead=2, end=3, pad=0, unknown=1, longest=64)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return build_tokenizer()


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return found


def test_an_utterance_is_its_speaker_a_colon_its_words_and_an_end(tokenizer: Tokenizer) -> None:
    text = pack_text(make_conversation("c", ("Ida", "the boat"), ("Bo", "late again")), tokenizer, SETTINGS)
    (p,) = make_packs(text.segments, text.windows, SETTINGS.lead)
    first, second = ids(tokenizer, "Ida: the boat"), ids(tokenizer, "Bo: late again")
    assert p.tokens.tolist() == [SETTINGS.lead, *first, SETTINGS.end, *second, SETTINGS.end]
    assert p.owner.tolist() == [-1, *[0] * (len(first) + 1), *[1] * (len(second) + 1)]


def test_speakers_are_numbered_by_first_appearance(tokenizer: Tokenizer) -> None:
    turns = [("Zoe", "a"), ("Abe", "b"), ("Zoe", "c"), ("Moe", "d")]
    text = pack_text(make_conversation("c", *turns), tokenizer, SETTINGS)
    assert [s.speaker for s in text.segments] == [0, 1, 0, 2]


def test_a_long_name_is_cut_so_that_the_words_remain(tokenizer: Tokenizer) -> None:
    name = "x9" * 200
    text = pack_text(make_conversation("c", (name, "the boat")), tokenizer, SETTINGS)
    (segment,) = text.segments
    expected = [*ids(tokenizer, name)[:LONGEST_NAME], *ids(tokenizer, ": the boat"), SETTINGS.end]
    assert segment.tokens.tolist() == expected


def test_the_share_of_unknown_tokens_is_per_utterance(tokenizer: Tokenizer) -> None:
    strange = make_conversation("c", ("A", "the boat"), ("A", "雨 雨 雨"), ("雨", "the 雨"), ("A", "\u200b"))
    text = pack_text(strange, tokenizer, SETTINGS)
    # Speaker, colon and end do not count; text that leaves no token is unknown whole.
    assert text.unknown.tolist() == [0.0, 1.0, 1 / 2, 1.0]


def test_a_long_talk_is_read_whole_in_windows_that_fit(tokenizer: Tokenizer) -> None:
    turns = [("A", "the boat is late again"), ("B", "river " * 90), *[("A", "it was fine")] * 12]
    text = pack_text(make_conversation("c", *turns), tokenizer, SETTINGS)
    packs = make_packs(text.segments, text.windows, SETTINGS.lead)
    assert len(packs) > 1
    assert max(len(p.tokens) for p in packs) <= SETTINGS.longest
    read = np.zeros(len(turns))
    for p in packs:
        read[p.utterance] += p.weight
    whole = [len(ids(tokenizer, f"{speaker}: {words}")) + 1 for speaker, words in turns]
    assert read.tolist() == whole


def test_settings_survive_writing_and_reading() -> None:
    assert TokenSettings.from_dict(SETTINGS.to_dict()) == SETTINGS


def test_a_tokenizer_is_loaded_without_padding_and_truncation(tokenizer: Tokenizer, tmp_path: Path) -> None:
    padded = Tokenizer.from_str(tokenizer.to_str())
    padded.enable_padding(length=40)
    padded.enable_truncation(4)
    padded.save(str(tmp_path / "tokenizer.json"))
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert ids(loaded, "the boat is late again") == ids(tokenizer, "the boat is late again")


@pytest.mark.parametrize("content", [None, "", '{"a": 1}'])
def test_what_is_no_tokenizer_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ModelError, match=r"tokenizer\.json is not a tokenizer"):
        load_tokenizer(path)
