"""JSON of speech services and their libraries: a description of each, and one reader for all.

A service is told by its keys. Its talk is at the first of several places that holds any: entries, which are
utterances, or words, which are put together to utterances. Who is named above an entry says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from heartsay.errors import InputError
from heartsay.formats.cleaning import Row
from heartsay.formats.conversations import service_shapes as shapes
from heartsay.formats.conversations.json_values import about_textless, list_keys, read_row, read_speaker
from heartsay.formats.conversations.json_words import Word, read_words, utterances
from heartsay.formats.conversations.service_shapes import has, in_list, inside
from heartsay.formats.fields import MILLISECONDS, find_fields
from heartsay.formats.source import Source

_STEP = re.compile(r"([^.\[\]]+)(\[[0-9]*\])?")


@dataclass(frozen=True)
class Service:
    """What a service's JSON looks like.

    Attributes:
        title: what messages call it.
        fits: whether a document, an object, is one of its.
        entries: places of lists of utterances, the best first: keys joined by dots, `[]` for each item of a
            list, `[0]` for its first.
        words: places of lists of words, likewise.
        last: places of entries that are taken where there are no words.
        text: the place of an entry's text, where it is not under a key of its own.
        unit: seconds in one of what its numbers of times are, where keys do not say.
        absent: what is said where there is no talk.
        prepared: what puts the document into the shape of the places above, where it has another.
        one_of: the key of a list of recordings, of which the first that has talk is read.
    """

    title: str
    fits: Callable[[dict[str, Any]], bool]
    entries: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    text: str = ""
    unit: float | None = None
    absent: str = "no utterances and no words"
    prepared: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    one_of: str = ""


def _assembly(document: dict[str, Any]) -> bool:
    telling = ("audio_duration", "speech_model", "acoustic_model", "language_model", "audio_url", "punctuate")
    return "words" in document and "text" in document and any(key in document for key in telling)


def _is_watson(document: dict[str, Any]) -> bool:
    best = next(_select(document, "results[0].alternatives"), (None, ""))[0]
    return isinstance(best, dict) and "timestamps" in best


def _is_trint(document: dict[str, Any]) -> bool:
    words = next(_select(document, "transcript.paragraphs[0].words"), (None, ""))[0]
    return isinstance(words, dict) and "time" in words


def _is_hyperaudio(document: dict[str, Any]) -> bool:
    return in_list("words", "start")(document) and in_list("paragraphs", "speaker")(document)


def _text_alone(document: dict[str, Any]) -> bool:
    told = find_fields(tuple(document)).keys() & {"speaker", "start", "id"}
    return isinstance(document.get("text"), str) and not told


SERVICES: tuple[Service, ...] = (
    Service(
        "Deepgram",
        inside("results", "channels"),
        (
            "results.utterances",
            "results.channels[].alternatives[0].paragraphs.paragraphs[].sentences",
        ),
        ("results.channels[].alternatives[0].words",),
    ),
    Service("AssemblyAI", _assembly, ("utterances",), ("words",), unit=MILLISECONDS),
    Service("AssemblyAI", in_list("utterances", "words"), ("utterances",), unit=None),
    Service(
        "Amazon Transcribe",
        inside("results", "items", "transcripts"),
        ("results.audio_segments",),
        ("results.channel_labels.channels[].items", "results.items"),
    ),
    Service("Amazon Transcribe Call Analytics", in_list("Transcript", "Content"), ("Transcript",)),
    Service(
        "Azure Speech",
        has("recognizedPhrases"),
        ("recognizedPhrases",),
        text="nBest[0].display",
    ),
    Service("Azure Speech", has("combinedPhrases"), ("phrases",)),
    Service(
        "Azure Video Indexer",
        in_list("videos", "insights"),
        ("transcript",),
        prepared=shapes.video_indexer,
        one_of="videos",
    ),
    Service("Rev", has("monologues"), (), ("monologues[].elements",)),
    Service("Speechmatics", in_list("results", "type", "start_time"), (), ("results",)),
    Service("IBM Watson", _is_watson, (), ("words",), prepared=shapes.watson),
    Service(
        "Google Speech-to-Text",
        in_list("results", "alternatives"),
        (),
        ("results[].alternatives[0].words",),
        last=("results[].alternatives[0]",),
        absent="no words with times; ask for word time offsets and speaker diarization",
    ),
    Service(
        "whisper.cpp",
        in_list("transcription", "offsets", "timestamps"),
        ("transcription",),
        prepared=shapes.whisper_cpp,
    ),
    Service("a transformers pipeline", has("chunks"), ("speakers", "chunks")),
    Service("ElevenLabs", in_list("words", "type", "speaker_id"), (), ("words",)),
    Service("ElevenLabs", in_list("transcripts", "words"), (), ("transcripts[].words",)),
    Service("Soniox", in_list("tokens", "start_ms"), (), ("tokens",)),
    Service("Vosk", in_list("result", "word"), (), ("result",)),
    Service("Vosk", in_list("parts", "result"), (), ("parts[].result",)),
    Service("Otter", inside("speech", "transcripts"), ("transcripts",), prepared=shapes.otter),
    Service("Trint", _is_trint, (), ("words",), prepared=shapes.trint),
    Service("Hyperaudio", _is_hyperaudio, (), ("words",), prepared=shapes.hyperaudio),
    Service("YouTube", in_list("events", "tStartMs"), ("events",), text="segs"),
    Service("Gladia", inside("result", "transcription"), ("result.transcription.utterances",)),
    Service("Fireflies", has("sentences"), ("sentences",)),
    Service(
        "a transcription",
        _text_alone,
        ("segments",),
        ("words",),
        absent="a text alone, without segments: nothing says who speaks or when; ask for them (verbose_json)",
    ),
)
"""In the order in which they are tried."""


def find_service(document: Any) -> tuple[Service, Any] | None:
    """The service that a document is of, and the part of the document that is its; None where none fits."""
    for part in (document, _unwrapped(document)):
        if isinstance(part, dict):
            for service in SERVICES:
                if service.fits(part):
                    return service, part
    return None


def _unwrapped(document: Any) -> Any:
    """What an envelope holds: `{"response": {...}}`, the one document of a list, or results one by one."""
    if isinstance(document, list) and len(document) == 1:
        return document[0]
    if isinstance(document, list) and all(isinstance(part, dict) and "result" in part for part in document):
        return {"parts": document}
    if isinstance(document, dict):
        files = document.get("results")
        if isinstance(files, dict) and len(files) == 1:  # of a batch, by the address of the recording
            of_one = next(iter(files.values()))
            inner = of_one.get("transcript") if isinstance(of_one, dict) else None
            if isinstance(inner, dict):
                return inner
        inner = next(
            (document[key] for key in ("response", "data", "transcript", "result") if key in document), None
        )
        return inner if isinstance(inner, dict) else None
    return None


def read_service(service: Service, document: dict[str, Any], source: Source) -> tuple[list[Row], list[str]]:
    """The utterances of a service's document, and what to warn of.

    Raises:
        InputError: it has none, or a value of the wrong kind.
    """
    names = shapes.speaker_names(document)
    count = len(document[service.one_of]) if service.one_of else 1
    if service.prepared is not None:
        document = service.prepared(document)
        names = shapes.speaker_names(document) or names
    rows, warnings = _found(service, document, source)
    if count > 1:
        warnings = [
            *warnings,
            f"{source.name}: one of {count:,} {service.one_of} was read; give each a file of its own",
        ]
    if names:
        rows = [row._replace(speaker=names.get(row.speaker or "", row.speaker)) for row in rows]
    return rows, warnings


def _found(service: Service, document: dict[str, Any], source: Source) -> tuple[list[Row], list[str]]:
    for place in service.entries:
        if (found := _entries(service, document, place, source))[0]:
            return found
    for place in service.words:
        if words := _from_words(document, place, source):
            return words, []
    for place in service.last:
        if (found := _entries(service, document, place, source))[0]:
            return found
    raise InputError(
        expected=f"utterances in the JSON of {service.title}",
        found=f"{service.absent} (keys: {list_keys(document)})",
        where=source.name,
        do="ask the service for utterances, speakers or word times, or give another of its formats",
    )


def _entries(
    service: Service, document: dict[str, Any], place: str, source: Source
) -> tuple[list[Row], list[str]]:
    """The utterances at a place, none where none has a text, and what to warn of."""
    rows, textless = [], []
    for number, (entry, who) in enumerate(_select(document, place)):
        where = f"{source.name}, {place}[{number}]"
        if isinstance(entry, dict) and (service.text or "text" in find_fields(tuple(entry))):
            rows.append(read_row(_entry(entry, service), number, where, source, inherited=who))
        else:
            textless.append(where)
    return (rows if any(row.text.strip() for row in rows) else []), about_textless(textless, source.name)


def _entry(entry: dict[str, Any], service: Service) -> dict[str, Any]:
    """An entry with its text and its times under keys that say what they are."""
    if service.text and service.text.split("[")[0] in entry:
        parts = [part for part, _ in _select(entry, service.text)]
        texts = [part.get("utf8", "") if isinstance(part, dict) else part for part in _flat(parts)]
        entry = {**entry, "text": "".join(text for text in texts if isinstance(text, str))}
    elif service.text:
        entry = {**entry, "text": ""}
    if service.unit is not None:
        fields = find_fields(tuple(entry))
        keys = tuple(entry)
        for role in ("start", "end"):
            key = keys[fields[role].place] if role in fields else ""
            if isinstance(entry.get(key), int | float):
                entry = {**{k: v for k, v in entry.items() if k != key}, f"{role}_ms": entry[key]}
    return entry


def _flat(parts: list[Any]) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, list):
            yield from part
        else:
            yield part


def _from_words(document: dict[str, Any], place: str, source: Source) -> list[Row]:
    """The utterances of the words at a place: list by list, as channels have one each, in order of time.

    Where some name a speaker by a tag, the last list that does is the whole talk again.
    """
    lists: list[tuple[list[Any], str]] = []
    *above, last = place.split(".")
    holders = _select(document, ".".join(above)) if above else iter([(document, "")])
    for holder, who in holders:
        items = holder.get(last) if isinstance(holder, dict) else None
        if isinstance(items, list) and items:
            lists.append((items, who))
    labelled = [
        items for items, _ in lists if any(isinstance(w, dict) and w.get("speakerTag") for w in items)
    ]
    if labelled:
        lists = [(labelled[-1], "")]
    labels = _labels_of(document)
    parts: list[list[Word]] = []
    for items, who in lists:
        words = read_words(items, source, f"{source.name}, {place}", who)
        parts.append(
            [w if w.speaker or not labels else w._replace(speaker=labels.get(w.start, "")) for w in words]
        )
    if (
        not any(word.speaker for words in parts for word in words)
        and "channels[]" in place
        and len(parts) > 1
    ):
        parts = [[w._replace(speaker=f"Channel {n}") for w in words] for n, words in enumerate(parts, 1)]
    rows: list[Row] = []
    for part in parts:
        rows += utterances(part, by_sentence=not any(word.speaker for word in part) or len(parts) > 1)
    if len(parts) > 1 and all(row.start is not None for row in rows):
        rows.sort(key=lambda row: row.start or 0.0)
    return [row._replace(at=number) for number, row in enumerate(rows)]


def _labels_of(document: dict[str, Any]) -> dict[float | None, str]:
    """Who speaks from which time, as older results of Amazon Transcribe keep it apart from the words."""
    found: dict[float | None, str] = {}
    for segment, _ in _select(document, "results.speaker_labels.segments"):
        items = segment.get("items") if isinstance(segment, dict) else None
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and isinstance(item.get("start_time"), str):
                try:
                    found[float(item["start_time"])] = str(item.get("speaker_label", ""))
                except ValueError:
                    continue
    return found


def _select(document: Any, place: str) -> Iterator[tuple[Any, str]]:
    """What is at a place, entry by entry, and who is named above it."""
    found: list[tuple[Any, str]] = [(document, "")]
    steps = [match.groups() for match in _STEP.finditer(place)]
    for number, (key, index) in enumerate(steps):
        following: list[tuple[Any, str]] = []
        for node, who in found:
            if not isinstance(node, dict):
                continue
            value = node.get(key)
            own = node.get("speaker", node.get("channel_label"))
            who = (
                read_speaker(own, place) if isinstance(own, str | int) and not isinstance(own, bool) else who
            )
            if index is None and number < len(steps) - 1:
                following.append((value, who))
            elif isinstance(value, list):
                chosen = value[:1] if index == "[0]" else value
                following += [(part, _who(part, who)) for part in chosen]
            elif index is None and value is not None:
                following.append((value, who))
        found = following
    yield from found


def _who(part: Any, above: str) -> str:
    own = part.get("speaker") if isinstance(part, dict) else None
    return read_speaker(own, "speaker") if isinstance(own, str | int) and not isinstance(own, bool) else above
