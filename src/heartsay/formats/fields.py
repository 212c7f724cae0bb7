"""What columns of tables and keys of JSON are called: one table of names for all readers.

A name is taken apart into words (`startTime`, `start_time` and `Start Time` are the same), and a unit at its
end is read as such (`begin_ms`, `Begin Time - msec`, `BeginOffsetMillis`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        *("text", "utterance", "transcript", "transcription", "sentence", "message", "content", "body"),
        *("displaytext", "transcripttext", "messagetext", "utterancetext", "value", "annotation", "caption"),
        *("subtitle", "speech", "line", "said", "display", "whatwassaid", "quote", "comment", "words", "msg"),
        *("what", "turntext", "textcontent", "spokentext", "statement", "texto", "texte", "testo"),
    ),
    "speaker": (
        *(
            "speakername",
            "speakerdisplayname",
            "speaker",
            "speakers",
            "displayname",
            "authorname",
            "author",
            "sendername",
        ),
        *("sender", "username", "realname", "nickname", "nick", "user", "participantname", "participant"),
        *(
            "participantrole",
            "participantpurpose",
            "participantid",
            "character",
            "person",
            "talker",
            "speakerrole",
            "role",
        ),
        *("from", "fromname", "name", "who", "actor", "voice", "spk", "tiername", "tier", "speakerlabel"),
        *(
            "speakertag",
            "speakerid",
            "speakernumber",
            "speakeridx",
            "users",
            "party",
            "interlocutor",
            "agent",
        ),
        *(
            "userid",
            "authorid",
            "fromid",
            "channel",
            "channeltag",
            "mediachannel",
            "sprecher",
            "locuteur",
            "hablante",
        ),
    ),
    "start": (
        *("start", "starttime", "starts", "begin", "begintime", "begins", "onset", "startoffset"),
        *("beginoffset", "offsetstart", "tmin", "xmin", "t0", "tstart", "timestart", "starttimestamp"),
        *("startts", "in", "tcin", "timein", "timecodein", "intime", "inpoint", "offset", "timeoffset"),
        *("timespan", "timestamps", "timestamp", "timecode", "time", "ts", "from", "starttimecode"),
        *(
            "absolutestarttime",
            "absolutetime",
            "startdatetime",
            "timebegin",
            "startedat",
            "datetime",
            "date",
            "createdat",
            "sentat",
            "dateunixtime",
        ),
        *("startat", "posted", "beginn", "startzeit", "anfang", "inicio", "debut", "elapsed", "position"),
    ),
    "end": (
        *("end", "endtime", "ends", "stop", "stoptime", "stops", "endoffset", "offsetend", "offset"),
        *("tmax", "xmax", "t1", "tend", "tstop", "timeend", "timestop", "endtimestamp", "endts", "out"),
        *("tcout", "timeout", "timecodeout", "outtime", "outpoint", "to", "finish", "finishtime", "until"),
        *("endtimecode", "absoluteendtime", "enddatetime", "endedat", "endat", "endzeit", "ende", "fin"),
    ),
    "duration": ("duration", "dur", "tduration", "dduration", "durationtime", "length"),
    "conversation": (
        *("conversation", "conversationid", "dialogue", "dialogueid", "dialog", "dialogid", "call", "callid"),
        *(
            "root",
            "session",
            "sessionid",
            "interview",
            "interviewid",
            "meeting",
            "meetingid",
            "chat",
            "chatid",
        ),
        *("thread", "threadid", "recording", "recordingid", "transcriptid", "convid", "convoid", "diaid"),
        *("dialid", "contact", "contactid", "ticket", "ticketid", "case", "caseid", "video", "videoid"),
        *("episodeid", "sceneid", "file", "filename", "filepath", "audio", "audiofile", "document", "docid"),
    ),
    "id": ("utteranceid", "uttid", "turnid", "id", "utterancenumber", "segmentid", "messageid"),
    "emotion": (
        "gold",
        "emotion",
        "goldemotion",
        "correction",
        "emotionlabel",
        "emotions",
        "emo",
        "feeling",
        "emotionname",
    ),
}
"""Names of each role in order of preference, in small letters, without spaces, marks and units."""

MILLISECONDS, SECONDS, TICKS = 0.001, 1.0, 1e-7
_UNITS = {
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds", "milli"), MILLISECONDS),
    **dict.fromkeys(("sec", "secs", "second", "seconds", "s"), SECONDS),
    **dict.fromkeys(("inticks", "ticks"), TICKS),
    **dict.fromkeys(("us", "micros", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanos", "nanoseconds"), 1e-9),
    **dict.fromkeys(("min", "mins", "minutes"), 60.0),
}
_PATTERN = frozenset(("hh", "mm", "ss", "hhmmss", "hms", "unix", "utc", "iso"))
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+|[^\W_]")
_TIMES = ("start", "end", "duration")
_ROLE = {role: {name: rank for rank, name in enumerate(names)} for role, names in NAMES.items()}


class Field(NamedTuple):
    """Where a role is found: the place of the column or the key, and the seconds that its unit is.

    `unit` is None where the name states none.
    """

    place: int
    unit: float | None = None


def plain(name: str) -> str:
    """A name in small letters, without spaces and marks."""
    return "".join(filter(str.isalnum, name)).casefold()


def _without_unit(name: str) -> tuple[str, float | None]:
    """A plain name and what unit its last word states, if any."""
    words = [word.casefold() for word in _WORD.findall(name)]
    unit = None
    if len(words) > 1 and words[-1] in _UNITS:
        unit = _UNITS[words.pop()]
        if words[-1] == "ss":  # the pattern "ss.msec" is in seconds, "hh:mm:ss.ms" a clock reading
            unit = None if words[-2:-1] == ["mm"] else SECONDS
    while len(words) > 1 and (words[-1] in _PATTERN or (unit is not None and words[-1] == "in")):
        words.pop()
    return "".join(words), unit


@lru_cache(maxsize=4096)
def find_fields(names: tuple[str, ...]) -> dict[str, Field]:
    """The role of each name that has one; of several names for a role the preferred one has it.

    A name that could be two things (`from`, `offset`, `timestamp`) is what the others leave open.
    """
    named = [(plain(name), *_without_unit(name)) for name in names]
    found: dict[str, Field] = {}
    taken: set[int] = set()
    pair = {p for p, _, _ in named}
    for role, ranks in _ROLE.items():
        best: tuple[int, int] | None = None
        for place, (whole, core, _) in enumerate(named):
            if place in taken:
                continue
            rank = ranks.get(whole, ranks.get(core) if role in _TIMES else None)
            if rank is None or not _may_be(role, whole if whole in ranks else core, pair):
                continue
            if best is None or rank < best[0]:
                best = (rank, place)
        if best is not None:
            taken.add(best[1])
            found[role] = Field(best[1], named[best[1]][2] if role in _TIMES else None)
    return found


def _may_be(role: str, name: str, names: set[str]) -> bool:
    """Whether an ambiguous name may have a role beside these others."""
    if name == "from":
        is_time = "to" in names and not names.isdisjoint(("speaker", "name", "text")) and "date" not in names
        return is_time == (role == "start")
    if name == "to":
        return role != "end" or "from" in names
    if name == "offset":
        return role == ("end" if "onset" in names else "start")
    return not (name == "words" and len(names) > 1 and "word" in names)


def names_of(role: str, count: int) -> str:
    """The first names of a role, for messages."""
    return ", ".join(NAMES[role][:count])


def has_text(names: Sequence[str]) -> bool:
    """Whether one of these is a name for what was said."""
    return "text" in find_fields(tuple(names))
