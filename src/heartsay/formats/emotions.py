"""Labels of emotions as files write them, and the names that they go by here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from heartsay.errors import InputError
from heartsay.labels import COUNTERPARTS, EMOTIONS

NO_LABEL = frozenset(("", "none", "null", "nan", "n/a", "na"))
"""What stands for no label, in small letters."""

SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("neutral state", "no emotion", "no_emotion", "neu"), "neutral"),
    **dict.fromkeys(("surprised", "sur"), "surprise"),
    **dict.fromkeys(("afraid", "fearful", "scared", "fea"), "fear"),
    **dict.fromkeys(("sad", "sorrow"), "sadness"),
    **dict.fromkeys(("happy", "happiness", "joyful", "hap"), "joy"),
    **dict.fromkeys(("disgusted", "dis"), "disgust"),
    **dict.fromkeys(("angry", "mad", "ang"), "anger"),
}
"""Other usual names of the seven, in small letters: inflected, of EmoryNLP and DailyDialog, the codes of
IEMOCAP and CREMA-D."""

Parser = Callable[[str, Callable[[], str]], str | None]
"""From a label as it is written, and what says where it stands, to the name of an emotion or None. Called for
each label that is read, so that it may count."""


def parse_emotion(label: str, where: Callable[[], str]) -> str | None:
    """One of `EMOTIONS`, or None for a blank label; `happy` and the like are understood.

    Raises:
        InputError: any other label.
    """
    key = label.strip().casefold()
    if key in EMOTIONS.names:
        return key
    if key in NO_LABEL:
        return None
    if key in SYNONYMS:
        return SYNONYMS[key]
    raise InputError(
        expected=f"an emotion out of {', '.join(EMOTIONS)}",
        found=repr(" ".join(label.split())[:60]),
        where=where(),
        do="map your labels to these, or leave the emotion out",
    )


@dataclass
class LabelNames:
    """A reader of labels in anybody's words, which counts those it has no name for instead of refusing them.

    A label is looked up in `own`, then among the names themselves, then among `SYNONYMS` and the counterparts
    of `heartsay.labels`; capitals do not count.

    Attributes:
        names: of the emotions that labels become.
        own: a user's own names, in small letters; None for a label that is to count as none.
        read: how often each label occurred that became a name, as (label, name).
        unknown: how often each label occurred that has no name.
    """

    names: tuple[str, ...] = EMOTIONS.names
    own: Mapping[str, str | None] = field(default_factory=dict)
    read: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    def __call__(self, label: str, where: Callable[[], str]) -> str | None:
        """The name of the emotion, or None."""
        key = label.strip().casefold()
        if key in self.own:
            name = self.own[key]
        elif key in NO_LABEL:
            return None
        else:
            name = next((n for n in self._candidates(key) if n in self.names), None)
            if name is None:
                self.unknown[key] += 1
        if name is not None:
            self.read[key, name] += 1
        return name

    def _candidates(self, key: str) -> Iterable[str]:
        yield key
        if key in SYNONYMS:
            yield SYNONYMS[key]
        certain = COUNTERPARTS.get(key, {})
        if len(certain) == 1:
            yield from certain


def own_names(pairs: Iterable[tuple[str, str]], names: tuple[str, ...], where: str) -> dict[str, str | None]:
    """A user's own names, checked: the label in small letters, and the emotion or None where it is blank.

    Args:
        pairs: label and emotion.
        names: the emotions that there are.
        where: the option or file that they come from.

    Raises:
        InputError: an emotion that is none of `names`, or one label twice with different emotions.
    """
    found: dict[str, str | None] = {}
    for label, emotion in pairs:
        key, name = label.strip().casefold(), emotion.strip().casefold()
        if name and name not in NO_LABEL and name not in names:
            raise InputError(
                expected=f"an emotion out of {', '.join(names)}, or none",
                found=repr(emotion[:60]),
                where=f"{where}, {label[:60]!r}",
                do="say which of these the label means",
            )
        target = name if name in names else None
        if found.get(key, target) != target:
            raise InputError(
                expected="one emotion for each label",
                found=f"{found[key] or 'none'} and {target or 'none'}",
                where=f"{where}, {label[:60]!r}",
                do="leave one of the two out",
            )
        found[key] = target
    return found
