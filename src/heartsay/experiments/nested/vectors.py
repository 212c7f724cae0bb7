"""Vectors of words that are kept beside the results, a byte a number, so that all train on the same ones.

A text encoder that is fine-tuned again on another machine comes out a little different, and what is trained
on its vectors with it. So they are rounded and written down before anything is trained on them, and what is
trained is given what was written. They are numbers about MELD's utterances and not its words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from heartsay.atomic import read_arrays, write_arrays
from heartsay.corpora.refusal import refuse
from heartsay.errors import DAMAGE
from heartsay.training.text_features import Floats, texts_fingerprint

STEPS = 127
"""Steps from 0 to the largest number of a dimension."""

Made = Callable[[], Mapping[str, Floats]]


def kept_vectors(path: Path, texts: Mapping[str, str], make: Made) -> dict[str, Floats]:
    """The vectors in a file, of which there is one per utterance; made, rounded and written where it is not.

    Args:
        path: the file, ``.npz``; its folder is made.
        texts: words by utterance id.
        make: gives the vectors of these words, (D,) each.

    Raises:
        InputError: the file holds vectors of other words, or cannot be read.
    """
    wanted = texts_fingerprint(texts)
    if not path.exists():
        write_rounded(path, make(), wanted)
    try:
        stored = read_arrays(path)
        same = str(stored["texts"]) == wanted
        vectors = stored["steps"].astype(np.float32) * stored["scale"]
        found: dict[str, Floats] = dict(zip(stored["id"].tolist(), vectors, strict=True))
    except DAMAGE as error:
        refuse(path, "vectors of words", str(error)[:80] or "none", f"bring it back, or remove it: {AGAIN}")
    if not same or set(found) != set(texts):
        refuse(path, "vectors of the words that are here", "those of others", f"remove it: {AGAIN}")
    return found


AGAIN = "the encoder is then fine-tuned again, which takes most of an hour"


def write_rounded(path: Path, vectors: Mapping[str, Floats], texts: str) -> None:
    """Write vectors as steps of a 127th of each dimension's largest number.

    Args:
        path: the file.
        vectors: by utterance id, (D,) each.
        texts: fingerprint of the words that they are of.
    """
    rows = np.stack(list(vectors.values()))
    scale = (np.abs(rows).max(0) / STEPS).astype(np.float32)
    steps = np.rint(rows / np.where(scale > 0, scale, 1)).astype(np.int8)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {"id": np.array(list(vectors)), "steps": steps, "scale": scale, "texts": np.array(texts)}
    write_arrays(path, arrays)
