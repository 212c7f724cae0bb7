"""Utterances per second over a folder of MELD's conversations, one JSON file each, without `moved_by`.

Needs the corpus: HEARTSAY_DATA names the folder that holds it. Every shipped model is measured, or the one
that `--model` names. Times are of the whole process, from start to exit, with documents and reports written;
a row is its processor time, which a busy machine moves less, and one is of documents only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from common import (
    HEARTSAY,
    ROOT,
    arguments,
    median,
    repeat,
    report,
    scratch,
    shipped_models,
    with_model,
)

TARGETS = {"default": 500, "accurate": 80}
"""Utterances per second on 2 cores."""

FORMATS = {"": "json,html", "_documents_only": "json"}
"""What is written, by the end of a row's name."""

PREPARE = """
import sys
from pathlib import Path
from heartsay import corpora
from heartsay import formats
conversations = corpora.load("meld", sys.argv[2])
for number, conversation in enumerate(conversations):
    Path(sys.argv[1], f"{number:04d}.json").write_text(formats.write(conversation, "json"), "utf-8")
print(sum(map(len, conversations)), len(conversations))
"""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--split", default="test", help="train, dev or test")
    options = parser.parse_args()
    with scratch() as folder:
        chats = folder / "chats"
        chats.mkdir()
        prepared = subprocess.run(
            [sys.executable, "-c", PREPARE, chats, options.split],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if prepared.returncode:
            sys.exit("MELD could not be read; see above")
        utterances, conversations = map(int, prepared.stdout.split())
        rows: list[tuple[str, float, float | None]] = []
        for model in [options.model] if options.model else shipped_models():
            name = Path(model).name
            for end, formats in FORMATS.items():
                command: list[str | Path] = [*HEARTSAY, "analyze", chats, "--out", folder / "out"]
                command += ["--evidence", "never", "--format", formats]
                runs = repeat(with_model(command, model), options.runs)
                target = None if end else TARGETS.get(name)
                rows.append((name + end, median(utterances / run.seconds for run in runs), target))
                if not end:
                    seconds = median(run.processor_seconds for run in runs)
                    rows.append((f"{name}_processor_seconds", seconds, None))
                written = len(list((folder / "out").glob("[0-9]*.json")))
                if written != conversations:
                    sys.exit(f"{written} documents were written for {conversations} conversations")
    report(
        "throughput",
        rows,
        options.json,
        corpus=f"meld/{options.split}",
        utterances=utterances,
        conversations=conversations,
        runs=options.runs,
    )


if __name__ == "__main__":
    main()
