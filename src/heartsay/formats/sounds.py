"""Sounds and music that transcripts write among the words: `[sighs]`, `(laughs)`, `♪ la la ♪`, `<laughter>`.

They are nobody's words: `take_sounds` takes them out of a text, and readers keep them as events.
"""

from __future__ import annotations

import re
from functools import lru_cache

_VOICED = (
    "blank.?audio|breath|chuckl|clears? throat|cough|cries|crosstalk|crying|exhal|gasp|giggl|groan|grunt|"
    "gulp|hiccup|hum(?:s|ming)|inaudible|indistinct|inhal|laugh|moan|mumbl|murmur|mutter|overlapping|pant(?:s|ing)|"
    "paus(?:e|es|ing)|scoff|scream|shout|shriek|shudder|sighs?|sighing|silence|sneez|snicker|sniff|snor|snort|"
    "sob|stammer|stutter|tsk|unintelligible|weep|whimper|whisper|whistl|wheez|yawn|yell|yelp|"
    "gelächter|lach(?:t|en)|seufz|rires?|soupir|risas?|suspir|pausa|sekunden|seconds? pause"
)
_AROUND = (
    "applau|bark|beep|belch|birds?|buzz|cellphone|chatter|cheer|chime|chirp|clap|clatter|click|clink|crash|"
    "creak|crowd|door|drum|engine|explosion|footsteps|gunshot|hisses|horn|knock|mic(?:rophone)? noise|music|"
    "nois[ey]|phone|pounding|rattl|ring|rings|ringing|rumbl|rustl|siren|slam|slurp|snap|song|speak(?:s|ing)|"
    "squeal|static|telephone|thud|thump|thunder|tires|typing|whir|wind|musik|musique|música"
)
_VOICE = re.compile(rf"(?:^|[\W_])(?:{_VOICED})", re.IGNORECASE)
_SOUND = re.compile(rf"(?:^|[\W_])(?:{_VOICED}|(?:{_AROUND})(?:[^\W_]{{0,3}})(?:$|[\W_]))", re.IGNORECASE)
_READING = re.compile(r"[a-z]+\?? [0-9]{1,3}%")
"""What captions with emotions say below the words: `anger 72%`."""

_MOST_WORDS = 6
_BRACKETED = re.compile(
    r"\[([^\[\]\n]{1,80})\]|\(\(?([^()\n]{1,80})\)\)?|<([a-z][a-z ]{2,30})>|\*([a-z][a-z ]{2,30})\*"
)
_MARKS = re.compile(r"[\[(<*♪♫♬#]")
may_sound = _MARKS.search
"""Finds a mark without which a text has no sound in it."""

_NOTES = re.compile(r"[♪♫♬]")
_LETTER = re.compile(r"[^\W\d_]")
_TURN = re.compile(r"\[\s*SPEAKER[ _]?TURN\s*\]|\[\s*speaker change\s*\]", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_sound(words: str) -> bool:
    """Whether what a bracket holds is a sound: a few words, one of them for a sound."""
    return len(words.split()) <= _MOST_WORDS and (
        _SOUND.search(words) is not None or _READING.fullmatch(words) is not None
    )


def _is_voice(words: str) -> bool:
    return len(words.split()) <= _MOST_WORDS and _VOICE.search(words) is not None


def take_sounds(text: str) -> tuple[str, list[str]]:
    """A text without the sounds and the music in it, and these in order.

    Words that are sung, between notes, are music too. A text that is one bracket with words in it, `[Phone
    ringing]` or `[Tür]`, is a sound whatever the words are; round brackets around speech stay.
    """
    if may_sound(text) is None:
        return text, []
    stripped = text.strip()
    if _NOTES.search(text):
        return _without_music(stripped)
    if len(stripped) > 2 and stripped[0] == stripped[-1] == "#" and " " in stripped:
        return "", [stripped]
    whole = _BRACKETED.fullmatch(stripped)
    if whole and whole[1] and _LETTER.search(whole[1]) and "_" not in whole[1]:
        return "", [stripped]
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        words = next(filter(None, match.groups()))
        # Round brackets also hold words that are said: within a text, only what voices do is a sound there.
        if not (is_sound(words) if match[1] or whole else _is_voice(words)):
            return match[0]
        found.append(match[0])
        return " "

    left = _BRACKETED.sub(take, text)
    return (_closed_up(left), found) if found else (text, [])


def _without_music(text: str) -> tuple[str, list[str]]:
    """What stands outside of notes; a line that begins with one is sung to its end."""
    kept, sung = [], []
    for line in text.split("\n"):
        parts = _NOTES.split(line)
        spoken = parts[0].strip(" -")
        if len(parts) % 2 == 1 and len(parts) > 1:
            spoken = f"{spoken} {' '.join(part.strip() for part in parts[2::2])}".strip()
        if spoken:
            kept.append(spoken)
        after = len(parts[-1]) if len(parts) % 2 == 1 else 0
        sung.append(line[len(parts[0]) : len(line) - after].strip())
    if not kept and not any(map(_LETTER.search, sung)):
        return "", [text]
    return " ".join(kept), [line for line in sung if line]


def _closed_up(text: str) -> str:
    """Without the spaces that taking something out left, and without a dash or comma in front."""
    text = re.sub(r" (?=[.,;!?])", "", re.sub(r"\s{2,}", " ", text))
    text = re.sub(r"([,;])[,;]", r"\1", text)
    return text.strip().removeprefix(",").removeprefix("- ").strip()


def split_turn_marks(text: str) -> tuple[str, bool]:
    """The text without marks that the speaker changes (`[SPEAKER_TURN]`), and whether there was one."""
    left, count = _TURN.subn(" ", text) if "[" in text else (text, 0)
    return (left.strip(), True) if count else (text, False)
