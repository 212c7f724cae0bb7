"""The four feature files that the paper's setting is run on, looked for before anything is made."""

from __future__ import annotations

from pathlib import Path

from heartsay.errors import InputError

FILES = (
    "IEMOCAP_features.pkl",
    "MELD_features_raw1.pkl",
    "iemocap_features_roberta.pkl",
    "meld_features_roberta.pkl",
)
"""As their makers published them; the configurations of IEMOCAP and MELD name them."""


def check_published_files(folder: Path) -> None:
    """See that a folder holds all four.

    Raises:
        InputError: one is missing; names it, and says where such files come from.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise InputError(
            expected=f"{', '.join(FILES)}",
            found=f"no {', no '.join(missing)}" if folder.is_dir() else "no such folder",
            where=str(folder),
            do="fetch them from their makers' pages (those of RoBERTa were published with COSMIC) and leave "
            "their names as they are",
        )
