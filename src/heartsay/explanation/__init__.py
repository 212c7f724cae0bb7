"""Why an utterance reads as it does, in words that rest on the conversation.

A sentence made here cites the utterances it draws on by id, quotes or reports what was said in them, and
claims nothing that is not in them or in the model's numbers. `template` makes the sentence, `reported` tells
in the third person what was said where that can be made rightly, `people`, `talk` and `verbs` know names,
turns of phrase and forms, `reason` puts it in the form of the task's references, and `linking` cuts a
sentence where it cites, so that a page can lead there.
"""

from heartsay.explanation.explainer import CitedUtterance, Explainer, ReadUtterance, get_explainer
from heartsay.explanation.linking import Piece, linked
from heartsay.explanation.template import explain, quote

__all__ = [
    "CitedUtterance",
    "Explainer",
    "Piece",
    "ReadUtterance",
    "explain",
    "get_explainer",
    "linked",
    "quote",
]
