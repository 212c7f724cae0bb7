"""What is measured of the sentences: against references, against the talk, and against gold causes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

from heartsay import corpora, metrics
from heartsay.conversation import Conversation
from heartsay.corpora.ecem import Ecem, Explained
from heartsay.experiments.comparisons import compare
from heartsay.experiments.mecec import told_removal
from heartsay.experiments.mecec.plan import ARMS, CORPUS, HEADLINE, METRIC, PART, RIVAL
from heartsay.experiments.mecec.scoring import Judges, score
from heartsay.experiments.mecec.work import load, rows_of
from heartsay.experiments.mecec.writers import Written
from heartsay.experiments.study import Place, Run
from heartsay.metrics.caption_scores import cider_each
from heartsay.metrics.groundedness import Groundedness, Statement, groundedness, shares
from heartsay.metrics.sentences import PARTS as OF_SENTENCES
from heartsay.metrics.sentences import tokenised

QUOTED = "“"
"""With which a quotation begins; what is quoted makes no claim of its own."""

SEEN_BEFORE = 4
"""Utterances before the explained one that count as what an arm without citations could rest on."""


def rows_of_run(
    run: Run, place: Place, data: Ecem, judges: Judges, parts: Sequence[str]
) -> list[dict[str, Any]]:
    """A row for each of some parts: scores of all clips and of those with whole references."""
    gold, arm = gold_causes(), ARMS[run.method]
    found = []
    for part in parts:
        items, written = rows_of(data, part), list(load(run, place, part))
        found.append(
            {
                **run.columns(),
                "protocol": part,
                "clips": len(items),
                "scores": by_name(items, written, judges),
                "whole": by_name(items, written, Judges(), lambda row: row.whole),
                "grounded": grounded(data, items, written, cites=arm.cites),
                "quoted": sum(QUOTED in row.text for row in written) / max(1, len(written)),
                "removal": told_removal.load(run, place),
                "notes": dict(Counter(row.note for row in written if row.note)),
                "causes": agreement(items, written, gold) if arm.cites else None,
            }
        )
    return found


def of_people(data: Ecem, part: str) -> dict[str, Any]:
    """What references have by the measures that need none, and causes if every clip were its own.

    What people wrote says how far a share of supported words or claims can be expected to go.
    """
    items = rows_of(data, part)
    theirs = [Written(row.clip, row.explanation) for row in items]
    own = [Written(row.clip, "", (row.utterance,)) for row in items]
    return {
        "protocol": part,
        "grounded": grounded(data, items, theirs, cites=False),
        "itself": agreement(items, own, gold_causes()),
    }


def cider_of_each(run: Run, place: Place, data: Ecem, part: str) -> dict[str, list[float]]:
    """CIDEr of each clip of a part, by what is scored of the sentence.

    How rare a word is, is counted once over all references, so that a resample changes the mean alone.
    """
    texts = [row.text for row in load(run, place, part)]
    wanted = [row.explanation for row in rows_of(data, part)]
    return {
        scored: [round(v, 5) for v in cider_each(tokenised(texts, scored), tokenised(wanted, scored))]
        for scored in OF_SENTENCES
    }


def by_name(
    items: Sequence[Explained],
    written: Sequence[Written],
    judges: Judges,
    keep: Callable[[Explained], bool] = lambda _: True,
) -> dict[str, dict[str, float | None]]:
    """Scores by metric and part of the sentence, of the clips that are kept."""
    kept = [k for k, row in enumerate(items) if keep(row)]
    found = score([written[k].text for k in kept], [items[k].explanation for k in kept], judges)
    by: dict[str, dict[str, float | None]] = {}
    for row in found:
        by.setdefault(row.metric, {})[row.part] = row.value
    return by


def grounded(
    data: Ecem, items: Sequence[Explained], written: Sequence[Written], *, cites: bool
) -> dict[str, float] | None:
    """Share of content words and of claims that what is cited supports; None where nothing is claimed.

    An arm that cites nothing is held against the utterance and those before it, which it could have cited.
    """
    found: list[Groundedness] = []
    for row, sentence in zip(items, written, strict=True):
        conversation = data.talk[row.conversation]
        ids = [u.id for u in conversation.utterances]
        place = ids.index(row.utterance)
        seen = list(sentence.cites) if cites else ids[max(0, place - SEEN_BEFORE) : place + 1]
        found.append(held_against(sentence.text, conversation, seen, place))
    return shares(found) if any(row.words for row in found) and any(row.claims for row in found) else None


def held_against(text: str, conversation: Conversation, seen: Collection[str], place: int) -> Groundedness:
    """How far some utterances of a conversation support a sentence about one of its speakers."""
    by_id = {u.id: Statement(u.speaker, u.text or "") for u in conversation.utterances}
    who = conversation.utterances[place].speaker
    everybody = {u.speaker for u in conversation.utterances}
    return groundedness(text, [by_id[name] for name in seen], [who], everybody)


@cache
def gold_causes(root: Any = None) -> dict[str, set[str]]:
    """Gold causes of MELD utterances by MELD id, through the map that ECF publishes."""
    found: dict[str, set[str]] = {}
    ids = corpora.ecf_to_meld(root)
    for split in corpora.ECF.splits:
        for conversation in corpora.load(corpora.ECF, split, root):
            for emotion, cause in conversation.pairs or ():
                felt, by = ids.get((conversation.id, emotion)), ids.get((conversation.id, cause))
                if felt is not None and by is not None:
                    found.setdefault(felt, set()).add(by)
    return found


def agreement(
    items: Sequence[Explained], written: Sequence[Written], gold: Mapping[str, set[str]]
) -> dict[str, float]:
    """How far what is cited agrees with gold causes, over the clips that have any.

    Returns:
        `clips` compared, `hit`, the share whose first citation is a gold cause, `precision` and `recall` of
        all citations.
    """
    both = [(w.cites, gold[i.utterance]) for i, w in zip(items, written, strict=True) if i.utterance in gold]
    right = sum(len(set(cited) & wanted) for cited, wanted in both)
    return {
        "clips": len(both),
        "hit": sum(bool(cited) and cited[0] in wanted for cited, wanted in both) / max(1, len(both)),
        "precision": right / max(1, sum(len(set(cited)) for cited, _ in both)),
        "recall": right / max(1, sum(len(wanted) for _, wanted in both)),
    }


def comparisons(
    each: Mapping[Run, Mapping[str, Sequence[float]]], group: Sequence[str]
) -> list[dict[str, Any]]:
    """Every finished arm against the best that says nothing of the clip, by CIDEr on a part.

    Args:
        each: CIDEr of each clip by what is scored of the sentence, of every finished run.
        group: the dialogue of each clip.
    """
    rivals = [run for run in each if run.method == RIVAL]
    found = []
    for method in dict.fromkeys(run.method for run in each if run.method != RIVAL and rivals):
        own = [run for run in each if run.method == method]
        paired = {
            f"{METRIC}, {scored}": [
                metrics.PairedRun(
                    group,
                    metrics.resampled_mean(each[run][scored]),
                    metrics.resampled_mean(each[rivals[0]][scored]),
                )
                for run in own
            ]
            for scored in OF_SENTENCES
        }
        role = "headline" if method == HEADLINE else "further"
        about = {"role": role, "corpus": CORPUS, "first": method, "second": RIVAL}
        found += [
            {**row, "primary": role == "headline" and row["metric"] == f"{METRIC}, {PART}"}
            for row in compare(about, paired)
        ]
    return found
