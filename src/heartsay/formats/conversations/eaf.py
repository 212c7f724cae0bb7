"""ELAN's annotation files (`.eaf`): tiers of speakers, with tiers of emotions below them.

Format: the EAF 3.0 schema, www.mpi.nl/tools/elan/EAFv3.0.xsd.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats.cleaning import build_conversation
from heartsay.formats.clock import in_unit
from heartsay.formats.conversations.tiers import (
    CONFIDENCE,
    EMOTION,
    EVENTS,
    Interval,
    Tier,
    Written,
    conversation_items,
    event_items,
    kind_of,
    rows_of,
    tiers_to_write,
)
from heartsay.formats.fields import MILLISECONDS
from heartsay.formats.source import Source
from heartsay.formats.spec import FormatSpec
from heartsay.formats.xml_text import parse_xml
from heartsay.labels import EMOTIONS

_GENERATED = re.compile(r"(?:a|ann)[_-]?[0-9]+")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


def read(source: Source) -> Iterator[Conversation]:
    """The one conversation of a file.

    Raises:
        InputError: it is not an EAF, or has no tier with words.
    """
    root = parse_xml(source.text(), source.name, "an ELAN file")
    if root.tag != "ANNOTATION_DOCUMENT":
        raise InputError(
            expected="an ELAN file, <ANNOTATION_DOCUMENT>",
            found=f"<{root.tag[:40]}>",
            where=source.name,
            do="save the annotations from ELAN as .eaf",
        )
    warnings: list[str] = []
    tiers = _spoken_tiers(list(_tiers(root, source.name, warnings)))
    rows, more = rows_of(tiers, source.name)
    yield build_conversation(
        rows, source, locate=lambda at: f"{source.name}, annotation {at}", warnings=[*warnings, *more]
    )


def _tiers(root: Element, where: str, warnings: list[str]) -> Iterator[tuple[Tier, str]]:
    """The tiers, each with the name of the tier that it depends on, or ""."""
    slots: dict[str, float] = {}
    for slot in root.iter("TIME_SLOT"):
        value = slot.get("TIME_VALUE")
        if value is not None and value.lstrip("-").isdecimal():
            slots[slot.get("TIME_SLOT_ID", "")] = in_unit(float(value), MILLISECONDS)
    times: dict[str, tuple[float | None, float | None]] = {}
    references: dict[str, str] = {}
    lost = 0
    found = list(root.iter("TIER"))
    for annotation in root.iter("ALIGNABLE_ANNOTATION"):
        ends = (slots.get(annotation.get(f"TIME_SLOT_REF{n}", "")) for n in (1, 2))
        start, end = ends
        times[annotation.get("ANNOTATION_ID", "")] = (start, end)
    for annotation in root.iter("REF_ANNOTATION"):
        references[annotation.get("ANNOTATION_ID", "")] = annotation.get("ANNOTATION_REF", "")
    for tier in found:
        intervals = []
        for annotation in (*tier.iter("ALIGNABLE_ANNOTATION"), *tier.iter("REF_ANNOTATION")):
            identifier = annotation.get("ANNOTATION_ID", "")
            place = identifier
            for _ in range(20):  # references go to references, and a damaged file goes round in circles
                if place in times:
                    break
                place = references.get(place, "")
            lost += place not in times
            start, end = times.get(place, (None, None))
            own = "" if _GENERATED.fullmatch(identifier) else identifier
            intervals.append(Interval(start, end, annotation.findtext("ANNOTATION_VALUE") or "", own, place))
        yield (
            Tier(tier.get("TIER_ID", ""), intervals, tier.get("PARTICIPANT", "")),
            tier.get("PARENT_REF", ""),
        )
    if lost:
        warnings.append(f"{lost} annotations refer to one that is not there, and have no time ({where})")


def _spoken_tiers(tiers: list[tuple[Tier, str]]) -> list[Tier]:
    """Tiers without those that depend on another and are neither words nor labels: translations and glosses.

    Where tiers are called `tx@Ana`, the words may be in one that depends on a tier of references.
    """
    texts = [tier for tier, above in tiers if kind_of(tier)[0] == "text" and (not above or _is_text(tier))]
    explicit = [tier for tier in texts if _is_text(tier)]
    spoken = explicit if explicit and any(above for tier, above in tiers if _is_text(tier)) else texts
    known = {tier.name: (tier, above) for tier, above in tiers}
    labels = [_of_speaker_above(tier, above, known) for tier, above in tiers]
    return [*spoken, *(tier for tier in labels if kind_of(tier)[0] in (EMOTION, EVENTS, "words"))]


def _of_speaker_above(tier: Tier, above: str, known: dict[str, tuple[Tier, str]]) -> Tier:
    """A tier as one of whoever the tier speaks for that it depends on, directly or by way of others."""
    for _ in range(20):  # a damaged file goes round in circles
        if above not in known:
            break
        parent, above = known[above]
        if speaker := kind_of(parent)[1]:
            return tier._replace(participant=speaker)
    return tier


def _is_text(tier: Tier) -> bool:
    """Whether a tier's name says that it holds words."""
    return kind_of(tier._replace(participant=""))[1] != tier.name.strip() and kind_of(tier)[0] == "text"


def write(conversation: Conversation) -> str:
    """The conversation as an ELAN file: a tier for each speaker and, with gold labels, one of emotions below.

    Times are rounded to milliseconds. Ids that are no XML names are lost.

    Raises:
        InputError: an utterance without times, or within another of its speaker.
    """
    return eaf(conversation_items(conversation), event_items(conversation), conversation.id)


def eaf(items: Iterable[Written], events: Sequence[Written], conversation: str) -> str:
    """An ELAN file of utterances and their labels, which a controlled vocabulary offers.

    Raises:
        InputError: as `tiers_to_write`.
    """
    root = Element(
        "ANNOTATION_DOCUMENT", AUTHOR="", DATE="2000-01-01T00:00:00+00:00", FORMAT="3.0", VERSION="3.0"
    )
    root.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
    root.set("xsi:noNamespaceSchemaLocation", "http://www.mpi.nl/tools/elan/EAFv3.0.xsd")
    SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    writer = _Writer(root)
    for speaker, said in tiers_to_write(items, conversation).items():
        writer.tier(speaker, speaker, said)
        if any(item.label for item in said):
            writer.dependent(EMOTION, speaker, [item.label for item in said])
        if any(item.confidence is not None for item in said):
            sure = ["" if item.confidence is None else f"{item.confidence:.2f}" for item in said]
            writer.dependent(CONFIDENCE, speaker, sure)
    if events:
        writer.tier(EVENTS, "", sorted(events, key=lambda event: event.start))
    writer.finish()
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


class _Writer:
    """Tiers with their annotations, whose times and ids are numbered through the file."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._order = SubElement(root, "TIME_ORDER")
        self._ids: set[str] = set()
        self._count = self._slots = 0
        self._last: list[str] = []
        self._kinds: dict[str, None] = {}

    def _slot(self, seconds: float) -> str:
        self._slots += 1
        name = f"ts{self._slots}"
        SubElement(self._order, "TIME_SLOT", TIME_SLOT_ID=name, TIME_VALUE=str(round(seconds * 1000)))
        return name

    def _id(self, wanted: str = "") -> str:
        self._count += 1
        usable = _NAME.fullmatch(wanted) and not _GENERATED.fullmatch(wanted) and wanted not in self._ids
        name = wanted if usable else f"a{self._count}"
        self._ids.add(name)
        return name

    def tier(self, name: str, participant: str, items: Iterable[Written]) -> None:
        """A tier of utterances."""
        attributes = {"LINGUISTIC_TYPE_REF": "utterance", "TIER_ID": name, "PARTICIPANT": participant}
        tier = SubElement(self._root, "TIER", attributes)
        self._last = []
        for item in items:
            identifier = self._id(item.id)
            self._last.append(identifier)
            slots = {"TIME_SLOT_REF1": self._slot(item.start), "TIME_SLOT_REF2": self._slot(item.end)}
            holder = SubElement(tier, "ANNOTATION")
            element = SubElement(holder, "ALIGNABLE_ANNOTATION", {"ANNOTATION_ID": identifier, **slots})
            SubElement(element, "ANNOTATION_VALUE").text = item.text

    def dependent(self, kind: str, speaker: str, values: Sequence[str]) -> None:
        """A tier of one value for each utterance of the tier before."""
        self._kinds[kind] = None
        attributes = {"LINGUISTIC_TYPE_REF": kind, "TIER_ID": f"{kind}@{speaker}"}
        tier = SubElement(self._root, "TIER", {**attributes, "PARENT_REF": speaker, "PARTICIPANT": speaker})
        for above, value in zip(self._last, values, strict=True):
            reference = {"ANNOTATION_ID": self._id(), "ANNOTATION_REF": above}
            element = SubElement(SubElement(tier, "ANNOTATION"), "REF_ANNOTATION", reference)
            SubElement(element, "ANNOTATION_VALUE").text = value

    def finish(self) -> None:
        """Types of tiers, and the vocabulary of emotions."""
        plain = {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": "utterance", "TIME_ALIGNABLE": "true"}
        SubElement(self._root, "LINGUISTIC_TYPE", plain)
        for kind in self._kinds:
            below = {**plain, "LINGUISTIC_TYPE_ID": kind, "TIME_ALIGNABLE": "false"}
            below["CONSTRAINTS"] = "Symbolic_Association"
            if kind == EMOTION:
                below["CONTROLLED_VOCABULARY_REF"] = "emotions"
            SubElement(self._root, "LINGUISTIC_TYPE", below)
        if EMOTION in self._kinds:
            SubElement(self._root, "LANGUAGE", LANG_ID="eng", LANG_LABEL="English")
        SubElement(
            self._root,
            "CONSTRAINT",
            STEREOTYPE="Symbolic_Association",
            DESCRIPTION="1-1 association with a parent annotation",
        )
        if EMOTION in self._kinds:
            words = SubElement(self._root, "CONTROLLED_VOCABULARY", CV_ID="emotions")
            SubElement(words, "DESCRIPTION", LANG_REF="eng").text = ""
            for name in EMOTIONS:
                entry = SubElement(words, "CV_ENTRY_ML", CVE_ID=f"cve_{name}")
                SubElement(entry, "CVE_VALUE", LANG_REF="eng", DESCRIPTION="").text = name


FORMAT = FormatSpec("eaf", "ELAN", (".eaf",), lambda text: "<ANNOTATION_DOCUMENT" in text[:2000], read, write)
