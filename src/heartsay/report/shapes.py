"""What a drawing of a conversation is made of, in CSS pixels from the top left of its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Size:
    """Measures of one width of the drawing.

    `gutter` is the widest that the column of lane names may get, 0 where names stand above their lanes.
    """

    name: str
    width: float
    gutter: float
    narrowest: float
    head: float
    bar: float
    foot: float
    axis: float = 22.0
    tick_room: float = 74.0

    @property
    def lane(self) -> float:
        """Height of a lane."""
        return self.head + self.bar + self.foot


@dataclass(frozen=True, slots=True)
class Mark:
    """The bar of one utterance: a full track at `x, y`, filled from its foot to the confidence."""

    index: int
    x: float
    y: float
    width: float
    height: float
    fill: float

    @property
    def middle(self) -> float:
        """Horizontal centre."""
        return self.x + self.width / 2


class Link(NamedTuple):
    """A cause and the utterance it moved, by index, and how sure the pair is."""

    cause: int
    emotion: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Arc:
    """A curve from a cause to the utterance it moved, and the path of its arrowhead."""

    link: Link
    path: str
    head: str
    width: float
    opacity: float


@dataclass(frozen=True, slots=True)
class Stub:
    """The end of arcs whose other ends lie in other rows: those are named at `x, y`, nearest first."""

    index: int
    others: list[int]
    arriving: bool
    path: str
    head: str
    width: float
    opacity: float
    x: float
    y: float


class Tick(NamedTuple):
    """A moment on a row's time axis."""

    x: float
    text: str


class Pause(NamedTuple):
    """A silence that is drawn short: its middle, how long it lasted, and whether there is room to say so."""

    x: float
    text: str
    told: bool


class Lane(NamedTuple):
    """A speaker's lane: which speaker, and the y of the line its bars stand on."""

    speaker: int
    y: float


@dataclass(frozen=True, slots=True)
class System:
    """One row of the drawing."""

    first: int
    last: int
    right: float
    height: float
    lanes: list[Lane]
    marks: list[Mark]
    arcs: list[Arc] = field(default_factory=list)
    stubs: list[Stub] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing at one size; `gutter` is the width that the column of lane names takes."""

    size: Size
    gutter: float
    systems: list[System]
    timed: bool
