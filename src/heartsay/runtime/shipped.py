"""The models that come along, by name: folders under `heartsay/weights`."""

from __future__ import annotations

import os
from pathlib import Path

from heartsay.errors import InputError

WEIGHTS = Path(__file__).parents[1] / "weights"
"""Where they lie."""

DEFAULT = "default"

KNOWN = {
    DEFAULT: "small and fast",
    "accurate": "larger and slower; it comes with no release yet",
}
"""Names that a release of Heartsay may hold, and how they differ."""


EXPERTS = ("voice", "face")
"""Folders of the experts that read one modality by itself, by its name; they are no readers of talk."""

SPEAKER = "speaker"
"""Folder of the encoder that tells voices apart."""

CONFLICT = "conflict.json"
"""File of the fitted probability that two modalities disagree."""


def shipped_models(weights: Path = WEIGHTS) -> tuple[str, ...]:
    """Names of the models of talk that this installation holds, the default one first."""
    found = sorted(path.parent.name for path in weights.glob("*/model.json"))
    found = [name for name in found if name not in (*EXPERTS, SPEAKER)]
    return tuple(sorted(found, key=lambda name: name != DEFAULT))


def find_model(model: str | Path | None = None, weights: Path = WEIGHTS) -> Path:
    """The folder of a model that is given by name or by folder; None is the default one.

    A text is a name if it is one of a shipped model's, else a folder: `./accurate` is never a name. A `Path`
    is a folder.

    Args:
        model: a name or a folder.
        weights: folder with a folder for each shipped model.

    Raises:
        InputError: a known model that this installation lacks, or what is neither a name nor a folder.
    """
    name = DEFAULT if model is None else model
    if isinstance(name, Path):
        return name
    there = shipped_models(weights)
    if name in there:
        return weights / name
    listed = ", ".join(there) or "none"
    if name in KNOWN:
        raise InputError(
            expected=f"the weights of the model {name!r} in this installation",
            found=f"no such folder; models that are there: {listed}",
            where=str(weights / name),
            do="install Heartsay anew from its repository or a release, if they hold them, make it with "
            f"`heartsay reproduce {name} --ship FOLDER` and name that folder, or name another",
        )
    if not os.path.isdir(name):  # noqa: PTH112 - which a name too long for the system does not stop
        raise InputError(
            expected=f"a model's name ({listed}) or the folder of an exported model",
            found=repr(name),
            where="the model",
            do="name one of these, or make a folder with `heartsay export`",
        )
    return Path(name)


def model_name(folder: Path) -> str:
    """What `find_model` finds a folder by: the name of a shipped model, else the whole path."""
    whole = folder.resolve()
    return whole.name if whole.parent == WEIGHTS.resolve() else str(whole)
