"""How ``results.json`` is written: a line per row, few digits, and null for what is undefined."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

DIGITS = 6
"""Significant digits of numbers."""


def as_json(content: Mapping[str, Any]) -> str:
    """A line per row, so that differences between two versions can be read; NaN becomes null."""
    parts = []
    for name, value in content.items():
        clean = rounded(value)
        if isinstance(clean, list) and clean:
            lines = ",\n".join(f"  {json.dumps(item, ensure_ascii=False)}" for item in clean)
            parts.append(f" {json.dumps(name)}: [\n{lines}\n ]")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(clean, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def rounded(value: Any) -> Any:
    """The same with fewer digits; what is no number becomes None."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
