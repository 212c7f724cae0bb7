"""The buckets that the conversations of a table are sorted into: small ones first and last.

A bucket has the conversations whose hashes lie in its part of all hashes, so that each of them is whole in
one bucket, the same on every machine.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate

ROWS = (250, 20_000)
"""Rows of a bucket, about: at least and at most, but for the first and the last ones."""

FIRST = 60
"""Rows of the first buckets, about: a second's work, so that there soon is something to look at."""

EACH, FEWEST = 8, 256
"""Buckets that each worker shall have, and in all, as far as their rows are within `ROWS`."""

HASHES = 2**32
"""How many hashes of conversations there are."""


def sizes_of(rows: int, workers: int) -> list[int]:
    """How many rows the buckets of a table have, about.

    They grow from `FIRST` by doubling, and shrink again: the first results come soon, and no worker is still
    busy for long when the others have no more to do.

    Args:
        rows: of the table.
        workers: that there are.
    """
    most = min(max(rows // max(FEWEST, EACH * workers), ROWS[0]), ROWS[1])
    growing: list[int] = []
    size = FIRST
    while size < most and 2 * (sum(growing) + workers * size) <= rows:
        growing += [size] * workers
        size *= 2
    between = rows - 2 * sum(growing)
    count = max(1, -(-between // most))
    return [*growing, *([-(-between // count)] * count), *reversed(growing)]


def ends_of(rows: int, workers: int) -> tuple[int, ...]:
    """For each bucket of a table, the hash that is the first beyond it.

    Args:
        rows: of the table.
        workers: that there are.
    """
    ends = list(accumulate(sizes_of(rows, workers)))
    return (*(HASHES * end // ends[-1] for end in ends[:-1]), HASHES)


def bucket_of(conversation: str | None, ends: Sequence[int]) -> int:
    """The bucket of a conversation, the same on every machine."""
    digest = sha256((conversation or "").encode("utf-8", "surrogatepass")).digest()
    return bisect_right(ends, int.from_bytes(digest[:4], "big"))
