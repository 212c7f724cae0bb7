"""What is said of a run whose loss is no number any more."""

from __future__ import annotations

from undertone.errors import UndertoneError


class DivergedError(UndertoneError):
    """Training produced a loss, or readings, that are not numbers."""
