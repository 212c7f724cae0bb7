"""What exports of chats have beside messages: newest first, files sent, who joined, and broken letters."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from heartsay.formats.clock import parse_moment
from heartsay.formats.fields import find_fields
from heartsay.formats.source import Source

_MEDIA = (
    *("photos", "photo", "videos", "audio_files", "sticker", "gifs", "files", "attachments", "file", "share"),
    *("media_type", "stickers", "embeds"),
)
_DISCORD = ("Default", "Reply", "ApplicationCommand", "ContextMenuCommand", "message", "text")
_MENTION = re.compile(r"<[@#!][^<>|]*(?:\|([^<>]*))?>")
_LINK = re.compile(r"<(https?://[^<>|]*)(?:\|([^<>]*))?>")
_MARK_UP = re.compile(r"</?(?:p|div|span|br|at|b|i|strong|em|a|attachment)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_MOJIBAKE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf]")


class Entry(NamedTuple):
    """An entry of a talk: whether it is an event, and its place in the list, from 0."""

    item: Any
    event: bool
    place: int


def as_chat(items: Sequence[Any], document: Any, source: Source) -> tuple[list[Entry], list[str]]:
    """The entries of a talk in the order in which they were said, and what to warn of.

    A list that is no chat is given back as it is.

    Args:
        items: entries of the talk.
        document: the whole, which says who took part.
        source: the file.
    """
    warnings = []
    entries = list(enumerate(items))
    if _newest_first(items):
        entries.reverse()
        warnings.append(f"messages stand newest first: read from the last ({source.name})")
    is_messenger = isinstance(document, dict) and "participants" in document and "messages" in document
    names = _names(document)
    found: list[Entry] = []
    media = service = 0
    for place, item in entries:
        if not isinstance(item, dict):
            found.append(Entry(item, False, place))
            continue
        fields = find_fields(tuple(item))
        key = tuple(item)[fields["text"].place] if "text" in fields else "text"
        text = item.get(key)
        if _is_about(item):
            service += 1
            continue
        if is_messenger:
            item = {k: _mended(v) if isinstance(v, str) else v for k, v in item.items()}
            text = item.get(key)
        if isinstance(text, str) and "<" in text:
            item = {**item, key: _plain_text(text)}
        user = item.get("user")
        if isinstance(user, str) and user in names:
            item = {**item, "user": names[user]}
        elif isinstance(profile := item.get("user_profile"), dict) and isinstance(user, str):
            name = profile.get("real_name") or profile.get("display_name") or user
            item = {**item, "user": str(name)}
        if not text and (sent := next((name for name in _MEDIA if item.get(name)), None)):
            media += 1
            found.append(Entry({**item, key: f"[{sent.replace('_', ' ')}]"}, True, place))
        else:
            found.append(Entry(item, False, place))
    if media:
        noun = "message" if media == 1 else "messages"
        warnings.append(f"{media} {noun} without words (pictures, files) kept as events ({source.name})")
    if service:
        noun = "entry" if service == 1 else "entries"
        warnings.append(f"{service} {noun} about the chat itself left out ({source.name})")
    return found, warnings


def _is_about(item: dict[str, Any]) -> bool:
    """Whether an entry is what the program says: who joined, what was pinned, or how a model is to speak."""
    kind = item.get("type")
    if kind in ("service", "system") or item.get("role") in ("system", "tool"):
        return True
    if kind == "message" and item.get("subtype") in ("channel_join", "channel_leave", "channel_topic"):
        return True
    # Messages of Discord are of two types; all others are about the channel.
    return "author" in item and "content" in item and isinstance(kind, str) and kind not in _DISCORD


def _names(document: Any) -> dict[str, str]:
    """Names of the users that messages call by an id, where a list of them is in the document."""
    users = document.get("users") if isinstance(document, dict) else None
    if not isinstance(users, list):
        return {}
    known = (user for user in users if isinstance(user, dict) and isinstance(user.get("id"), str))
    return {user["id"]: str(user.get("real_name") or user.get("name") or user["id"]) for user in known}


def _newest_first(entries: Sequence[Any]) -> bool:
    """Whether all dates go backwards."""
    moments: list[float] = []
    for item in entries:
        fields = find_fields(tuple(item)) if isinstance(item, dict) else {}
        if "start" not in fields:
            continue
        value = item[tuple(item)[fields["start"].place]]
        if isinstance(value, str):
            moment = parse_moment(value)
            value = moment if moment is not None else _number(value)
        if isinstance(value, int | float) and value >= 5e8:
            moments.append(float(value))
    falls = sum(b < a for a, b in itertools.pairwise(moments))
    return falls > 0 and all(b <= a for a, b in itertools.pairwise(moments))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _mended(text: str) -> str:
    """UTF-8 that was taken for Latin-1, as Messenger exports it."""
    if not _MOJIBAKE.search(text):
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _plain_text(text: str) -> str:
    """Without the mark-up of messages: mentions, links, and HTML."""
    text = _MENTION.sub(lambda match: f"@{match[1]}" if match[1] else "@someone", text)
    text = _LINK.sub(lambda match: match[2] or match[1], text)
    return _MARK_UP.sub(" ", text)
