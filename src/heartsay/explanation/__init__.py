"""Why an utterance reads as it does, in words that rest on the conversation.

A sentence made here cites the utterances it draws on by id, quotes them verbatim, and claims
nothing that is not in them or in the model's numbers.
"""

from heartsay.explanation.explainer import CitedUtterance, Explainer, ReadUtterance, get_explainer
from heartsay.explanation.template import explain, quote

__all__ = ["CitedUtterance", "Explainer", "ReadUtterance", "explain", "get_explainer", "quote"]
