"""What every page shares: the templates and the one trusted script."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from heartsay.report.spacing import clock_text

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


@functools.cache
def environment() -> Environment:
    """The templates; whatever is filled in is escaped, whoever wrote it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["clock"] = clock_text
    made.filters["shorten"] = shorten
    made.filters["percent"] = percent
    return made


def script(*names: str) -> tuple[str, str]:
    """Scripts of ours as one trusted text, and its hash as a content security policy names it."""
    from markupsafe import Markup

    text = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"


def shorten(text: str, length: int) -> str:
    """`text`, cut with an ellipsis where it is longer than `length` characters."""
    return text if len(text) <= length else text[: max(length - 1, 1)].rstrip() + "…"


def percent(probability: float) -> int:
    """A probability in whole percent; only certainty is 100 and only the impossible 0."""
    if 0.0 < probability < 1.0:
        return min(99, max(1, round(100 * probability)))
    return round(100 * probability)
