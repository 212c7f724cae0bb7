"""`heartsay convert`: a conversation in one format, written in another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heartsay import formats
from heartsay.atomic import write_text
from heartsay.cli.console import AsJson, print_json, print_notes, reporting
from heartsay.cli.options import InputEncoding, InputFormat, InputTimes
from heartsay.errors import InputError

_BY_SUFFIX = {spec.suffixes[0]: spec for spec in formats.FORMATS.values() if spec.write}


def convert(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="A file of one conversation; - is standard input.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help=f"A file that ends in {', '.join(_BY_SUFFIX)}.")],
    input_format: InputFormat = None,
    times: InputTimes = None,
    encoding: InputEncoding = None,
    as_json: AsJson = False,
) -> None:
    """Write a conversation in another format, and say what that format could not hold.

    \b
    Examples:
      heartsay convert call.vtt call.csv
      heartsay convert whisperx.json call.srt
      heartsay convert chat.log chat.json --input-format mychat:FORMAT

    The suffix of OUT chooses its format. What was written is read again: whatever does not come back as it
    was, such as emotions in captions, is named. OUT is written whole or not at all.
    """
    with reporting("convert", as_json):
        spec = _BY_SUFFIX.get(out.suffix.lower())
        if spec is None:
            raise InputError(
                expected=f"a file that ends in {', '.join(_BY_SUFFIX)}",
                found=repr(out.suffix) if out.suffix else "no suffix",
                where=str(out),
                do="name another file",
            )
        conversation = formats.read(source, input_format, times=times, encoding=encoding)
        text = formats.write(conversation, spec)
        lost = formats.not_kept(conversation, text, spec)
        write_text(out, text)
        if as_json:
            facts = {"written": str(out), "not_kept": lost, "warnings": conversation.warnings}
            print_json("convert", facts)
            return
        losses = [f"not kept as it was in {spec.title}: {', '.join(lost)}"] if lost else []
        print_notes([*losses, *conversation.warnings])
        print(f"Written: {out}")
