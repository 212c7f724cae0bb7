"""Words and turns of phrase of spoken English by what they do in a statement."""

from __future__ import annotations

import re

from heartsay.explanation.verbs import words_of

# Only words that make no other word when doubled, as in yo-yo, no-no and can-can.
BEGUN_TWICE = re.compile(
    r"(?:^|\b(?!no))((?:no|i|you|we|he|she|it|they|there|this|that|my|your|his|her|our|their|the|an?|to|in|on|of|for|with|and|but|"
    r"yes|oh|ok|okay|well|yeah|if|when|what|because|is|was|are|am|will|just|very|one|two|three|four|five)"
    r"(?:['’]\w+)?)-(?=\1\b)",
    re.IGNORECASE,
)
TOKEN = re.compile(r"[^\W_$€£]*[$€£]?[^\W_]+%?(?:,\d{3}(?!\d))*(?:['’\-][^\W_]+)*['’]?|,")
_ALONE = (
    "oh no|oh yes|oh yeah|oh well|oh hey|oh man|oh|well|yeah|yes|no|okay|ok|hey|so|and|but|ah|aw|because|then"
)
OPENING = re.compile(
    rf"^(?:(?:{_ALONE}|nope|look|listen|aww|wow|hi|hello|uh|um|umm|er|"
    r"hmm|man|god|my god|oh my god|oh god|all right|alright|right|you know|y['’]know|you know what|i mean|"
    r"see|sure|please|fine|great|guys|honey|sweetie|dude|actually|anyway|really|thanks|thank you|seriously|"
    r"because of that|then|now|ugh|yay|ooh|whoa)\b\s*(?:[,;:!]+|-+(?!\w))\s*|"
    rf"(?:{_ALONE}|you know|y['’]know|i mean|god|uh|umm?)\s+"
    r"(?=(?:i|you|we|he|she|it|they|that|this|there)\b))+"
    r"|^i mean (?!it\b|that\b|you\b|what\b)",
    re.IGNORECASE,
)
ENDING = re.compile(
    r"(?:,\s*(?:you know|y['’]know|okay|ok|all right|man|guys|honey|sweetie|dude|too|either|please|"
    r"so|though|anyway|then|I mean))+$",
    re.IGNORECASE,
)
# No capitals: an ER is a place; nor does anything else begin with er, which stands apart.
FILLER = re.compile(r"(?:,?\s*\b(?:[yY]['’]know|[uU]h|[uU]mm?)\b|,\s*(?:you know|like|er)\b(?=,)),?(?=\s|$)")
STUTTER = re.compile(r"(?:^|-)(?:i|you|we|me|my|your)(?:'\w+)?-|-(?:i|you|we)(?:'\w+)?$", re.IGNORECASE)
UNSAID = re.compile(r"\d,\d{1,2}\b|[\"“”()\[\]*/:;<>=]|--|—|–|\.\.|…|\w[.!?]\w")
# What means something else when somebody else says it later, and what is no statement.
DEICTIC = re.compile(
    r"\b(?:today|tomorrow|yesterday|tonight|ago|here|now|(?:this|next|last) (?:morning|afternoon|evening|"
    r"night|week|month|year|time|weekend|summer|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|"
    r"let['’]s|how dare|what a|thank|thanks|please|congratulations|welcome|bless|guys|you two|you all|each "
    r"other|ya|ma['’]am|sir|mom|dad|mommy|daddy|mum|grandma|sweetheart|baby|buddy)\b",
    re.IGNORECASE,
)
NAMED_SUBJECTS = words_of("he she it they this that these those there")
DETERMINERS = words_of("my your his her its our their the a an this that these those some every all no")
TAKES_CLAUSE = words_of(
    """
    that if when because what how where why think know hope guess wish said say mean feel believe until
    while unless though although since and but or so than as before after who which whatever whenever sure
    sorry glad happy afraid
    """
)
CONTRACTED = {"m": ["am"], "re": ["are"], "ve": ["have"], "ll": ["will"]}
SPOKEN = {
    "gonna": ["going", "to"],
    "wanna": ["want", "to"],
    "gotta": ["have", "to"],
    "cause": ["because"],
    "'cause": ["because"],
    "cuz": ["because"],
    "outta": ["out", "of"],
    "lemme": ["let", "me"],
    "gimme": ["give", "me"],
}
BARE = words_of("see saw let make made help hear heard watch watched")
"""Verbs after which somebody does something without "to"."""

LISTENER_FORMS = words_of("you your yours yourself yourselves")
CLOSED_BEFORE = words_of("to for with at of from about by on in between without like than")

NOT_IN_NAMES_OF_THINGS = NAMED_SUBJECTS | words_of(", and or who which i you we what if when")

IT = {"that": "it", "that's": "it's", "that'll": "it'll", "that'd": "it'd"}
"""What a statement begins with after "that", so that it does not come twice."""

UNFINISHED = words_of(
    """
    and or but so because that the a an to of for with if when my your his its our their i is are am was were
    just very really like at by from than as or little such
    """
)

OPENERS = (
    NAMED_SUBJECTS | DETERMINERS | {f"{s}'{c}" for s in NAMED_SUBJECTS for c in ("s", "re", "ll", "ve", "d")}
)
