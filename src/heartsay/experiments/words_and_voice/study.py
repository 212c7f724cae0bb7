"""Words, and words with the real voice, on MELD's 393 conversations that have both, cross-validated.

The reader of words has not learnt from these conversations. In every fold the training part fits how its
distributions and 47 measures of the voice are put together, and chooses the prior among its own folds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.atomic import write_text
from heartsay.calibration.softmax import softmax
from heartsay.corpora.meld import MELD
from heartsay.corpora.meld_voices import FOLDS, SPLITS_WITH_VOICES, read_voices
from heartsay.corpora.registry import corpus_file
from heartsay.evidence.reading import UNLABELLED
from heartsay.experiments.comparisons import compare, with_holm
from heartsay.experiments.report_tables import means
from heartsay.experiments.study import as_json
from heartsay.experiments.words_and_voice.fitting import Numbers, fit, standardised, within
from heartsay.metrics.resampling import resampled_calibration_error, resampled_mean, resampled_weighted_f1
from heartsay.pipeline.evaluation import read_split
from heartsay.progress import Report, silent, track
from heartsay.runtime import Bundle

PENALTIES = (30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Precisions of the prior that every arm with a voice chooses among."""

DEALINGS = (0, 1, 2, 3, 4)
"""How often the conversations are dealt into folds anew."""

LOSS = "loss_in_hundredths"
"""Negative log-likelihood of the labels, in hundredths of a nat."""

WORDS, HEADLINE = "words", "words-and-voice"
"""What is compared: the first fits a temperature and an offset for each emotion, as all do."""

ARMS: Mapping[str, str] = {
    WORDS: "words alone",
    "voice": "voice alone",
    HEADLINE: "words, and the voice as it is",
    "words-and-voice-within": "words, and the voice against its conversation",
    "words-and-voice-both": "words, and both",
}


class Talk(NamedTuple):
    """Utterances with words, voice and label.

    Attributes:
        words: logarithms of what the words say, (N, C).
        voice: 47 measures, (N, 47).
        gold: (N,).
        conversation: number of each, (N,).
        classes: names.
    """

    words: Numbers
    voice: Numbers
    gold: NDArray[np.int64]
    conversation: NDArray[np.int64]
    classes: tuple[str, ...]


def read_talk(model: Bundle, report: Report = silent) -> Talk:
    """What the words of both splits say by a model, and their voices.

    Raises:
        InputError: MELD or its voices are absent or not as published.
    """
    words, voice, gold, conversation = [], [], [], []
    known = 0
    for split in SPLITS_WITH_VOICES:
        reading, _ = read_split(model, "meld", split, report)
        voices = read_voices(corpus_file(MELD, f"audio47_{split}.npz", None), split)
        fitted = model.calibration.for_reading(reading.modalities, reading.logits)
        said = np.log(np.clip(fitted.apply(reading.logits, reading.conversation), 1e-6, 1.0))
        has_voice = np.array([name in voices for name in reading.utterance.tolist()])
        kept = (reading.gold != UNLABELLED) & has_voice & np.isfinite(said).all(1)
        words.append(said[kept])
        voice.append(np.stack([voices[name] for name in reading.utterance[kept].tolist()]).astype(np.float64))
        gold.append(reading.gold[kept])
        conversation.append(known + np.unique(reading.conversation[kept], return_inverse=True)[1])
        known += int(conversation[-1].max()) + 1
    return Talk(
        np.concatenate(words),
        np.concatenate(voice),
        np.concatenate(gold),
        np.concatenate(conversation),
        reading.classes,
    )


def measures(arm: str, talk: Talk, training: NDArray[np.bool_]) -> Numbers:
    """What an arm knows of the voices, (N, D)."""
    heard = standardised(talk.voice, training)
    if arm == WORDS:
        return heard[:, :0]
    if arm == "words-and-voice-within":
        return within(heard, talk.conversation)
    if arm == "words-and-voice-both":
        return np.hstack([heard, within(heard, talk.conversation)])
    return heard


def cross_validated(arm: str, talk: Talk, fold: NDArray[np.int64]) -> tuple[Numbers, list[float]]:
    """Logits of every utterance by a fit to the other folds, (N, C), and the prior chosen for each fold."""
    told = np.zeros_like(talk.words) if arm == "voice" else talk.words
    found, chosen = np.zeros_like(talk.words), []
    for k in range(FOLDS):
        training = fold != k
        heard = measures(arm, talk, training)
        inside = [j for j in range(FOLDS) if j != k]
        penalty = PENALTIES[0]
        if heard.shape[1]:
            losses = {
                p: sum(_left_out_loss(told, heard, talk.gold, training, fold == j, p) for j in inside)
                for p in PENALTIES
            }
            penalty = min(losses, key=lambda p: losses[p])
        added = fit(told[training], heard[training], talk.gold[training], penalty)
        found[~training] = added.logits(told[~training], heard[~training])
        chosen.append(penalty)
    return found, chosen


def _left_out_loss(
    told: Numbers,
    heard: Numbers,
    gold: NDArray[np.int64],
    training: NDArray[np.bool_],
    left_out: NDArray[np.bool_],
    penalty: float,
) -> float:
    fitted = training & ~left_out
    added = fit(told[fitted], heard[fitted], gold[fitted], penalty)
    return float(losses(added.logits(told[left_out], heard[left_out]), gold[left_out]).sum())


def losses(logits: Numbers, gold: NDArray[np.int64]) -> Numbers:
    """Negative log-likelihood of each label, (N,), in nats."""
    return np.asarray(-np.log(np.maximum(softmax(logits)[np.arange(len(gold)), gold], 1e-12)))


def deal(talk: Talk, dealing: int) -> NDArray[np.int64]:
    """Fold of each utterance, whole conversations together, (N,)."""
    count = int(talk.conversation.max()) + 1
    return (np.random.default_rng(dealing).permutation(count) % FOLDS)[talk.conversation]


def reproduce(model: Bundle, results: Path, report: Report = silent) -> dict[str, Any]:
    """Measure every arm under every dealing and write ``results.json`` and ``tables.md``.

    Returns:
        What ``results.json`` holds.

    Raises:
        InputError: MELD or its voices are absent or not as published.
    """
    talk = read_talk(model, report)
    said: dict[tuple[str, int], Numbers] = {}
    rows = []
    cells = [(arm, dealing) for dealing in DEALINGS for arm in ARMS]
    for arm, dealing in track(cells, "Cross-validating", report):
        said[arm, dealing], chosen = cross_validated(arm, talk, deal(talk, dealing))
        rows.append(
            {"method": arm, "seed": dealing, **_scores(said[arm, dealing], talk), "penalties": chosen}
        )
    content: dict[str, Any] = {
        "system": "words-and-voice",
        "reader": model.stamp.model_dump(),
        "utterances": len(talk.gold),
        "conversations": int(talk.conversation.max()) + 1,
        "headline": {"first": HEADLINE, "second": WORDS, "metric": "weighted_f1"},
        "rows": rows,
        "comparisons": with_holm(_comparisons(said, talk), ("metric",)),
    }
    results.mkdir(parents=True, exist_ok=True)
    write_text(results / "results.json", as_json(content))
    write_text(results / "tables.md", page(content))
    return content


def _scores(logits: Numbers, talk: Talk) -> dict[str, float]:
    guess, classes = logits.argmax(1), len(talk.classes)
    return {
        "weighted_f1": 100 * metrics.weighted_f1(talk.gold, guess, classes),
        "macro_f1": 100 * metrics.macro_f1(talk.gold, guess, classes),
        "accuracy": 100 * float((guess == talk.gold).mean()),
        LOSS: 100 * float(losses(logits, talk.gold).mean()),
        "ece": 100 * metrics.expected_calibration_error(*metrics.top_label(softmax(logits), talk.gold)),
    }


def _comparisons(said: Mapping[tuple[str, int], Numbers], talk: Talk) -> list[dict[str, Any]]:
    def scorers(logits: Numbers) -> dict[str, metrics.ResampledMetric]:
        confidence, right = metrics.top_label(softmax(logits), talk.gold)
        return {
            "weighted_f1": _percent(resampled_weighted_f1(talk.gold, logits.argmax(1), len(talk.classes))),
            LOSS: resampled_mean(100 * losses(logits, talk.gold)),
            "ece": _percent(resampled_calibration_error(confidence, right)),
        }

    found = []
    for arm in ARMS:
        if arm not in (WORDS, "voice"):
            paired: dict[str, list[metrics.PairedRun]] = {}
            for dealing in DEALINGS:
                first, second = scorers(said[arm, dealing]), scorers(said[WORDS, dealing])
                for name in first:
                    run = metrics.PairedRun(talk.conversation, first[name], second[name])
                    paired.setdefault(name, []).append(run)
            found += compare({"role": "against words", "first": arm, "second": WORDS}, paired)
    return found


def _percent(score: metrics.ResampledMetric) -> metrics.ResampledMetric:
    return lambda counts: 100 * score(counts)


def page(content: Mapping[str, Any]) -> str:
    """Markdown from what ``results.json`` holds."""
    from heartsay.experiments.mosear.tables import compared

    columns = ("weighted_f1", "macro_f1", "accuracy", LOSS, "ece")
    titles = ("arm", "weighted F1", "macro F1", "accuracy", "loss, hundredths of a nat", "ECE")
    rows = [{**row, "method": ARMS[row["method"]]} for row in content["rows"]]
    lines = [
        "# Words, and words with the real voice",
        "",
        f"Generated from `results.json`. {content['utterances']:,} utterances of {content['conversations']} "
        "conversations: MELD's development and test parts with 47 measures of each real voice, which the "
        "reader of words has not learnt from. Five folds of whole conversations, dealt anew "
        f"{len(DEALINGS)} times; a temperature, an offset for each emotion and the weights of the voice are "
        "fitted to the other folds, the prior is chosen among those. Every arm with a voice had the same "
        "priors to choose from. Mean and standard deviation over dealings, which share all utterances, so "
        "the deviation says little; the intervals below are over conversations. A first look at one dealing "
        "had been taken when the arms were written down, and the reader's calibration was fitted to the "
        "development part.",
        "",
        *means(rows, ("method",), columns, titles),
        *compared(
            content["comparisons"],
            "Paired bootstraps over conversations and dealings, percentage points and hundredths of a nat. "
            f"The headline is weighted F1 of `{HEADLINE}` against `{WORDS}`:",
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"
