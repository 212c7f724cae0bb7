"""What a recogniser's errors cost: emotions of MELD's development talk as it was written and as it was heard.

Each line is spoken by espeak-ng, a voice for each speaker, with pink noise from none to as loud as the voice,
and recognised by the packaged tiny.en. So words and their probabilities are the recogniser's own, but voices
are a machine's and simpler than people's. Utterances are grouped by the mean probability of their words, as
`analyze` shows it. Needs MELD (HEARTSAY_DATA), the extra `speech`, and espeak-ng on the path.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation, Utterance, Word
from heartsay.corpora import drop_held_out, load
from heartsay.labels import EMOTIONS
from heartsay.media import read_audio
from heartsay.media.conditions import noisy
from heartsay.media.log_mel import resampled
from heartsay.metrics import expected_calibration_error
from heartsay.metrics.classification import confusion_matrix, weighted_f1_from_confusion
from heartsay.pipeline import analyze
from heartsay.recordings.speech import PIECE, Recogniser, by_stretch
from heartsay.recordings.voice_activity import Stretch

RATE, PAUSE = 16_000, 0.6
NOISE = (None, 15.0, 8.0, 3.0, 0.0)
"""dB by which the voice is louder than the noise, dealt by chance."""

GROUPS = (0.0, 0.5, 0.6, 0.75, 0.9, 1.01)
LONGEST = 20.0
"""Seconds of a line; of a longer one, its beginning is heard."""


def speak(text: str, speaker: int) -> NDArray[np.float32]:
    """A line in one of fourteen voices, (N,) at 16 kHz."""
    kind = f"en-us+{'mf'[speaker % 2]}{1 + speaker // 2 % (7 if speaker % 2 == 0 else 4)}"
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = ["espeak-ng", "-v", kind, "-s", str(155 + 7 * (speaker % 5)), "-w", file.name, "--", text]
        subprocess.run(command, check=True)
        samples, rate = read_audio(Path(file.name))
    return resampled(samples, rate, RATE)[: round(LONGEST * RATE)].astype(np.float32)


def spoken(conversations: Sequence[Conversation]) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """Place of a conversation, of an utterance in it, and how it sounds."""
    random = np.random.default_rng(0)
    for c, conversation in enumerate(conversations):
        names = list(dict.fromkeys(u.speaker for u in conversation.utterances))
        for t, utterance in enumerate(conversation.utterances):
            samples = speak(utterance.text or "", c + names.index(utterance.speaker))
            loud = NOISE[random.integers(len(NOISE))]
            yield c, t, samples if loud is None else noisy(samples, loud, random)


def heard(conversations: Sequence[Conversation]) -> Iterator[tuple[int, int, tuple[Word, ...]]]:
    """What is recognised of each utterance; several are recognised together, as in a recording."""
    recogniser = Recogniser.load(threads=1)
    waiting: list[tuple[int, int, NDArray[np.float32]]] = []

    def recognise() -> Iterator[tuple[int, int, tuple[Word, ...]]]:
        silence = np.zeros(round(PAUSE * RATE), np.float32)
        spans, at = [], 0.0
        for _, _, samples in waiting:
            spans.append(Stretch(at, at + len(samples) / RATE))
            at = spans[-1].end + PAUSE
        piece = np.concatenate([part for _, _, samples in waiting for part in (samples, silence)])
        for (c, t, _), words in zip(waiting, by_stretch(recogniser.words(piece, 0.0), spans), strict=True):
            yield c, t, words

    for item in spoken(conversations):
        if waiting and sum(len(s) / RATE + PAUSE for *_, s in [*waiting, item]) > PIECE:
            yield from recognise()
            waiting = []
        waiting.append(item)
    yield from recognise()


def plain(text: str) -> list[str]:
    """Words without case and punctuation."""
    kept = "".join(letter if letter.isalnum() or letter in " '" else " " for letter in text.lower())
    return [word.strip("'") for word in kept.split() if word.strip("'")]


def errors(said: Sequence[str], found: Sequence[str]) -> int:
    """Words that were changed, left out or put in."""
    row = list(range(len(found) + 1))
    for k, word in enumerate(said, 1):
        before, row[0] = row[0], k
        for j, other in enumerate(found, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def keep(path: Path, conversations: Sequence[Conversation]) -> None:
    """Recognise everything into a file, a line for each utterance."""
    with path.open("w", encoding="utf-8") as file:
        for c, t, words in heard(conversations):
            rows = [(w.text, w.start, w.end, w.probability) for w in words]
            file.write(json.dumps([c, t, rows]) + "\n")
            print(f"\r{c + 1} of {len(conversations)} conversations", end="", file=sys.stderr, flush=True)


def as_heard(path: Path, conversations: Sequence[Conversation]) -> list[Conversation]:
    """The same conversations with the words that were recognised."""
    words: dict[tuple[int, int], tuple[Word, ...]] = {}
    for line in path.read_text("utf-8").splitlines():
        c, t, rows = json.loads(line)
        words[c, t] = tuple(Word(*row) for row in rows)
    return [
        replace(
            conversation,
            utterances=tuple(_with(u, words[c, t]) for t, u in enumerate(conversation.utterances)),
        )
        for c, conversation in enumerate(conversations)
    ]


def _with(utterance: Utterance, words: tuple[Word, ...]) -> Utterance:
    return replace(utterance, text=" ".join(word.text for word in words) or None, words=words)


def readings(conversations: Sequence[Conversation]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Label of each utterance, -1 where there is none, and the confidence of it."""
    labels, sure = [], []
    for analysis in analyze(iter(conversations), evidence="always"):
        for utterance in analysis.utterances:
            label = utterance.emotion.label
            labels.append(-1 if label is None else EMOTIONS.index(label))
            sure.append(utterance.emotion.confidence or 0.0)
    return np.array(labels), np.array(sure)


def weighted_f1(gold: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    matrix = confusion_matrix(gold, labels, len(EMOTIONS))
    return 100 * float(weighted_f1_from_confusion(matrix))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--conversations", type=int, default=1000, help="of the development split, at most")
    parser.add_argument("--keep", type=Path, help="file for what was recognised, read where it is there")
    options = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        sys.exit("espeak-ng is not on the path: install it (on Debian: apt install espeak-ng).")
    talk = list(drop_held_out(load("meld", "dev"), against=("test",)))[: options.conversations]
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "heard.jsonl"
        if not path.is_file():
            keep(path, talk)
        recognised = as_heard(path, talk)
    said = [u for c in talk for u in c.utterances]
    found = [u for c in recognised for u in c.utterances]
    gold = np.array([EMOTIONS.index(u.emotion or "") for u in said])
    wrong = np.array(
        [errors(plain(a.text or ""), plain(b.text or "")) for a, b in zip(said, found, strict=True)]
    )
    length = np.array([len(plain(u.text or "")) for u in said])
    sure = np.array([np.mean([w.probability for w in u.words or ()] or [0.0]) for u in found])
    there = np.array([u.text is not None for u in found])
    written, written_sure = readings(talk)
    as_found, found_sure = readings(recognised)
    rows = []
    for low, high in [(0.0, GROUPS[-1]), *pairwise(GROUPS)]:
        here = there & (sure >= low) & (sure < high)
        rows.append(
            {
                "probability": [low, min(1.0, high)],
                "utterances": int(here.sum()),
                "word_error": round(100 * float(wrong[here].sum() / max(1, length[here].sum())), 1),
                "weighted_f1_written": round(weighted_f1(gold[here], written[here]), 1),
                "weighted_f1_heard": round(weighted_f1(gold[here], as_found[here]), 1),
                "accuracy_heard": round(100 * float((gold == as_found)[here].mean()), 1),
                "confidence_heard": round(100 * float(found_sure[here].mean()), 1),
                "ece_written": round(
                    100 * expected_calibration_error(written_sure[here], (gold == written)[here]), 1
                ),
                "ece_heard": round(
                    100 * expected_calibration_error(found_sure[here], (gold == as_found)[here]), 1
                ),
            }
        )
    if options.json:
        print(json.dumps({"benchmark": "recognised", "without_words": int((~there).sum()), "rows": rows}))
        return
    out = io.StringIO()
    for row in rows:
        out.write("  ".join(f"{key} {value}" for key, value in row.items()) + "\n")
    print(out.getvalue() + f"{int((~there).sum())} utterances without a word")


if __name__ == "__main__":
    main()
