"""Configurations by name, composed of a backbone, a method and a corpus; and a user's own files.

``m3net-cmerc-meld-voices`` is the backbone M3Net, the method CMERC and the corpus meld-voices; without a
method it is supervision alone. `configs/backbones` has the settings of each backbone, `configs/methods` those
of each method; what differs by corpus stands under `for` in either, and what differs by backbone and corpus
in the method's. A file of a user's own states all settings, or names the configuration that it starts from as
`base`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from heartsay.errors import InputError

if TYPE_CHECKING:
    from heartsay.training.configuration import Configuration
    from heartsay.training.feature_configuration import FeatureConfiguration
    from heartsay.training.tasks.face_network import FaceTraining
    from heartsay.training.tasks.speaker_network import SpeakerTraining
    from heartsay.training.tasks.voice_network import VoiceTraining

BASE = "base"
CORPORA = ("meld-voices", "composed", "iemocap", "meld")
FOLDER = Path(__file__).parent / "configs"


class Parts(NamedTuple):
    """What a configuration of a backbone is composed of, by name."""

    backbone: str
    method: str
    corpus: str

    def __str__(self) -> str:
        return "-".join(part for part in self if part != BASE)


def load(
    name: str | Path,
) -> Configuration | FeatureConfiguration | VoiceTraining | FaceTraining | SpeakerTraining:
    """A configuration that comes along, or a user's own.

    Args:
        name: one of `names()`, or the path of a YAML file. A file may say ``base:`` and a name or a path
            beside it; its own settings then lie on top, and it is called as the file is unless it states a
            name.

    Raises:
        InputError: no such name or file, not YAML, an unknown setting, or a value out of range.
    """
    from heartsay.training.configuration import Configuration
    from heartsay.training.feature_configuration import FeatureConfiguration
    from heartsay.training.yaml_settings import checked

    values = _read(str(name), Path(), ())
    if "expert" in values:
        return checked(_expert(values.pop("expert"), name), values, Path(name))
    if "backbone" in values:
        return checked(FeatureConfiguration, values, Path(name))
    return checked(Configuration, values, Path(name))


def _expert(
    kind: object, name: str | Path
) -> type[VoiceTraining] | type[FaceTraining] | type[SpeakerTraining]:
    """What the settings of an expert are."""
    from heartsay.training.tasks.face_network import FaceTraining
    from heartsay.training.tasks.speaker_network import SpeakerTraining
    from heartsay.training.tasks.voice_network import VoiceTraining

    experts: dict[object, type[VoiceTraining] | type[FaceTraining] | type[SpeakerTraining]] = {
        "voice": VoiceTraining,
        "face": FaceTraining,
        "speaker": SpeakerTraining,
    }
    if not isinstance(kind, str) or kind not in experts:
        raise InputError(
            expected=f"an expert: {' or '.join(map(str, experts))}",
            found=repr(kind),
            where=f"{name}, expert",
            do="name one that there is",
        )
    return experts[kind]


def names() -> tuple[str, ...]:
    """Every name that `load` knows."""
    whole = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    return (*whole, *_composed())


def parts(name: str) -> Parts | None:
    """What a configuration of a backbone is composed of; None for any other."""
    return _composed().get(name)


def compose(of: Parts) -> FeatureConfiguration:
    """The configuration of a backbone with a method on a corpus."""
    from heartsay.training.feature_configuration import FeatureConfiguration

    return FeatureConfiguration.model_validate(_settings(of))


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others on top of them; a part under another name begins anew."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if (
            isinstance(old, Mapping)
            and isinstance(value, Mapping)
            and value.get("name") in (None, old.get("name"))
        ):
            value = merged(old, value)
        result[key] = value
    return result


def _read(name: str, folder: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """The settings under a name or in a file, not checked; `above` are the files that led here."""
    from heartsay.training.yaml_settings import read_settings

    if name in _composed():
        return _settings(_composed()[name])
    path = FOLDER / f"{name}.yaml" if name in names() else _resolved(folder / name)
    there = os.path.isfile(path)  # noqa: PTH113 - which a name too long for the system does not stop
    if not there and path.suffix not in (".yaml", ".yml"):
        near = get_close_matches(name, names(), 5, 0.5)
        raise InputError(
            expected="the name of a configuration, or a YAML file",
            found=repr(name),
            where="configuration",
            do=f"the nearest names are {', '.join(near)}"
            if near
            else f"choose {names()[0]} or {Parts('m3net', 'cmerc', 'meld-voices')}, for example",
        )
    values = read_settings(path)
    if "base" not in values:
        return values
    base = values.pop("base")
    if not isinstance(base, str) or path in above:
        raise InputError(
            expected="the name of a configuration, or a file that does not lead back here",
            found=repr(base),
            where=f"{path}, base",
            do="name one that comes along, such as m3net-meld-voices",
        )
    return merged({**_read(base, path.parent, (*above, path)), "name": path.stem}, values)


def _resolved(path: Path) -> Path:
    """A path in the one way of spelling it, so that a way back is recognised."""
    try:
        return path.resolve()
    except ValueError:  # no file can have this name
        return path


def _settings(of: Parts) -> dict[str, Any]:
    """The settings of a composed configuration, not checked."""
    values = _section(FOLDER / "backbones" / f"{of.backbone}.yaml", of.corpus)
    if of.method == BASE:
        return {**values, "name": str(of), "objective": {"name": BASE}}
    family = _families()[of.method]
    method = _section(FOLDER / "methods" / f"{family}.yaml", of.corpus, f"{of.backbone}-{of.corpus}")
    method.pop("variants", None)
    if family != of.method:
        from heartsay.objectives.registry import OBJECTIVES

        given = method["objective"]["settings"]
        kept = {name: value for name, value in given.items() if name not in OBJECTIVES[of.method].fixed}
        method["objective"] = {"name": of.method, "settings": kept}
    return {**merged(values, method), "name": str(of)}


def _section(path: Path, *places: str) -> dict[str, Any]:
    """The settings of a file, and on top of them those that it has for some places."""
    from heartsay.training.yaml_settings import read_settings

    values = read_settings(path)
    by_place = values.pop("for", {})
    for place in places:
        values = merged(values, by_place.get(place, {}))
    return values


def packed(name: str | Path) -> Configuration:
    """A configuration of the packed-dialogue model that comes along.

    Raises:
        InputError: it is one of a backbone, or there is none of that name.
    """
    from heartsay.training.configuration import Configuration

    found = load(name)
    if not isinstance(found, Configuration):
        raise InputError(
            expected="a configuration of the packed-dialogue model",
            found=f"one of a {found.kind}",
            where=str(name),
            do="name default or one that is based on it",
        )
    return found


@lru_cache(maxsize=1)
def _families() -> dict[str, str]:
    """The file of each method; variants of a method share its own."""
    from heartsay.training.yaml_settings import read_settings

    found = {}
    for path in sorted((FOLDER / "methods").glob("*.yaml")):
        for method in (path.stem, *read_settings(path).get("variants", ())):
            found[method] = path.stem
    return found


@lru_cache(maxsize=1)
def _composed() -> dict[str, Parts]:
    backbones = sorted(path.stem for path in (FOLDER / "backbones").glob("*.yaml"))
    every = (Parts(*chosen) for chosen in product(backbones, (BASE, *_families()), CORPORA))
    return {str(of): of for of in every}
