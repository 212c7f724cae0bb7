"""A sentence cut where it cites, so that a page can lead from each mention to the utterance."""

from __future__ import annotations

import re
from typing import NamedTuple

from heartsay.analysis import Explanation


class Piece(NamedTuple):
    """A stretch of the sentence.

    Attributes:
        text: as written.
        cites: id of the utterance that it mentions, or None.
    """

    text: str
    cites: str | None = None


def linked(explanation: Explanation) -> list[Piece]:
    """The sentence in pieces that together are the whole of it; those that mention an utterance say which.

    An utterance is mentioned as "utterance ID", in the order of `cites`; one that the sentence does not
    mention in this way, as that of a user's own explainer may not, has no piece.
    """
    pieces: list[Piece] = []
    text, place = explanation.text, 0
    for id in explanation.cites:
        mention = re.compile(rf"[Uu]tterance {re.escape(id)}(?!\w)").search(text, place)
        if mention is None:
            continue
        if mention.start() > place:
            pieces.append(Piece(text[place : mention.start()]))
        pieces.append(Piece(mention[0], id))
        place = mention.end()
    return [*pieces, Piece(text[place:])] if place < len(text) else pieces
