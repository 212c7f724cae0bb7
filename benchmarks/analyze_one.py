"""Time and memory of analysing one conversation of 20 utterances, from process start to report written."""

from __future__ import annotations

import json
import sys

from common import HEARTSAY, ROOT, arguments, median, repeat, report, scratch, with_model

UTTERANCES = 20


def main() -> None:
    options = arguments(__doc__).parse_args()
    demo = json.loads((ROOT / "src/heartsay/demo/harbour-pitch.json").read_text("utf-8"))
    with scratch() as folder:
        chat = folder / "chat.json"
        chat.write_text(json.dumps({"utterances": demo["utterances"][:UTTERANCES]}), "utf-8")
        command = with_model([*HEARTSAY, "analyze", chat, "--out", folder / "out"], options.model)
        runs = repeat(command, options.runs)
        if not (folder / "out" / "chat.html").is_file():
            sys.exit("no report was written")
    report(
        "analyze_one",
        [
            ("seconds", median(r.seconds for r in runs), 2.5),
            ("processor_seconds", median(r.processor_seconds for r in runs), None),
            ("megabytes", median(r.peak_megabytes for r in runs), 600),
        ],
        options.json,
        utterances=UTTERANCES,
        runs=options.runs,
    )


if __name__ == "__main__":
    main()
