"""openSMILE's eGeMAPS: 88 functionals of the voice, the field's minimal acoustic set, where it is installed.

Eyben et al., "The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for Voice Research and Affective
Computing", IEEE Transactions on Affective Computing 7(2), 2016, doi:10.1109/TAFFC.2015.2457417. openSMILE is
licensed for research and private use only, so nothing in this project needs it: `voice_functionals` serves
without it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import InputError, MissingDependencyError

SHORTEST = 0.1
"""Seconds from which on openSMILE finds frames enough for its pitch tracker."""


def egemaps_names() -> tuple[str, ...]:
    """What each number is, in order, under openSMILE's names.

    Raises:
        MissingDependencyError: openSMILE is not installed.
    """
    return tuple(_extractor().feature_names)


def egemaps(samples: NDArray[np.floating], rate: int) -> NDArray[np.float32]:
    """eGeMAPS version 02 functionals of one utterance, (88,).

    Args:
        samples: from -1 to 1, one channel, (N,).
        rate: samples per second.

    Raises:
        InputError: several channels, less than a tenth of a second, or samples that are not finite.
        MissingDependencyError: openSMILE is not installed.
    """
    extractor = _extractor()
    if samples.ndim != 1 or len(samples) < SHORTEST * rate or not np.isfinite(samples).all():
        raise InputError(
            expected=f"one channel of finite samples, {SHORTEST:g} s or more",
            found=f"shape {samples.shape} at {rate} Hz",
            where="audio samples",
            do="mix the channels, or mark the voice as missing",
        )
    values = extractor.process_signal(samples.astype(np.float32), rate).to_numpy()[0]
    return np.nan_to_num(np.asarray(values, np.float32))


@cache
def _extractor() -> Any:
    try:
        import opensmile
    except ImportError as error:
        raise MissingDependencyError("the eGeMAPS feature set", "acoustics") from error
    return opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=opensmile.FeatureLevel.Functionals
    )
