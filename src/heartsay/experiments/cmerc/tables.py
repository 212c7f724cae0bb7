"""The page of results for people: the paper's Tables 2 to 7 on data at hand, from ``results.json`` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from heartsay.experiments.cmerc.methods import (
    ABLATIONS,
    BASE,
    CMERC,
    CONSTRAINTS,
    CONTRAST_WEIGHTS,
    DERIVED,
    HEADLINE,
    MODALITIES,
    PROTOCOLS,
    REMOVING,
    RIVALS,
)
from heartsay.experiments.cmerc.plan import (
    COMPOSED,
    FROZEN_VOICES,
    IEMOCAP,
    MELD,
    PRINCIPAL,
    PUBLISHED,
    VOICES,
)
from heartsay.experiments.cmerc.summary import closing, opening
from heartsay.experiments.report_tables import (
    Column,
    Content,
    Lines,
    Results,
    grid,
    means,
    of_seeds,
    published_cell,
    published_rows,
    section,
    spread,
)

TESTED = PROTOCOLS[1]

TITLES = {
    VOICES: "MELD with real voices (five folds over its development and test dialogues; text and voice)",
    FROZEN_VOICES: "MELD with real voices, frozen text encoder (for a quick look; text and voice)",
    COMPOSED: "the composed corpus (real words, voices and faces, **paired by rule**: no real conversations)",
    IEMOCAP: "IEMOCAP, from the published feature files",
    MELD: "MELD, from the published feature files",
}

REMOVALS = ("text", "voice", "face", "own_context", "other_context", "modalities", "contexts", "all")

UNCERTAIN = (
    ("base, edges", BASE, HEADLINE, "uncertain_share_edges"),
    ("base, edges, ties", BASE, HEADLINE, "tied_share_edges"),
    ("base, strict", BASE, HEADLINE, "uncertain_share_strict"),
    ("base, edges, **test-selected**", BASE, TESTED, "uncertain_share_edges"),
    ("CMERC, edges", CMERC, HEADLINE, "uncertain_share_edges"),
    ("CMERC, strict", CMERC, HEADLINE, "uncertain_share_strict"),
)
"""The lines of Table 2: how a line is called, whose it is, under which protocol, which column."""

ABLATED = (
    Column("weighted_f1", "W-F1"),
    Column("weighted_f1", "W-F1, **test-selected**", 2, TESTED, "weighted_f1"),
    Column("cel_edges", "CEL, edges", 0),
    Column("cel_edges", "CEL, edges, **test-selected**", 0, TESTED, "cel"),
    Column("cel_per_utterance_edges", "CEL per utterance, edges"),
    Column("cel_per_utterance_strict", "CEL per utterance, strict"),
    Column("expected_calibration_error", "ECE"),
)
"""The columns of Table 4."""

CALIBRATION = (
    Column("weighted_f1", "W-F1", published="weighted_f1"),
    Column("cel_edges", "CEL", 0, published="cel"),
    *(
        Column(metric, title, published=metric)
        for metric, title in {
            "expected_calibration_error": "ECE",
            "maximum_calibration_error": "MCE",
            "root_mean_square_calibration_error": "RMSCE",
            "weighted_one_vs_rest_auroc": "AUROC",
            "weighted_one_vs_rest_average_precision": "AUPRC",
        }.items()
    ),
)
"""The columns of Tables 5 and 6."""

BEYOND = (
    Column("cel_per_utterance_edges", "CEL per utterance, edges"),
    Column("cel_per_utterance_strict", "CEL per utterance, strict"),
    Column("aurc", "AURC"),
    Column("misclassification_auroc", "AUROC of being right"),
    Column("adaptive_calibration_error", "adaptive ECE"),
    Column("negative_log_likelihood", "likelihood loss"),
    Column("coverage", "coverage of 90% sets"),
    Column("mean_set_size", "set size"),
)
"""What the paper does not report."""

REMOVED = (
    Column("weighted_f1", "W-F1"),
    Column("weighted_f1", "W-F1, **test-selected**", 2, TESTED, "weighted_f1"),
    Column("cel_edges", "CEL, edges", 0, published="cel"),
    Column("cel_per_utterance_edges", "CEL per utterance, edges"),
)
"""The columns of Table 7."""


def page(content: Content) -> str:
    """The page, in Markdown, of what ``results.json`` holds."""
    results = Results(content)
    lines = [*opening(content, results), *_floors(content)]
    for corpus in content["scope"]["corpora"]:
        lines += [f"## On {TITLES.get(corpus, corpus)}", ""]
        for table in (_uncertain, _missing, _ablations, _rivals, _backbones, _removals):
            lines += table(content, results, corpus)
    return "\n".join([*lines, *closing(content)]).rstrip() + "\n"


def _floors(content: Content) -> Lines:
    """What knows no context, before anything that does."""
    titles = ("corpus", "model", "of", "W-F1 (splits)")
    return section(
        "## First, what is easy",
        "Weighted F1 on test utterances: without learning, and from single utterances alone.",
        means(content["floors"], ("corpus", "model", "method"), ("weighted_f1",), titles),
    )


def _uncertain(content: Content, results: Results, corpus: str) -> Lines:
    absent = {"text", "voice", "face"} - set(MODALITIES.get(corpus, REMOVALS))
    names = [name for name in REMOVALS if name not in absent]
    table = [
        _published(row, [f"uncertain_share.{name}" for name in names], "published")
        for row in _paper("2", corpus)
    ]
    for model in content["scope"]["backbones"]:
        for title, method, protocol, column in UNCERTAIN:
            key = (corpus, model, method, protocol)
            table.append([model, title, *(results.cell(key, f"{column}.{name}", 1) for name in names)])
    return section(
        "### Table 2: uncertain shares",
        "Share of test utterances (%) whose gold class gets likelier when something is taken away; columns\n"
        "`modalities`, `contexts` and `all` are unions. What stays exactly as likely is counted apart.",
        grid(("backbone", "reading", *names), table),
    )


def _missing(content: Content, results: Results, corpus: str) -> Lines:
    rows = [row for row in content["missing_rates"] if row["corpus"] == corpus]
    rates = sorted({float(row["rate"]) for row in rows} or {0.0})
    table = [
        _published(row, [f"weighted_f1_at_{rate:g}" for rate in rates], "base, published")
        for row in _paper("3", corpus)
    ]
    for model in (m for m in content["scope"]["backbones"] if m in PRINCIPAL):
        for method in (BASE, CMERC, *content["scope"]["ours"]):
            own = [r for r in rows if (r["model"], r["method"]) == (model, method)]
            by_rate = [[r["weighted_f1"] for r in own if r["rate"] == rate] for rate in rates]
            seeds = results.planned.get((corpus, model, method), 0)
            table.append([model, method, *(spread(values, seeds) for values in by_rate)])
    return section(
        "### Table 3: when cells go missing",
        "Weighted F1 when each cell, one modality of one utterance, is missing with a probability; mean of\n"
        "ten draws, the same for every model.",
        grid(("backbone", "method", *(f"{rate:g}" for rate in rates)), table),
    )


def _ablations(content: Content, results: Results, corpus: str) -> Lines:
    keys = [
        (corpus, model, method, HEADLINE)
        for model in _models_with(content, results, corpus, ABLATIONS[0])
        for method in (BASE, CMERC, *ABLATIONS)
    ]
    table = [_published(row, [c.published for c in ABLATED]) for row in _paper("4", corpus)]
    table += [results.line(key, ABLATED) for key in keys]
    lines = section(
        "### Table 4: what each part of CMERC does",
        "Lines called `quoted` are those that the paper takes over from others, without a run of its own.",
        grid(_header(ABLATED), table),
    )
    done = [key for key in keys if key in results.by_key]
    if not done:
        return lines
    classes = list(results.by_key[done[-1]][0]["per_class_f1"])
    metrics = [f"per_class_f1.{name}" for name in classes]
    per_class = [[*key[1:3], *(results.cell(key, metric, 1) for metric in metrics)] for key in done]
    classes_of = corpus if corpus in PUBLISHED.corpora else MELD
    for row in published_rows("4"):
        if row["corpus"] == classes_of and any(metric in row["values"] for metric in metrics):
            per_class.insert(0, _published(row, metrics))
    lines += ["F1 by emotion, development-selected:", ""]
    return lines + grid(("backbone", "method", *classes), per_class)


def _rivals(content: Content, results: Results, corpus: str) -> Lines:
    methods = [BASE, *DERIVED, *RIVALS, CMERC, *content["scope"]["ours"]]
    keys = [
        (corpus, model, method, HEADLINE)
        for model in _models_with(content, results, corpus, RIVALS[-1])
        for method in methods
        if method in results.methods(corpus, model)
    ]
    table = [_published_calibration(row) for row in _paper("5", corpus)]
    table += [_calibration(results, (*key[:3], protocol)) for key in keys for protocol in PROTOCOLS]
    return [
        "### Table 5: against the rivals",
        "",
        *grid(_header(CALIBRATION, "epoch chosen on"), table),
        "What the paper does not report, development-selected:",
        "",
        *grid(_header(BEYOND), [results.line(key, BEYOND) for key in keys]),
    ]


def _backbones(content: Content, results: Results, corpus: str) -> Lines:
    methods = (BASE, CMERC)
    published = (*_paper("6", corpus), *_paper("5", corpus))
    table = [_published_calibration(row) for row in published if row["method"] in methods]
    table += [
        _calibration(results, (corpus, model, method, protocol))
        for model in content["scope"]["backbones"]
        for protocol in PROTOCOLS
        for method in methods
    ]
    title = "### Table 6: every backbone without and with CMERC"
    return [title, "", *grid(_header(CALIBRATION, "epoch chosen on"), table)]


def _removals(content: Content, results: Results, corpus: str) -> Lines:
    table = [_published(row, [c.published for c in REMOVED]) for row in _paper("7", corpus)]
    weights: list[Sequence[str]] = []
    seeds = content["scope"]["sweep_seeds"]
    same = of_seeds(content, seeds)
    for model in content["scope"]["backbones"]:
        methods = results.methods(corpus, model)
        swept = any(method.startswith(REMOVING) for method in methods)
        for method in methods:
            line = same.line((corpus, model, method, HEADLINE), REMOVED)
            if method.startswith(REMOVING) or (swept and method in (BASE, CMERC)):
                table.append(line)
            if method in CONSTRAINTS or method in CONTRAST_WEIGHTS:
                weights.append(line)
    lines = section(
        "### Table 7: which removals CMERC compares",
        "Named are the removals of one kind that are used; of the other kind, all are. Our lines are of\n"
        f"seeds {', '.join(map(str, seeds))} alone.",
        grid(_header(REMOVED), table),
    )
    if weights:
        lines += ["Other weights of one part (Figure 8):", "", *grid(_header(REMOVED), weights)]
    return lines


def _paper(table: str, corpus: str) -> list[dict[str, Any]]:
    """The published rows to set beside a corpus: its own, or for one that the paper does not have all."""
    rows = published_rows(table)
    return [row for row in rows if row["corpus"] == corpus] if corpus in PUBLISHED.corpora else rows


def _models_with(content: Content, results: Results, corpus: str, method: str) -> Iterator[str]:
    return (m for m in content["scope"]["backbones"] if method in results.methods(corpus, m))


def _header(columns: Sequence[Column], *between: str) -> list[str]:
    return ["backbone", "method", *between, *(column.title for column in columns)]


def _published(row: Mapping[str, Any], metrics: Sequence[str | None], method: str | None = None) -> list[str]:
    """A line of published numbers; the paper's method unless the line is called otherwise."""
    named = f"*{row['model']}, {row['corpus'].upper()}, published*"
    return [named, method or row["method"], *(published_cell(row, metric) for metric in metrics)]


def _published_calibration(row: Mapping[str, Any]) -> list[str]:
    model, method, *cells = _published(row, [column.published for column in CALIBRATION])
    return [model, f"{method} †" if row.get("note") else method, "test", *cells]


def _calibration(results: Results, key: tuple[str, str, str, str]) -> list[str]:
    model, method, *cells = results.line(key, CALIBRATION)
    return [model, method, "development" if key[3] == HEADLINE else "**test**", *cells]
