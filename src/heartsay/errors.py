"""Errors that tell a person what to do."""

from __future__ import annotations


class HeartsayError(Exception):
    """Base of every error this project raises on purpose; its text is one clear sentence or two."""


class InputError(HeartsayError):
    """Input that is not what it claims to be.

    Args:
        expected: what was expected, as a noun phrase.
        found: what came instead.
        where: the file, line or field, as exact as it is known.
        do: what the reader can do about it, as an imperative clause.
    """

    def __init__(self, *, expected: str, found: str, where: str, do: str) -> None:
        self.expected = expected
        self.found = found
        self.where = where
        self.do = do
        super().__init__(f"{where}: expected {expected}, found {found}; {do}.")


class ModelError(HeartsayError):
    """A model folder, checkpoint or run that cannot be used, and why."""


class MissingDependencyError(HeartsayError):
    """A feature was asked for whose optional packages are not installed.

    Args:
        feature: what was asked for.
        extra: the extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs packages that are not installed; run: pip install 'heartsay[{extra}]'"
        )
