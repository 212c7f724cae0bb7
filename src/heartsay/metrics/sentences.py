"""What scores of sentences look at: words, with or without the opening that all explanations share.

Most references of an explanation corpus begin alike ("The reason she was angry was that ..."), so that a
sentence that has the opening and nothing else scores higher than most that say why. Scores are therefore
also taken without its first words ("The reason she"), as the floors of this corpus were published, and of
the reason alone, without all that says that one follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_END = re.compile(r"[.!?]['\"’”)]*\s*$")
_PREFIX = re.compile(r"^the reason (?:why |for )?\w+(?:['’]\w+)? ", re.IGNORECASE)
# "The reason (why) she is sad is that", "The source of his joy is that", "What upset him was that".
_REASON = re.compile(
    r"^(?:the (?:main |real )?(?:reason|source|cause)|what|one reason)\b.{0,60}?"
    r"(?:\bis|\bwas|['’]s|\blies in|\bstems from)"
    r"(?: not(?: only)?)? (?:that|because|the fact that|due to)\s+",
    re.IGNORECASE,
)
# "He's happy because", "Rachel was so angry that"; not "he is the man that" and "he was told that".
_BECAUSE = re.compile(
    r"^(?:\w+['’]?\w* ){0,3}?\w+(?:['’]s|['’]re|['’]m| is| are| was| were| feels| felt)"
    r"(?:(?: \w+){1,4}? (?:because|since|at the fact that)|"
    r"(?:(?! (?:the|an?|told|said|asked)\b) \w+){1,4}? that)\s+",
    re.IGNORECASE,
)
# Where no "that" follows: "The reason for his joy is the ring", "The reason Joey likes him is the ring".
_NOUN = re.compile(
    r"^(?:the (?:main |real )?(?:reason|source|cause)|what)\b.{0,60}?(?:\bis|\bwas)\s+(?!that\b)",
    re.IGNORECASE,
)
# "The reason she was": that verb is of what is felt; the reason follows the next one, "happy is the ring".
_WHO_FEELS = re.compile(
    r"[Tt]he (?:main |real )?reason (?:why |that )?(?:[a-z]+ |(?:[A-Z][\w.’'-]* )+)(?:is|was) "
)
_WHAT_IS_FELT = re.compile(r".{1,60}?(?:\bis|\bwas)\s+(?!that\b)")


def is_whole(text: str) -> bool:
    """Whether a text ends as a sentence does, and is not cut off."""
    return _END.search(text) is not None


def words(text: str) -> list[str]:
    """Words in lower case, without punctuation; apostrophes within a word stay, as straight ones."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def without_prefix(text: str) -> str:
    """The sentence without "The reason she", "The reason for his" and the like, if it has that."""
    return _PREFIX.sub("", " ".join(text.split()), count=1)


def without_opening(text: str) -> str:
    """The sentence without everything that says that a reason follows; the whole where it has none of it."""
    text = " ".join(text.split())
    if text.lower().endswith((" that", " tha", " because")):
        return text  # nothing else is there, or it is cut off
    for pattern in (_REASON, _BECAUSE, _NOUN):
        match = pattern.match(text)
        if match is not None and _WHO_FEELS.fullmatch(match[0]):
            match = _WHAT_IS_FELT.match(text, match.end())
        if match is not None and match.end() < len(text):
            return text[match.end() :]
    return text


PARTS: Mapping[str, Callable[[str], str]] = {
    "whole": str,
    "prefix stripped": without_prefix,
    "reason alone": without_opening,
}
"""What of a sentence is scored, by name."""


def tokenised(texts: Sequence[str], part: str = "whole") -> list[list[str]]:
    """The words of each sentence, or of a part of it out of `PARTS`."""
    return [words(PARTS[part](text)) for text in texts]
