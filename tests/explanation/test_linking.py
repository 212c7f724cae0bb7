from __future__ import annotations

from heartsay.analysis import Explanation
from heartsay.explanation.linking import Piece, linked


def test_each_mention_leads_to_its_utterance_and_nothing_is_lost() -> None:
    text = "Mara reads as sad, because Theo said in utterance 1 that utterance 12 is sold, and utterance 12."
    found = linked(Explanation(text=text, cites=["1", "12"]))
    assert [p for p in found if p.cites] == [Piece("utterance 1", "1"), Piece("utterance 12", "12")]
    assert "".join(piece.text for piece in found) == text


def test_an_id_is_taken_as_it_is_and_one_that_begins_the_sentence_too() -> None:
    found = linked(Explanation(text="Utterance a.(b was not read.", cites=["a.(b"]))
    assert found == [Piece("Utterance a.(b", "a.(b"), Piece(" was not read.")]


def test_what_is_not_mentioned_has_no_piece() -> None:
    assert linked(Explanation(text="It rains.", cites=["3"])) == [Piece("It rains.")]
