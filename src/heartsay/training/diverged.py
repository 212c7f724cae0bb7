"""What is said of a run whose loss is no number any more."""

from __future__ import annotations

from heartsay.errors import HeartsayError


class DivergedError(HeartsayError):
    """Training produced a loss, or readings, that are not numbers."""
