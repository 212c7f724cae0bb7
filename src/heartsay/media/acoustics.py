"""openSMILE's two standard sets of voice features, through its own package.

ComParE 2016 (Schuller et al., Interspeech 2016; 6,373 functionals) and eGeMAPS (Eyben et al., IEEE
Transactions on Affective Computing 7(2), 2016; version 02, 88 functionals). openSMILE is free for research
and personal use alone; any commercial use needs a licence of audEERING.
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay.errors import MissingDependencyError

SMILE_SETS = {"egemaps": "eGeMAPSv02", "compare": "ComParE_2016"}
"""openSMILE's name of each set."""

SMILE_RATE = 16_000
"""Samples per second that the sets were made for."""

SMILE_LICENCE = "openSMILE: research and personal use only"


def smile_features(samples: NDArray[np.floating], name: str) -> NDArray[np.float32]:
    """Describe the voice of one utterance.

    Args:
        samples: from -1 to 1, one channel at `SMILE_RATE`, (N,).
        name: a key of `SMILE_SETS`.

    Returns:
        A number for each of `smile_names(name)`, (F,); where openSMILE has none, NaN.

    Raises:
        MissingDependencyError: opensmile is not installed.
    """
    smile = _smile(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of sound that is too short: NaN says so
        values = smile.process_signal(np.asarray(samples, np.float32), SMILE_RATE)
    return np.asarray(values.to_numpy()[0], np.float32)


def smile_names(name: str) -> list[str]:
    """What each number of a set is, in order.

    Raises:
        MissingDependencyError: opensmile is not installed.
    """
    return [str(feature) for feature in _smile(name).feature_names]


def smile_version() -> str:
    """The version of opensmile.

    Raises:
        MissingDependencyError: it is not installed.
    """
    _smile("egemaps")
    return version("opensmile")


@cache
def _smile(name: str) -> Any:
    try:
        import opensmile
    except ImportError as error:
        raise MissingDependencyError("openSMILE's features", "acoustics") from error
    chosen = getattr(opensmile.FeatureSet, SMILE_SETS[name])
    return opensmile.Smile(chosen, opensmile.FeatureLevel.Functionals)
