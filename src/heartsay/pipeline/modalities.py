"""What voice and face say by themselves, beside the words, and where modalities disagree.

Nothing here moves a decision: an expert's reading stands beside that of the model of talk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from heartsay.analysis import Conflict, ConflictFit, ModalityModel, ModelStamp, PairOfModalities
from heartsay.calibration import FLAG, ConflictCalibration, PairConflict, divergence
from heartsay.evidence.evidence import MODALITIES
from heartsay.labels import LabelSpace
from heartsay.media import Signals
from heartsay.runtime import ModalityExperts
from heartsay.runtime.bundle import cores
from heartsay.runtime.experts import Expert, ExpertReading

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SHOWN = {"voice": "heard", "face": "emotion"}
"""The head of an expert that is shown: of a voice what listeners would hear, not what was acted."""

KIND = "readings of each modality by itself, Jensen-Shannon divergence"
DIGITS = 4

NOTHING_RECORDED = {"voice": "no sound of this utterance", "face": "no face in this utterance"}


@dataclass(frozen=True)
class BesideReading:
    """What experts say of the T utterances of a conversation, in the C emotions of its analysis.

    Attributes:
        distributions: calibrated, by modality, (T, C); rows of NaN where nothing is said.
        notes: why nothing is said of a modality, or what is doubtful, by its name, for each utterance.
        nameable: which emotions a modality's expert has a word for, (C,).
        warnings: about the whole.
        face_detector: as of the signals.
    """

    distributions: Mapping[str, FloatArray]
    notes: Sequence[Mapping[str, str]]
    nameable: Mapping[str, BoolArray]
    warnings: tuple[str, ...] = ()
    face_detector: str | None = None


def read_beside(
    experts: ModalityExperts, signals: Signals, labels: LabelSpace, utterances: int
) -> BesideReading:
    """What each expert says of what was recorded.

    Args:
        experts: which there are.
        signals: of every utterance, or none at all.
        labels: emotions of the analysis.
        utterances: how many there are.

    Raises:
        ValueError: signals of another number of utterances.
        ModelError: an expert gave numbers that are not finite.
    """
    given = {"voice": signals.voices, "face": signals.faces}
    known = {modality: signals.notes.get(modality, {}) for modality in given}
    distributions: dict[str, FloatArray] = {}
    nameable: dict[str, BoolArray] = {}
    notes: list[dict[str, str]] = [{} for _ in range(utterances)]
    warnings = list(signals.warnings)
    for modality, parts in given.items():
        if not parts:
            for t, why in known[modality].items():
                notes[t][modality] = f"not read: {why}"
            continue
        if len(parts) != utterances:
            raise ValueError(f"{len(parts)} utterances with a {modality}, of {utterances}")
        expert = experts.experts.get(modality)
        if expert is None:
            warnings.append(f"the {modality} was not read: no expert of the {modality} is installed")
            continue
        carry = carried(expert.labels, labels)
        nameable[modality] = carry.sum(axis=0) > 0
        rows = np.full((utterances, len(labels)), np.nan)
        for t, found in enumerate(_readings(expert, parts)):
            said = found.probabilities.get(SHOWN[modality])
            if said is None:
                why = found.abstained or ""
                if why == NOTHING_RECORDED[modality]:
                    why = known[modality].get(t, why)
                notes[t][modality] = f"not read: {why}"
                continue
            there = said @ carry
            rows[t] = there / there.sum()
            told = (known[modality].get(t), found.note, _doubt(expert, said, carry))
            if doubts := [doubt for doubt in told if doubt]:
                notes[t][modality] = "; ".join(doubts)
        distributions[modality] = rows
    return BesideReading(distributions, notes, nameable, tuple(warnings), signals.face_detector)


def carried(own: LabelSpace, labels: LabelSpace) -> FloatArray:
    """How each label of an expert spreads over those of an analysis; a row of zeros where it cannot."""
    weights = np.zeros((len(own), len(labels)))
    for name, shares in own.shares_in(labels).items():
        for target, share in shares.items():
            weights[own.index(name), labels.index(target)] = share
    return weights


def conflict_of(
    distributions: Mapping[str, FloatArray],
    nameable: Mapping[str, BoolArray],
    fitted: ConflictCalibration | None,
    label: int,
) -> Conflict | None:
    """How far the modalities of one utterance disagree; None where fewer than two were read.

    Args:
        distributions: of each modality that was read, (C,).
        nameable: which emotions it could name, (C,).
        fitted: curves of pairs.
        label: index of the emotion that is decided for.
    """
    names = [name for name in MODALITIES if name in distributions]
    if len(names) < 2:
        return None
    pairs = [_pair(one, two, distributions, nameable, fitted) for one, two in combinations(names, 2)]
    pairs.sort(key=lambda pair: (-1.0 if pair.probability is None else pair.probability, pair.score))
    pairs.reverse()
    first = pairs[0]
    support = sorted(((float(distributions[name][label]), name) for name in names), reverse=True)
    return Conflict(
        kind=KIND,
        score=first.score,
        modalities=first.modalities,
        probability=first.probability,
        flagged=None if first.probability is None else first.probability >= FLAG,
        follows=support[0][1],
        follows_by=round(support[0][0] - support[1][0], DIGITS),
        pairs=pairs,
    )


def _pair(
    one: str,
    two: str,
    distributions: Mapping[str, FloatArray],
    nameable: Mapping[str, BoolArray],
    fitted: ConflictCalibration | None,
) -> PairOfModalities:
    first, second = distributions[one][None], distributions[two][None]
    curve = None if fitted is None else fitted.of(one, two)
    shared = nameable[one] & nameable[two]
    probability = None
    if curve is not None and shared.any():
        probability = round(float(curve.probability(first, second, shared)[0]), DIGITS)
    score = round(float(divergence(first, second)[0]), DIGITS)
    return PairOfModalities(modalities=[one, two], score=score, probability=probability)


def modality_models(
    experts: ModalityExperts, beside: BesideReading, labels: LabelSpace
) -> list[ModalityModel]:
    """The experts that read, as a document names them."""
    return [
        ModalityModel(
            modality=name,
            model=ModelStamp(name=expert.name, version=expert.version, sha256=expert.sha256),
            cannot_name=[label for label, can in zip(labels, beside.nameable[name], strict=True) if not can],
            moves_decision=False,
            face_detector=beside.face_detector if name == "face" else None,
        )
        for name, expert in experts.experts.items()
        if name in beside.distributions
    ]


def conflict_fits(fitted: ConflictCalibration | None, hashes: Mapping[str, str]) -> list[ConflictFit]:
    """What probabilities between modalities that were read rest on.

    Args:
        fitted: curves of pairs.
        hashes: of the model that read each modality, by its name.
    """
    used = [p for p in (() if fitted is None else fitted.pairs) if set(p.modalities) <= set(hashes)]
    return [_fit(pair, hashes) for pair in used]


def _fit(pair: PairConflict, hashes: Mapping[str, str]) -> ConflictFit:
    return ConflictFit(
        modalities=list(pair.modalities),
        fitted_on=pair.fitted_on,
        utterances=pair.utterances,
        conflicts=pair.conflicts,
        same_readers=pair.readers == tuple(hashes[name] for name in pair.modalities),
    )


def _readings(expert: Expert, parts: Sequence[object]) -> Iterator[ExpertReading]:
    """What an expert says of each part, in order, several at a time, each on one core."""

    def read(part: object) -> ExpertReading:
        if expert.modality == "face":
            return _of_faces(expert, part)  # type: ignore[arg-type]
        return _nothing(expert) if part is None else expert.read_voice(part.samples, part.rate)  # type: ignore[attr-defined]

    with ThreadPoolExecutor(cores(), thread_name_prefix="heartsay-experts") as pool:
        # By number, so that a part is in memory only while it is read.
        yield from pool.map(lambda number: read(parts[number]), range(len(parts)))


def _nothing(expert: Expert) -> ExpertReading:
    return ExpertReading({}, {}, NOTHING_RECORDED[expert.modality])


def _of_faces(expert: Expert, faces: Sequence[NDArray[np.uint8]]) -> ExpertReading:
    """The mean reading of those faces that could be read."""
    every = [expert.read_face(face) for face in faces]
    read = [found for found in every if found.abstained is None]
    if not read:
        return every[0] if every else _nothing(expert)
    return ExpertReading(
        {h: np.mean([r.probabilities[h] for r in read], 0) for h in read[0].probabilities}, {}
    )


def _doubt(expert: Expert, said: FloatArray, carry: FloatArray) -> str:
    """What is doubtful about a reading, in words; nothing where nothing is."""
    rule, top = expert.calibration[SHOWN[expert.modality]].abstention, int(said.argmax())
    why = []
    if not carry[top].any():
        why.append(f"most likely {expert.labels.names[top]}, which is none of the emotions of this analysis")
    if not said[top] > rule.threshold:
        why.append(
            f"left open: confidence {said[top]:.1%} is not over {rule.threshold:.1%}, the mark above which at"
            f" most {rule.risk:.0%} of its readings are wrong"
        )
    return "; ".join(why)
