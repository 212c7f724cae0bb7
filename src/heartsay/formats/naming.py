"""File names for conversations' ids."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

_UNSAFE = re.compile(r'[%<>:"\\|?*\x00-\x1f\x7f]|[. ]$|^\.')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_LONGEST = 120
_DEEPEST = 16
_LIKE_A_FILE = re.compile(r"\.(?=(?:json|jsonl|csv|parquet|html|srt|vtt|eaf|textgrid)$)", re.IGNORECASE)
"""The dot of a folder that is named as an output is: a document of another conversation, or a table."""


def document_path(conversation: str, suffix: str) -> str:
    """Where a conversation's document goes, relative to the output folder; other ids give other paths.

    `meld/dia0` stays so; what some system cannot have in a name is written as %XX, `..` and the like are
    disarmed, and names too long for a disk end in a hash. The path never leaves the folder it is put into.

    Args:
        conversation: its id.
        suffix: without its dot.
    """
    *folders, name = [_safe_part(part) for part in conversation.split("/")]
    if len(folders) > _DEEPEST:
        rest = hashlib.sha256("/".join(folders[_DEEPEST - 1 :]).encode()).hexdigest()[:16]
        folders = [*folders[: _DEEPEST - 1], f"~{rest}"]
    path = PurePosixPath(*[_LIKE_A_FILE.sub("%2E", folder) for folder in folders], name)
    if str(path).casefold() == "index":  # the index over all conversations has that name
        path = path.with_name(f"%{ord(path.name[0]):02X}{path.name[1:]}")
    return f"{path}.{suffix}"


def _safe_part(part: str) -> str:
    safe = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", part) or "%"
    if _RESERVED.fullmatch(safe):
        safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    if len(safe.encode()) > _LONGEST:
        cut = safe.encode()[: _LONGEST - 20].decode("utf-8", "ignore")
        safe = f"{cut}~{hashlib.sha256(part.encode()).hexdigest()[:16]}"
    return safe
