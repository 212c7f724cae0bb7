"""What reads voice and face by themselves beside a model of talk, and what tells when they disagree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from heartsay.atomic import read_json
from heartsay.calibration import ConflictCalibration
from heartsay.errors import DAMAGE, InputError, ModelError
from heartsay.runtime.experts import Expert
from heartsay.runtime.shipped import CONFLICT, EXPERTS, WEIGHTS


@dataclass(frozen=True, eq=False)
class ModalityExperts:
    """Experts by modality.

    Attributes:
        experts: by the name of what each reads, in the order in which modalities are listed.
        conflicts: how probable it is that two modalities disagree; None where that was not fitted.
    """

    experts: Mapping[str, Expert]
    conflicts: ConflictCalibration | None = None

    @property
    def fingerprint(self) -> str:
        """Hash over everything that a reading by them depends on."""
        fitted = None if self.conflicts is None else self.conflicts.to_dict()
        content = [{name: e.hashes for name, e in self.experts.items()}, fitted]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def load_modality_experts(
    folders: Mapping[str, str | Path] | None = None, weights: Path | None = None
) -> ModalityExperts:
    """The experts that come along, or others in their place.

    Args:
        folders: folder of an exported expert in place of the one that comes along, by what it reads.
        weights: where those that come along lie, if not in this package; one that is not there is left out.

    Raises:
        InputError: a folder is none of an exported expert, or its expert reads something else.
        ModelError: an expert is damaged, or the fitted probabilities of conflict are.
    """
    weights = weights or WEIGHTS
    found = {}
    for modality in EXPERTS:
        given = (folders or {}).get(modality)
        if given is None and not (weights / modality / "model.json").is_file():
            continue
        folder = weights / modality if given is None else Path(given)
        if not folder.is_dir():
            raise InputError(
                expected=f"the folder of an exported expert of the {modality}",
                found="no such folder",
                where=str(folder),
                do=f"train one with `heartsay train {modality}` and write its folder with `heartsay export`",
            )
        expert = Expert.load(folder)
        if expert.modality != modality:
            raise InputError(
                expected=f"an expert of the {modality}",
                found=f"one of the {expert.modality}",
                where=str(folder),
                do=f"name the folder of the expert that reads the {modality}",
            )
        found[modality] = expert
    return ModalityExperts(found, read_conflicts(weights / CONFLICT))


def read_conflicts(path: Path) -> ConflictCalibration | None:
    """The fitted probabilities of conflict; None where there is no such file.

    Raises:
        ModelError: the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        return ConflictCalibration.from_dict(read_json(path))
    except DAMAGE as error:
        raise ModelError(f"{path} cannot be read ({error!r}); install Heartsay anew.") from error
