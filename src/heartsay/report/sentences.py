"""What the numbers of an analysis and of a card mean, each in one plain sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from heartsay.analysis import Analysis, FalseDiscoveryControl
from heartsay.card import Card, Reliability, RiskCoverage
from heartsay.conversation import UNKNOWN_SPEAKER
from heartsay.labels import EMOTIONS
from heartsay.report.spacing import clock_text

METRICS: dict[str, tuple[str, str]] = {
    "weighted_f1": (
        "Emotion, weighted F1",
        "How well all emotions are recognised, common ones counting more.",
    ),
    "accuracy": ("Emotion, accuracy", "How many of 100 utterances get the right emotion."),
    "accepted": ("Emotion, readings kept", "How many of 100 readings are not left open."),
    "accepted_accuracy": ("Emotion, accuracy of those kept", "How many of 100 kept readings are right."),
    "macro_f1": ("Emotion, macro F1", "How well all emotions are recognised, rare ones counting as much."),
    "ece": (
        "Emotion, calibration error",
        "How far stated and real confidence lie apart on average; 0 is best.",
    ),
    "aurc": ("Emotion, area under risk-coverage", "The error left when the unsure are set aside; 0 is best."),
    "coverage": ("Emotion sets, coverage", "How often the set of likely emotions holds the true one."),
    "mean_set_size": ("Emotion sets, mean size", "How many emotions such a set names on average."),
    "pair_f1": ("Causes, pair F1", "How well the true causes are found without false ones."),
    "pair_precision": ("Causes, precision", "How many of 100 stated causes are true ones."),
    "pair_recall": ("Causes, recall", "How many of 100 true causes are found."),
    "pair_auprc": ("Causes, area under precision-recall", "How well causes are ranked above what is none."),
    "pair_ece": (
        "Causes, calibration error",
        "How far stated and real confidence lie apart on average; 0 is best.",
    ),
}
"""Name and meaning of the metrics a card may hold, in the order they are shown."""

LIMITS = (
    "It was trained on acted American television. Everyday talk, other varieties of English, other "
    "cultures, children, old people and people with a speech or language impairment may be misread, and "
    "the stated confidence may then not hold.",
    "It reads what was said, not what was felt: irony, politeness and silence mislead it.",
    "Nothing left the machine that made this page, and the page itself loads and sends nothing.",
    "In the European Union it is forbidden to infer emotions of people at work or in education, "
    "except for medical or safety reasons (AI Act, Article 5(1)(f)).",
)
"""What every report says about itself, whatever its model."""

_ROUNDING = 0.005
"""By how much what is shown in percent may be off."""


def summary(analysis: Analysis) -> str:
    """Who speaks, how much, and how much of it is left open."""
    utterances = analysis.utterances
    speakers = list(dict.fromkeys(u.speaker for u in utterances))
    if not utterances:
        return "This conversation holds no utterances."
    if speakers == [UNKNOWN_SPEAKER]:
        who = "Speaker unknown"
    elif len(speakers) <= 4:
        who = enumerate_names(speakers)
    else:
        who = f"{enumerate_names(speakers[:3])}, and {len(speakers) - 3} more"
    starts = [u.start for u in utterances if u.start is not None]
    ends = [u.end for u in utterances if u.end is not None]
    # An excerpt need not begin at 0; where no beginning is known, nor is how long it lasts.
    lasted = max(ends) - min(starts) if starts and ends else -1.0
    lasting = f" over {clock_text(lasted)}" if lasted >= 0 else ""
    opening = f"{who}: {count(len(utterances), 'utterance')}{lasting}."
    left_open = sum(u.emotion.abstain for u in utterances)
    if not left_open:
        return f"{opening} None is left open."
    if left_open == len(utterances):
        return f"{opening} All are left open for a person to judge."
    verb = "is" if left_open == 1 else "are"
    return (
        f"{opening} {len(utterances) - left_open} read, {left_open} {verb} left open for a person to judge."
    )


def decision_sentence(analysis: Analysis) -> str:
    """How labels that are not the most probable emotion came about; nothing where there is none."""
    rarer = sum(
        e.label is not None and e.distribution.get(e.label, 1.0) < max(e.distribution.values())
        for e in (u.emotion for u in analysis.utterances)
    )
    if not rarer:
        return ""
    return (
        f"{count(rarer, 'utterance')} {'is' if rarer == 1 else 'are'} named after a rarer emotion that comes "
        "near the most probable one, which stands first in the set. The percentage is that of the one named."
    )


def listed_sentence(analysis: Analysis) -> str:
    """Of which utterances causes are listed, and what is promised of them."""
    if analysis.false_discovery_control is not None:
        return control_sentence(analysis.false_discovery_control)
    if not any(u.emotion.feeling for u in analysis.utterances):
        return ""
    return "Causes are listed only where a feeling is found."


def control_sentence(control: FalseDiscoveryControl) -> str:
    """What is promised of the causes that are listed, and what is not."""
    return (
        f"Causes are listed so that of a conversation’s at most {100 * control.rate:g}% are expected to be "
        f"wrong, by conformal risk control over {control.calibration_conversations} development "
        "conversations. That holds on average over conversations like those, not for each one, and not for "
        "other talk."
    )


def reliability_sentence(diagram: Reliability, noun: str) -> str:
    """What the best filled of the confident bins promised, and what came true."""
    filled = [b for b in diagram.bins if b.count and b.accuracy is not None]
    if not filled:
        return "Nothing was counted."
    best = max([b for b in filled if b.lower >= 0.5] or filled, key=lambda b: b.count)
    return (
        f"Of {best.count:,} {noun} stated with {100 * best.lower:.0f} to {100 * best.upper:.0f}% confidence, "
        f"{100 * (best.accuracy or 0):.0f}% were right."
    )


def risk_sentence(curve: RiskCoverage) -> str:
    """What setting the unsurer half aside does to the error rate."""
    if not curve.points:
        return "Nothing was measured."
    whole = curve.points[-1]
    half = min(curve.points, key=lambda p: abs(p.coverage - 0.5))
    everything = f"Of all readings {100 * whole.risk:.0f}% are wrong"
    if half.risk >= whole.risk:
        return f"{everything}, and the surer ones are wrong no less often."
    surest = f"of the surest {100 * half.coverage:.0f}% of them only {100 * half.risk:.0f}% are"
    return f"{everything}; {surest}."


def floor_sentence(card: Card) -> str:
    """The first floor that the model is compared with, and what the model reaches above it."""
    for floor in card.floors:
        reached = card.metrics.get(floor.split, {}).get(floor.metric)
        if reached is not None:
            name = METRICS.get(floor.metric, (floor.metric, ""))[0]
            return (
                f"A method that has learnt nothing ({floor.name}) reaches {floor.value:.1f} on “{name}”; "
                f"this model reaches {reached:.1f}."
            )
    return "What a method that has learnt nothing would reach, beside what this model reaches."


def compared_splits(card: Card) -> list[str]:
    """The splits whose metrics are shown beside the floors: test splits, where the card has any."""
    return [split for split in card.metrics if split.endswith("/test")] or list(card.metrics)


def context_sentence(analysis: Analysis) -> str:
    """What the small bars of what moved a reading mean, or that it was not computed."""
    if len(analysis.utterances) < 2:
        return ""
    told = sum(any(change is not None for _, change in u.moved_by) for u in analysis.utterances)
    if not told:
        return (
            "What the turns around an utterance did to its reading was not computed here: it is left out of "
            "long conversations, and of any with --evidence never. heartsay analyze --evidence always "
            "computes it."
        )
    meaning = (
        "“Without own turns −0.12” (under “Figures”) means: with the speaker’s own other turns taken away, "
        "the confidence falls by 0.12, so those turns supported the reading."
    )
    if told == len(analysis.utterances):
        return meaning
    return f"{meaning} It is known of {told:,} of {len(analysis.utterances):,} utterances."


def feeling_sentence(analysis: Analysis) -> str:
    """That a feeling and neutral need not make 100%, where they do not."""
    told = (u.emotion for u in analysis.utterances if u.emotion.feeling is not None)
    by_itself = any(
        abs(e.feeling.probability + e.distribution.get("neutral", 0.0) - 1.0) > _ROUNDING
        for e in told
        if e.feeling is not None
    )
    return (
        "How likely a feeling is was calibrated by itself: with neutral it need not make 100%."
        if by_itself
        else ""
    )


def open_counts(analysis: Analysis) -> dict[str, int]:
    """How many utterances are left open, by the label that comes first for them."""
    opened = (u.emotion.label for u in analysis.utterances if u.emotion.abstain)
    return dict(Counter(label for label in opened if label is not None))


def emotion_counts(analysis: Analysis) -> dict[str, int]:
    """How many utterances read as each label, the known ones in their usual order; none that is left open."""
    labels = (u.emotion.label for u in analysis.utterances if not u.emotion.abstain)
    found = Counter(label for label in labels if label is not None)
    return {label: found[label] for label in (*EMOTIONS, *sorted(found.keys() - set(EMOTIONS)))}


def counts_in_words(counts: Mapping[str, int]) -> str:
    """The three most frequent labels: `neutral 7, joy 5, anger 3`."""
    ranked = sorted(((label, n) for label, n in counts.items() if n), key=lambda item: -item[1])
    return ", ".join(f"{label} {n:,}" for label, n in ranked[:3])


def count(number: int, noun: str) -> str:
    """`1 utterance`, `28 utterances`, `1,000 utterances`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def enumerate_names(names: list[str]) -> str:
    """`Ines, Theo and Mara`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
