"""`model.json`: what lies in the folder of an exported model, and the hash of each file that counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heartsay.atomic import read_json
from heartsay.errors import DAMAGE, HeartsayError, ModelError
from heartsay.evidence.evidence import MODALITIES
from heartsay.evidence.tokens import TokenSettings
from heartsay.labels import EMOTIONS, LabelSpace

FORMAT = 2
"""Version of the folder's layout that is written."""

OPENED = ("tokenizer.json", "calibration.json")
"""Files beside the graphs that a reading depends on."""


@dataclass(frozen=True)
class Modality:
    """What a fusion graph takes of one modality.

    Attributes:
        width: numbers per utterance in `Evidence.features`; of words, numbers that the words graph gives.
        fill: what stands where the modality is absent, as many numbers as the fusion graph takes; empty for
            zeros.
    """

    width: int
    fill: tuple[float, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What `model.json` says.

    Attributes:
        name: of the model.
        version: of the model.
        language: of the talk that it was trained on, as a two-letter code.
        labels: emotions in the order of its logits.
        tokens: what its sequences look like.
        graphs: file by role: `fusion`, and where there are any `words` and one for a modality.
        modalities: by name, in the order of the fusion graph's `present`.
        sha256: hash by file.
    """

    name: str
    version: str
    language: str
    labels: LabelSpace
    tokens: TokenSettings
    graphs: Mapping[str, str]
    modalities: Mapping[str, Modality]
    sha256: Mapping[str, str]

    @property
    def decisive(self) -> tuple[str, ...]:
        """Files that a reading depends on."""
        return (*self.graphs.values(), *OPENED)

    @property
    def model_hash(self) -> str:
        """Hash of the graph, or of the hashes of all graphs where there are several."""
        hashes = [self.sha256[file] for file in self.graphs.values()]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


_DAMAGE: tuple[type[Exception], ...] = (*DAMAGE, HeartsayError)


def read_manifest(folder: Path) -> Manifest:
    """Read and check `model.json`, of this format or of format 1, whose one graph reads words alone.

    Raises:
        ModelError: it is not there, is of another format, or does not fit together.
    """
    path = folder / "model.json"
    try:
        stated = read_json(path)
    except OSError as error:
        raise ModelError(
            f"{folder} is not the folder of an exported model: model.json cannot be read"
            f" ({error.strerror}); make one with `heartsay export`."
        ) from error
    except DAMAGE as error:
        raise ModelError(f"{path} is not JSON ({str(error)[:120]}); export the model anew.") from error
    if not isinstance(stated, dict) or stated.get("format") not in (1, FORMAT):
        found = stated.get("format") if isinstance(stated, dict) else type(stated).__name__
        raise ModelError(
            f"{path} is of format {repr(found)[:20]}, this version of Heartsay reads 1 and {FORMAT};"
            " export the model anew, or install a newer version."
        )
    if stated["format"] == 1:
        if stated.get("labels") != list(EMOTIONS):
            raise ModelError(
                f"{path} names other emotions than {', '.join(EMOTIONS)}, in this order;"
                " export the model anew."
            )
        stated = {**stated, "neutral": EMOTIONS.neutral, "graphs": {"fusion": "model.onnx"}}
        stated["modalities"] = {"text": {"width": 0}}
    wanted = {"name": str, "version": str, "labels": list, "tokens": dict, "graphs": dict}
    for key, kind in {**wanted, "modalities": dict, "sha256": dict}.items():
        if not isinstance(stated.get(key), kind):
            raise ModelError(f"{path} has no proper {key!r}; export the model anew.")
    try:
        manifest = _manifest(stated)
    except _DAMAGE as error:
        raise ModelError(f"{path} does not fit together ({error!r}); export the model anew.") from error
    if missing := [name for name in manifest.decisive if name not in manifest.sha256]:
        raise ModelError(f"{path} states no hash of {', '.join(missing)}; export the model anew.")
    roles = {"words", "fusion", *manifest.modalities}
    if "fusion" not in manifest.graphs or not roles.issuperset(manifest.graphs):
        raise ModelError(
            f"{path} names the graphs {sorted(manifest.graphs)}, not a fusion graph and at most one of"
            " words and of each modality; export the model anew."
        )
    if (
        any(Path(name).name != name for name in manifest.sha256)
        or not manifest.modalities
        or not set(MODALITIES).issuperset(manifest.modalities)
        or any(modality.width < 0 for modality in manifest.modalities.values())
    ):
        raise ModelError(f"{path} names files or modalities that cannot be; export the model anew.")
    return manifest


def _manifest(stated: Mapping[str, Any]) -> Manifest:
    return Manifest(
        name=stated["name"],
        version=stated["version"],
        language=str(stated.get("language", "en")),
        labels=LabelSpace(tuple(map(str, stated["labels"])), stated.get("neutral")),
        tokens=TokenSettings.from_dict(stated["tokens"]),
        graphs={str(role): str(file) for role, file in stated["graphs"].items()},
        modalities={
            name: Modality(int(facts["width"]), tuple(map(float, facts.get("fill", ()))))
            for name, facts in stated["modalities"].items()
        },
        sha256=stated["sha256"],
    )


def check_hash(path: Path, expected: str, stated_in: str = "model.json") -> None:
    """Refuse a file that is not the one which was written.

    Args:
        path: the file.
        expected: its SHA-256.
        stated_in: name of the file that states it.

    Raises:
        ModelError: it is absent or another.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        why = getattr(error, "strerror", None) or "no file can have this name"
        raise ModelError(f"{path} cannot be read ({why}); export or install the model anew.") from error
    if found != expected:
        raise ModelError(
            f"{path} is not the file that was exported: its SHA-256 starts with {found[:12]},"
            f" {stated_in} says {str(expected)[:12]}; export or install the model anew."
        )
