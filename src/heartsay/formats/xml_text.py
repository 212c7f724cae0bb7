"""XML from strangers: no document types, so no entities that grow or fetch, and a limit on size."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError, fromstring

from heartsay.errors import InputError

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def parse_xml(text: str, where: str, title: str) -> Element:
    """The root of an XML text, the names of its elements without namespaces.

    Raises:
        InputError: it is not XML, or has a document type.
    """
    text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(
            expected=f"{title} without a document type",
            found="one, which can make a file grow or fetch others",
            where=where,
            do="remove the DOCTYPE",
        )
    try:
        root = fromstring(text)
    except ParseError as error:
        raise InputError(
            expected=f"XML of {title}",
            found=f"a mistake ({error})",
            where=where,
            do="check that the file was written completely",
        ) from None
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    return root
