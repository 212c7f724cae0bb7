"""What tells documents of services apart, and puts talk that lies in several places into one shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Document = dict[str, Any]


def has(*keys: str) -> Callable[[Document], bool]:
    """Tells documents that have all of these keys."""
    return lambda document: all(key in document for key in keys)


def inside(key: str, *inner: str) -> Callable[[Document], bool]:
    """Tells documents whose object at a key has one of these keys."""

    def fits(document: Document) -> bool:
        value = document.get(key)
        return isinstance(value, dict) and any(name in value for name in inner)

    return fits


def in_list(key: str, *inner: str) -> Callable[[Document], bool]:
    """Tells documents whose list at a key begins with an object that has one of these keys."""

    def fits(document: Document) -> bool:
        value = document.get(key)
        first = value[0] if isinstance(value, list) and value else None
        return isinstance(first, dict) and any(name in first for name in inner)

    return fits


def _objects(value: Any) -> list[Document]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def watson(document: Document) -> Document:
    """IBM Watson: words as `[word, start, end]`, speakers by the time at which words begin."""
    who = {
        float(start): label.get("speaker")
        for label in _objects(document.get("speaker_labels"))
        if isinstance(start := label.get("from"), int | float)
    }
    lists = []
    for result in _objects(document.get("results")):
        best = _objects(result.get("alternatives"))[:1]
        stamps = best[0].get("timestamps") if best else None
        found = stamps if isinstance(stamps, list) else []
        lists += [word for word in found if isinstance(word, list) and len(word) == 3]
    words = [
        {"word": w, "start": a, "end": b, "speaker": who.get(a) if isinstance(a, int | float) else None}
        for w, a, b in lists
    ]
    return {**document, "words": words}


def whisper_cpp(document: Document) -> Document:
    """whisper.cpp: a segment after which the speaker changes ends in a mark that says so."""
    segments = [
        {**segment, "text": f"{segment.get('text', '')} [SPEAKER_TURN]"}
        if segment.get("speaker_turn_next") is True
        else segment
        for segment in _objects(document.get("transcription"))
    ]
    return {**document, "transcription": segments}


def video_indexer(document: Document) -> Document:
    """Azure Video Indexer: the times of a line are those of the first place where it occurs."""
    insights = next((i for v in _objects(document["videos"]) if isinstance(i := v.get("insights"), dict)), {})
    lines = []
    for line in _objects(insights.get("transcript")):
        for place in _objects(line.get("instances"))[:1]:
            line = {**line, "start": place.get("start"), "end": place.get("end")}
        lines.append({key: value for key, value in line.items() if key != "instances"})
    return {"speakers": insights.get("speakers"), "transcript": lines}


def otter(document: Document) -> Document:
    """Otter: times in samples, of which a second has 16,000."""
    speech = document["speech"]
    lines = []
    for line in _objects(speech.get("transcripts")):
        start, end = line.get("start_offset"), line.get("end_offset")
        if isinstance(start, int) and isinstance(end, int):
            line = {**line, "start_ms": start / 16, "end_ms": end / 16}
        lines.append({k: v for k, v in line.items() if k not in ("start_offset", "end_offset")})
    return {"speakers": speech.get("speakers"), "transcripts": lines}


def trint(document: Document) -> Document:
    """Trint: words in milliseconds with their lengths, under paragraphs that name who speaks."""
    inner = document.get("transcript")
    transcript = inner if isinstance(inner, dict) else document
    words = [
        {
            "value": word.get("value"),
            "start_ms": word.get("time"),
            "duration_ms": word.get("duration"),
            "speaker": paragraph.get("speaker"),
        }
        for paragraph in _objects(transcript.get("paragraphs"))
        for word in _objects(paragraph.get("words"))
    ]
    return {"speakers": transcript.get("speakers"), "words": words}


def hyperaudio(document: Document) -> Document:
    """Hyperaudio: words beside paragraphs, which say when they begin and end and who speaks in them."""
    paragraphs = _objects(document.get("paragraphs"))

    def speaker(start: Any) -> Any:
        if not isinstance(start, int | float):
            return None
        within = (p for p in paragraphs if _at(p, "start", 0.0) <= start <= _at(p, "end", float("inf")))
        return next((p.get("speaker") for p in within), None)

    return {
        "words": [{**word, "speaker": speaker(word.get("start"))} for word in _objects(document["words"])]
    }


def _at(item: Document, key: str, default: float) -> float:
    value = item.get(key)
    return float(value) if isinstance(value, int | float) else default


def speaker_names(document: Document) -> dict[str, str]:
    """What speakers are called, by the ids that utterances have, where a document lists them."""
    found = {}
    for person in _people(document):
        key = next((person[k] for k in ("id", "speaker", "speaker_id", "speakerId") if k in person), None)
        name = next(
            (
                person[k]
                for k in ("name", "display_name", "displayName", "speaker_name", "label")
                if person.get(k)
            ),
            None,
        )
        if isinstance(key, str | int) and isinstance(name, str):
            found[str(key)] = name
    return found


def _people(document: Document) -> Iterator[Document]:
    yield from _objects(document.get("speakers"))
    for monologue in _objects(document.get("monologues")):
        info = monologue.get("speaker_info")
        if isinstance(info, dict):
            yield {"id": monologue.get("speaker"), "name": info.get("display_name") or info.get("name")}
