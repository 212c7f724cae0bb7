"""How fast conversations are read: utterances per second, format by format, the best of some runs.

Each format is read from memory in this process: 20,000 utterances of about ten words by two speakers, and
a chat of 500,000 lines. To compare with another state of the code, run it with that on PYTHONPATH; what that
does not read is left out.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable

from common import arguments, report

from heartsay.errors import InputError
from heartsay.formats import read_all

COUNT = 20_000
CHAT_LINES = 500_000
WORDS = ("the", "boiler", "broke", "again", "and", "nobody", "came", "to", "mend", "it")


def _rows(count: int) -> list[tuple[str, str, float, float]]:
    rows = []
    for n in range(count):
        turned = n % len(WORDS)
        text = " ".join([*WORDS[turned:], *WORDS[:turned]]).capitalize() + "."
        rows.append(("Ana" if n % 2 else "Ben", text, 2.5 * n + 0.25, 2.5 * n + 2.0))
    return rows


def _clock(seconds: float, mark: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{mark}{thousandths:03d}"


def _captions(mark: str, tag: str) -> str:
    return "\n".join(
        f"{n}\n{_clock(a, mark)} --> {_clock(b, mark)}\n{tag.format(s)}{t}\n"
        for n, (s, t, a, b) in enumerate(_rows(COUNT), 1)
    )


def _json(key: str) -> str:
    entries = [{"speaker": s, "text": t, "start": a, "end": b} for s, t, a, b in _rows(COUNT)]
    return json.dumps({key: entries})


def _csv(quoted: bool) -> str:
    mark = '"' if quoted else ""
    return "speaker,text,start,end\n" + "".join(
        f"{s},{mark}{t}{mark},{a},{b}\n" for s, t, a, b in _rows(COUNT)
    )


def _chat() -> str:
    return "".join(
        f"{1 + n // 40000}/4/23, {n // 60 % 24:02d}:{n % 60:02d} - {'BA'[n % 2]}: It broke again.\n"
        for n in range(CHAT_LINES)
    )


SOURCES: dict[str, tuple[str, Callable[[], str]]] = {
    "json": ("x.json", lambda: _json("utterances")),
    "whisperx": ("x.json", lambda: _json("segments")),
    "csv": ("x.csv", lambda: _csv(False)),
    "csv, quoted": ("x.csv", lambda: _csv(True)),
    "subrip": ("x.srt", lambda: _captions(",", "{}: ")),
    "webvtt": ("x.vtt", lambda: "WEBVTT\n\n" + _captions(".", "<v {}>")),
    "text": ("x.txt", lambda: "".join(f"{s}: {t}\n" for s, t, _, _ in _rows(COUNT))),
    "chat of 500,000 lines": ("x.txt", _chat),
}


def main() -> None:
    options = arguments(__doc__).parse_args()
    rows: list[tuple[str, float, float | None]] = []
    for name, (file, make) in SOURCES.items():
        data = make().encode()
        best, count = float("inf"), 0
        for _ in range(options.runs):
            stream = io.BytesIO(data)
            stream.name = file
            begin = time.process_time()
            try:
                count = sum(len(conversation) for conversation in read_all(stream))
            except InputError:
                break
            best = min(best, time.process_time() - begin)
        if count:
            rows.append((f"{name}, utterances a second", round(count / best), None))
    report("reading", rows, options.json, runs=options.runs)


if __name__ == "__main__":
    main()
