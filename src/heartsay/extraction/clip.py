"""One clip: its file's checksum, its sound, what is amiss with it, and what encoders make of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from heartsay.errors import InputError
from heartsay.evidence.store import Rows
from heartsay.extraction.encoders import Chosen, Samples, SoundEncoder
from heartsay.media import Sound, open_recording, resampled
from heartsay.media.spans import longest
from heartsay.media.voice_functionals import FRAME, SAMPLE_RATE
from heartsay.runtime.experts import why_silent


@dataclass
class Described:
    """What became of one clip.

    Attributes:
        sha256: of its file; None where there is none.
        rate: samples per second of its sound; None where none was decoded.
        seconds: that were read.
        problems: kind, the same in words, and the feature that is lacking for it or None.
        rows: by feature; one that is absent has none.
    """

    sha256: str | None = None
    rate: int | None = None
    seconds: float | None = None
    problems: list[tuple[str, str, str | None]] = field(default_factory=list)
    rows: dict[str, Rows] = field(default_factory=dict)


def describe(path: Path | None, chosen: Chosen) -> Described:
    """Read a clip and describe it; whatever a clip can have that is amiss becomes a problem.

    Args:
        path: of the file, None where an utterance has none.
        chosen: what describes it.

    Raises:
        MissingDependencyError: PyAV is not installed.
    """
    found = Described()
    if path is None:
        found.problems.append(("missing", "no file is named like this utterance", None))
        return found
    try:
        with path.open("rb") as file:
            found.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        samples = _heard(path, found)
    except (InputError, OSError) as error:
        reason = error.found if isinstance(error, InputError) else str(error.strerror)
        found.problems.append(("undecodable", reason, None))
        return found
    assert found.rate is not None
    if len(samples) < FRAME * found.rate / SAMPLE_RATE:
        found.problems.append(("silent", f"{1000 * len(samples) / found.rate:.0f} ms of sound", None))
    elif (silence := why_silent(samples, found.rate)) is not None:
        found.problems.append(("silent", silence, None))
    else:
        _describe(samples, found, chosen.sound)
    if chosen.face is not None and found.seconds:
        rows, why = chosen.face.describe(path, found.seconds)
        if rows is None:
            found.problems.append(("faceless", why, chosen.face.feature.name))
        else:
            found.rows[chosen.face.feature.name] = rows
    return found


def _heard(path: Path, found: Described) -> Samples:
    """The samples of a clip at its own rate; its beginning, where it is no clip but long."""
    found.rate = open_recording(path).rate
    sound = Sound(path, found.rate)
    _, samples = next(sound.spans([(0.0, longest())]))
    found.seconds = len(samples) / found.rate
    if len(samples) >= longest() * found.rate:
        found.problems.append(("long", f"longer than {longest():.0f} s; its beginning was read", None))
    found.problems += [("damaged", warning, None) for warning in sound.warnings]
    return samples


def _describe(samples: Samples, found: Described, encoders: Sequence[SoundEncoder]) -> None:
    assert found.rate is not None
    at = {found.rate: samples}
    for encoder in encoders:
        feature = encoder.feature
        assert feature.rate is not None
        if feature.rate not in at:
            at[feature.rate] = resampled(samples, found.rate, feature.rate)
        rows = encoder.describe(at[feature.rate])
        if np.isfinite(rows).all():
            found.rows[feature.name] = rows
        else:
            what = f"{feature.encoder} has no number for some of it: {found.seconds:.2f} s of sound"
            found.problems.append(("undescribed", what, feature.name))
