from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from heartsay.conversation import Word
from heartsay.recordings.speech import (
    PIECE,
    Recogniser,
    by_stretch,
    model_identity,
    outside,
    pieces,
    sentences,
    text_of,
)
from heartsay.recordings.voice_activity import Stretch


def word(text: str, start: float, probability: float = 0.9) -> Word:
    return Word(text, start, start + 0.4, probability)


def test_pieces_hold_what_is_near_and_no_more_than_the_model_reads() -> None:
    speech = [Stretch(0, 10), Stretch(11, 20), Stretch(21, 30), Stretch(40, 41)]
    assert pieces(speech) == [(0, 20), (21, 30), (40, 41)]
    assert all(end - start <= PIECE for start, end in pieces(speech))


def test_words_go_to_the_stretch_they_are_nearest_to() -> None:
    speech = [Stretch(0, 1), Stretch(2, 3), Stretch(10, 11)]
    found = by_stretch([word("a", 0.2), word("b", 1.2), word("c", 1.9), word("d", 9.0)], speech)
    assert [[w.text for w in row] for row in found] == [["a", "b"], ["c"], ["d"]]
    assert by_stretch([], speech) == [(), (), ()]


def test_long_turns_are_cut_after_sentences_alone() -> None:
    words = [word("One", 0), word("two.", 1), word("Three", 5), word("four", 8), word("five.", 12)]
    found = list(sentences(words, Stretch(0, 13), 6))
    assert [[w.text for w in part] for _, part in found] == [["One", "two."], ["Three", "four", "five."]]
    assert found[0][0] == (0, (1.4 + 5) / 2)
    assert found[1][0].end == 13
    assert len(list(sentences(words, Stretch(0, 13), 20))) == 1


def test_no_part_ends_before_it_begins_or_outlasts_its_turn() -> None:
    words = [word(f"word {k}.", float(k)) for k in range(25)]
    found = list(sentences(words, Stretch(0, 13), 6))
    assert all(stretch.start < stretch.end <= 13 for stretch, _ in found)
    assert [w for _, part in found for w in part] == words
    assert found[-1][0].end == 13
    assert outside(words, [Stretch(0, 13), Stretch(40, 41)]) == 11
    # Turns that overlap; what lies within half a second of one is in it.
    assert outside(words, [Stretch(0, 14), Stretch(2, 3), Stretch(16, 24), Stretch(1, 2)]) == 1


def said(*segments: tuple[tuple[str, float], ...]) -> list[Word]:
    """What is made of segments of words, as a model gives them with its blanks, half a second each."""
    given = [
        SimpleNamespace(
            words=[SimpleNamespace(word=w, start=t, end=t + 0.5, probability=0.9) for w, t in part]
        )
        for part in segments
    ]
    model: Any = SimpleNamespace(
        model=SimpleNamespace(is_multilingual=True), transcribe=lambda *_, **__: (given, None)
    )
    return Recogniser(model, "x", "x").words([], 10.0)  # type: ignore[arg-type]


def test_pieces_of_a_word_are_put_together_and_words_without_blanks_are_not() -> None:
    found = said(((" At", 0), (" two", 0.5), ("-ish", 0.8), (" o", 1), ("'clock.", 1.5)), (("'Tis", 9),))
    assert [w.text for w in found] == ["At", "two-ish", "o'clock.", "'Tis"]
    assert (found[1].start, found[1].end) == (10.5, 11.3)
    chinese = said((("你", 0), ("好", 0.5)), (("再", 20), ("见", 20.5)))
    assert [w.text for w in chinese] == ["你", "好", "再", "见"]
    assert text_of(chinese) == "你好再见"
    assert text_of(found) == "At two-ish o'clock. 'Tis"


def test_models_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder, weights in (("a", b"1"), ("b", b"2"), ("c", b"1")):
        (tmp_path / folder / "model").mkdir(parents=True)
        (tmp_path / folder / "model" / "model.bin").write_bytes(weights)
    first, other, same = (model_identity(str(tmp_path / folder / "model")) for folder in "abc")
    assert first == same != other
    assert model_identity(None) == "tiny.en"
