"""An adaptation: a small folder that holds a calibration of somebody's own, for a model that lies elsewhere.

`adaptation.json` names the model that it is for, by name, version and hash, and says what the calibration was
fitted on; `calibration.json` is the calibration, `card.json` the model's card with what is different. No word
of the talk is in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heartsay.analysis import ModelStamp
from heartsay.atomic import read_json
from heartsay.errors import DAMAGE, HeartsayError, ModelError
from heartsay.runtime.bundle import Bundle, read_calibration
from heartsay.runtime.manifest import check_hash

NAME = "adaptation.json"
FORMAT = 1


@dataclass(frozen=True)
class Adaptation:
    """What `adaptation.json` says.

    Attributes:
        model: where the model is: the name of one that comes along, or its folder.
        stamp: which model it is for.
        calibration_sha256: hash of `calibration.json`.
        facts: what it was fitted on, and what was measured of it.
    """

    model: str
    stamp: ModelStamp
    calibration_sha256: str
    facts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """What the file holds."""
        base = {"model": self.model, **self.stamp.model_dump()}
        return {"format": FORMAT, "base": base, "calibration_sha256": self.calibration_sha256, **self.facts}


def is_adaptation(folder: Path) -> bool:
    """Whether a folder holds an adaptation."""
    return (folder / NAME).is_file()


def read_adaptation(folder: Path) -> Adaptation:
    """Read and check `adaptation.json`.

    Raises:
        ModelError: it cannot be read, or is of another format.
    """
    path = folder / NAME
    try:
        stated = read_json(path)
        if stated["format"] != FORMAT:
            raise ModelError(
                f"{path} is of format {stated['format']!r}, this version of Heartsay reads {FORMAT};"
                " adapt anew, or install a newer version."
            )
        base = dict(stated["base"])
        model, own = base.pop("model"), ("format", "base", "calibration_sha256")
        if not isinstance(model, str):
            raise TypeError("a model that has no name")
        facts = {name: value for name, value in stated.items() if name not in own}
        return Adaptation(model, ModelStamp(**base), str(stated["calibration_sha256"]), facts)
    except DAMAGE as error:
        raise ModelError(
            f"{path} is not an adaptation that can be read ({error!r}); make it anew with `heartsay adapt`."
        ) from error


def load_adapted(folder: Path, load: Callable[[str], Bundle]) -> Bundle:
    """The model that an adaptation is for, with its calibration.

    Args:
        folder: of the adaptation.
        load: gives the model of a name or folder.

    Raises:
        ModelError: a file is damaged, or the model is not there or is another than it was fitted for.
    """
    stated = read_adaptation(folder)
    try:
        base = load(stated.model)
    except HeartsayError as error:
        raise ModelError(
            f"{folder} adapts {_called(stated.stamp)}, which cannot be loaded: {error}"
        ) from error
    if base.stamp != stated.stamp:
        raise ModelError(
            f"{folder} was made for {_called(stated.stamp)}, and what is installed is"
            f" {_called(base.stamp)}; run `heartsay adapt` again with the same labels."
        )
    check_hash(folder / "calibration.json", stated.calibration_sha256, NAME)
    calibration = read_calibration(folder / "calibration.json")
    classes = len(base.labels)
    if any(e.prior is not None and len(e.prior) != classes for e in calibration.emotions):
        raise ModelError(f"{folder} weighs another number of emotions than the model has; adapt anew.")
    return base.adapted(folder, calibration, stated.calibration_sha256)


def _called(stamp: ModelStamp) -> str:
    return f"{stamp.name} {stamp.version} ({stamp.sha256[:12]})"
