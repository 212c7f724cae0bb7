"""Options that several commands have, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from heartsay.errors import InputError, MissingDependencyError
from heartsay.formats import FORMATS
from heartsay.formats.timing import UNITS

LARGEST_SEED = 2**32 - 1
FEATURES = Path("runs/features")

Device = Annotated[str, typer.Option(metavar="DEVICE", help="Torch device: cpu, cuda, mps.")]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="default, the small and fast model that comes along, or the folder of an exported model or of an"
        " adaptation.",
        show_default=False,
    ),
]
InputFormat = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT",
        help="The format of every input, which is otherwise told by suffix and content: "
        f"{', '.join(FORMATS)}, or your own as module:NAME.",
    ),
]

InputTimes = Annotated[
    str | None,
    typer.Option(
        "--times",
        metavar="UNIT",
        help=f"What bare numbers of times are, where files do not tell: {', '.join(UNITS)}; or the frames of"
        " a second in HH:MM:SS:FF, such as 25fps.",
        show_default=False,
    ),
]
InputEncoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Of all text, where the bytes do not tell: cp1250, cp1251, mac_roman, shift_jis, utf-16-le...",
        show_default=False,
    ),
]
EngineName = Literal["local", "ray"]
Address = Annotated[
    str | None,
    typer.Option(
        help="Of a Ray cluster: auto, HOST:PORT. Without it, Ray is started on this machine.",
        show_default=False,
    ),
]
RayWorkers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="For ray; every processor if not given.", show_default=False),
]


def check_seed(seed: int, where: str = "--seed") -> None:
    """Refuse a seed that not every library takes.

    Raises:
        InputError: it is out of range; `where` is the option that it came by.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(
            expected=f"whole numbers from 0 to {LARGEST_SEED}",
            found=str(seed),
            where=where,
            do="choose another seed",
        )


@contextmanager
def training_packages() -> Iterator[None]:
    """Say which extra is missing instead of which module.

    Raises:
        MissingDependencyError: a package that is not our own was not found.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "heartsay":
            raise
        raise MissingDependencyError(f"this command ({error.name})", "train") from error
