"""The page for people, generated from the rows for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heartsay.experiments.mecec.plan import ARMS, HEADLINE, METRIC, PART, RIVAL, TUNED
from heartsay.experiments.report_tables import (
    ABSENT,
    UNDEFINED,
    Content,
    Lines,
    Row,
    grid,
    grouped,
    mean_and_deviation,
    runs_done,
)
from heartsay.metrics.sentences import PARTS

SHOWN = ("BLEU4", "ROUGE-L", "CIDEr", "METEOR", "BERTScore", "BLEURT")


def page(content: Content) -> str:
    """Markdown from what ``results.json`` holds."""
    counts = content["corpus"]
    lines = [
        "# Explanations in words",
        "",
        "Generated from `results.json`. ECEM's clips of MELD's training dialogues for training "
        f"({counts['train']:,}) and development ({counts['dev']:,}), those of MELD's test dialogues for test "
        f"({counts['test']:,}); no dialogue and no scene is in two parts. The emotion is given, as the task "
        "has it. " + runs_done(content) + (" A quick look: no language model." if content["quick"] else ""),
        "",
        "Most references begin alike, so every score is given three times: of the *whole* sentence, with its "
        'first words stripped ("The reason she"), and of the *reason alone*. The first three arms say '
        "nothing of the clip: what does not beat them means nothing.",
        "",
    ]
    if content["earlier"]:
        arms = "; ".join(ARMS[method].title for method in content["earlier"])
        lines += [
            f"**Made with earlier settings** of what they train or read: {arms}. "
            "`heartsay reproduce mecec --go-on` makes them anew.",
            "",
        ]
    people = {row["protocol"]: row for row in content["people"]}
    for part, title in (("test", "Test part"), ("dev", "Development part")):
        rows = [row for row in content["rows"] if row["protocol"] == part]
        if rows:
            lines += [f"## {title}", "", *_scores(rows), *_grounds(rows, people[part]), *_notes(rows)]
    lines += (
        _tuned(content)
        + _removed(content["removal"])
        + _told(content["rows"])
        + _faces(content["faces"])
        + _compared(content["comparisons"])
        + _implementations(content)
    )
    return "\n".join(lines).rstrip() + "\n"


def _scores(rows: Sequence[Row]) -> Lines:
    table = []
    for (method,), found in grouped(rows, ("method",)).items():
        for scored, title in (("scores", "all"), ("whole", "whole references")):
            line = [ARMS[method].title if scored == "scores" else "", title]
            for metric in SHOWN[:3]:
                line += [_cell([row[scored][metric][part] for row in found]) for part in PARTS]
            table.append(line)
    head = ["arm", "clips", *(f"{metric}, {part}" for metric in SHOWN[:3] for part in PARTS)]
    lines = grid(head, table)
    further = [m for m in SHOWN[3:] if any(row["scores"][m]["whole"] is not None for row in rows)]
    if further:
        body = [
            [ARMS[method].title, *(_cell([r["scores"][m][p] for r in found]) for m in further for p in PARTS)]
            for (method,), found in grouped(rows, ("method",)).items()
        ]
        lines += [*grid(["arm", *(f"{m}, {p}" for m in further for p in PARTS)], body)]
    return lines


def _grounds(rows: Sequence[Row], people: Row) -> Lines:
    table = [
        ["*what people wrote*", "all it could see", *_supported([people["grounded"]]), ABSENT, *[ABSENT] * 3],
        ["*always the utterance itself*", ABSENT, *[ABSENT] * 4, *_causes([people["itself"]])],
    ]
    for (method,), found in grouped(rows, ("method",)).items():
        arm = ARMS[method]
        table.append(
            [
                arm.title,
                "what it cites" if arm.cites else "all it could see",
                *_supported([row["grounded"] for row in found if row["grounded"]]),
                _percent([row["quoted"] for row in found]) if arm.cites else ABSENT,
                *_causes([row["causes"] for row in found if row["causes"]]),
            ]
        )
    head = ["arm", "held against", "words supported", "claims supported", "sentences wholly", "that quote"]
    head += ["first cause right", "precision of causes", "recall of causes"]
    about = (
        "Groundedness in percent: content words and claims of the sentence that the talk supports, word by "
        "word; what is quoted is supported and makes no claim. People write in words of their own, so that "
        "little of theirs is supported by this measure. Causes are compared with ECF's pairs through its map "
        "to MELD, over the clips that have any."
    )
    return [about, "", *grid(head, table)]


def _supported(known: Sequence[Row]) -> Lines:
    return [_percent([g[name] for g in known]) for name in ("words", "claims", "whole")]


def _causes(known: Sequence[Row]) -> Lines:
    return [_percent([c[name] for c in known]) for name in ("hit", "precision", "recall")]


def _notes(rows: Sequence[Row]) -> Lines:
    """What became of sentences, where something did."""
    told = []
    for (method,), found in grouped(rows, ("method",)).items():
        for note in sorted({note for row in found for note in row["notes"]}):
            shares = [row["notes"].get(note, 0) / row["clips"] for row in found]
            told.append([ARMS[method].title, note, _percent(shares)])
    return grid(["arm", "of its sentences", "percent"], told) if told else []


def _tuned(content: Content) -> Lines:
    """How the language model was tuned, and by how many seeds, where it was."""
    seeds = {row["seed"] for row in content["rows"] if row["method"] == TUNED}
    if not seeds:
        return []
    used = content["language"]
    layers = "all layers" if used["layers"] is None else f"the last {used['layers']} layers"
    return [
        "## The language model",
        "",
        "SmolLM2-135M-Instruct, told the emotion, the statement and the "
        f"{used['context']} utterances before it. Low-rank maps (rank {used['rank']}) beside the queries and "
        f"values of {layers} learnt the whole references of training clips, at a rate of "
        f"{used['learning_rate']:g}; passes over them: {used['epochs']}. Seeds: {len(seeds)} of "
        f"{len(ARMS[TUNED].seeds)}; `heartsay reproduce mecec` does those that are missing. Arms *of a "
        "third* learnt from the clips of a third of the training conversations, once each, and are to be "
        "compared with one another alone. *Misheard* words are made up: about every fifth is lost, added or "
        "another one that sounds alike, without capitals and stops. *As it came*, it is asked in the turns "
        "of talk that it was made for.",
        "",
    ]


def _removed(removed: Row | None) -> Lines:
    if not removed:
        return []
    return [
        "## The cause taken away",
        "",
        f"In the main job, of {removed['explanations']:,} explanations that cite another utterance, "
        f"{100 * removed['changed']:.1f}% change when the surest of these is taken away and the conversation "
        f"is analysed anew ({removed['of']}); they name their causes, so they must. Where an utterance that "
        f"they do not cite is taken away instead, the nearest before, {_share(removed['changed_otherwise'])} "
        "do.",
        "",
    ]


def _told(rows: Sequence[Row]) -> Lines:
    """What becomes of a language model's sentences without the cause."""
    known = [row["removal"] for row in rows if row["removal"] and row["removal"]["clips"]]
    if not known:
        return []
    clips = "/".join(str(found["clips"]) for found in known)
    without, other, same = (
        _percent([found[name] for found in known])
        for name in ("changed", "changed_otherwise", "changed_by_nothing")
    )
    return [
        f"The tuned language model was asked again about {clips} test clips for which gold causes are known: "
        f"without one that it had been told, {without}% of its sentences change; without another utterance "
        f"that it had been told, {other}% do; with nothing taken away, in other batches, {same}% do.",
        "",
    ]


def _faces(read: Row | None) -> Lines:
    """How well the faces are read that some arms are shown."""
    if not read:
        return []
    return [
        "## Faces",
        "",
        "No video of MELD is here. Clips are given faces of FER+, which show their emotion at the rate of "
        "the composed corpus and otherwise another one; they are *composed*, and what they add says nothing "
        f"of what faces in MELD's video would. DDAMFN, trained on FER+, reads {read['ddamfn']:.1f}% of its "
        f"{read['faces']:,} test faces as most people did (the commonest emotion: {read['commonest']:.1f}%; "
        f"the expert that is shipped: {read['shipped expert']:.1f}%); it has seen none of the faces that "
        "clips are given.",
        "",
    ]


def _compared(rows: Sequence[Row]) -> Lines:
    anew = [row for row in rows if row["resample_runs"]]
    if not anew:
        return []
    table = [
        [
            "**primary**" if row["primary"] else row["role"],
            f"{row['first']} against {row['second']}",
            row["metric"],
            f"{row['difference']:+.3f}",
            f"{row['low']:+.3f} to {row['high']:+.3f}",
            f"{row['p_holm']:.3f}",
        ]
        for row in anew
    ]
    about = (
        f"Paired bootstraps over dialogues and runs. Named beforehand: `{HEADLINE}` against `{RIVAL}` by "
        f"{METRIC}, {PART}."
    )
    head = ["", "arms", "metric", "difference", "95% interval", "p, Holm"]
    return ["## Compared with saying nothing", "", about, "", *grid(head, table)]


def _implementations(content: Content) -> Lines:
    table = [
        [row["metric"], row["implementation"], row["why"] or ABSENT] for row in content["implementations"]
    ]
    return ["## What computed the scores", "", *grid(["metric", "implementation", "not computed"], table)]


def _share(value: float | None) -> str:
    return UNDEFINED if value is None else f"{100 * value:.1f}%"


def _cell(values: Sequence[Any]) -> str:
    known = [float(value) for value in values if value is not None]
    if not known:
        return "not computed"
    of = f" ({len(known)} of {len(values)} runs)" if len(known) < len(values) else ""
    return mean_and_deviation(known, 3) + of


def _percent(values: Sequence[float]) -> str:
    return mean_and_deviation([100 * value for value in values], 1) if values else ABSENT
