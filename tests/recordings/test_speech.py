from __future__ import annotations

from heartsay.conversation import Word
from heartsay.recordings.speech import PIECE, by_stretch, pieces, sentences
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
