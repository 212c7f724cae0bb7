"""What can be done with an analysis in Python: look up, tabulate, rename, show.

The tables, sentences and drawings themselves are made by rooms of higher floors, which are loaded when they
are asked for; an analysis that is only read or written needs none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from heartsay.errors import InputError

if TYPE_CHECKING:
    from heartsay.analysis.document import Analysis, UtteranceAnalysis

LONGEST_QUOTE = 40
"""Characters of an utterance that its short form shows."""


class UsableUtterance:
    """An utterance of an analysis in one line."""

    def __repr__(self) -> str:
        this = cast("UtteranceAnalysis", self)
        text = this.text or ""
        text = text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"
        emotion = this.emotion
        if emotion.label is None or emotion.confidence is None:
            read = "not read"
        else:
            read = f"{emotion.label} {emotion.confidence:.0%}{', left open' if emotion.abstain else ''}"
        return f"<Utterance {this.id!r} {this.speaker}: {text!r} {read}>"

    __str__ = __repr__


class UsableAnalysis:
    """What an analysis can be asked for beside its fields."""

    def __len__(self) -> int:
        """How many utterances there are."""
        return len(_self(self).utterances)

    def __getitem__(self, id: str) -> UtteranceAnalysis:
        """The utterance of that id.

        Raises:
            InputError: there is none; a place in the order is asked for with `analysis.utterances[0]`.
        """
        this = _self(self)
        found = next((u for u in this.utterances if u.id == id), None)
        if found is None:
            known = ", ".join(repr(u.id) for u in this.utterances[:3])
            raise InputError(
                expected=f"the id of an utterance ({known}, ...)",
                found=repr(id),
                where=f"analysis of {this.conversation!r}",
                do="give an id as text, or a place as analysis.utterances[0]",
            )
        return found

    def to_rows(self) -> list[dict[str, Any]]:
        """A dictionary for each utterance, with the columns of the CSV and Parquet tables."""
        rows = import_module("heartsay.formats.analyses.rows").utterance_rows([self])
        return cast("list[dict[str, Any]]", list(rows))

    def to_arrow(self) -> Any:
        """The same as a `pyarrow.Table`, as the Parquet file holds it."""
        return import_module("heartsay.formats.analyses.parquet_table").to_table([self])

    def to_pandas(self) -> Any:
        """The same as a `pandas.DataFrame`.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import_module("pandas")
        except ImportError:
            raise InputError(
                expected="pandas",
                found="none installed",
                where="to_pandas",
                do="run `pip install pandas`, or use to_rows or to_arrow",
            ) from None
        return self.to_arrow().to_pandas()

    def rename_speakers(self, names: Mapping[str, str]) -> Analysis:
        """The same analysis with other names, also in its sentences.

        Args:
            names: new names by the old ones; who is not among them keeps the name.

        Raises:
            InputError: nobody has such a name.
        """
        return cast("Analysis", import_module("heartsay.explanation.renaming").renamed(self, names))

    def plot(self, axes: Any = None) -> Any:
        """Draw who speaks when and where feelings rise, with matplotlib; returns the axes.

        Args:
            axes: of matplotlib, to draw into; new ones if not given.

        Raises:
            MissingDependencyError: matplotlib is not installed.
        """
        return import_module("heartsay.report.plot").plot(self, axes)

    def __repr__(self) -> str:
        this = _self(self)
        speakers = list(dict.fromkeys(u.speaker for u in this.utterances))
        who = ", ".join(speakers[:3]) + (f" and {len(speakers) - 3} more" if len(speakers) > 3 else "")
        opened = sum(u.emotion.abstain for u in this.utterances)
        return (
            f"<Analysis of {this.conversation!r}: {len(this.utterances)} utterances by {who or 'nobody'},"
            f" {opened} left open, read by {this.model.name} {this.model.version}>"
        )

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return cast("str", import_module("heartsay.report.notebook").notebook_html(self))


def _self(part: UsableAnalysis) -> Analysis:
    return cast("Analysis", part)
