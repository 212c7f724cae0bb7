"""A few runs of the real kind on tiny corpora, and the results made from them, for the tests of this room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.dummies.evidence import WIDTHS, feature_corpus

from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.experiments.cmerc import work
from heartsay.experiments.cmerc.methods import BASE, CMERC, OUR_METHOD, WITHOUT_CURRICULUM
from heartsay.experiments.cmerc.plan import COMPOSED, VOICES, Scope
from heartsay.experiments.cmerc.study import CmercStudy
from heartsay.experiments.feature_corpora import fold_of
from heartsay.experiments.study import Place, Run, do_run, reproduce
from heartsay.progress import Report, silent

SCOPE = Scope(
    seeds=(1, 2),
    sweep_seeds=(1,),
    corpora=(VOICES, COMPOSED),
    backbones=("dialogue-rnn", "m3net"),
    methods=(BASE, CMERC, OUR_METHOD, "cml", WITHOUT_CURRICULUM),
    members=2,
    sweeps=True,
)

DONE = (
    *((VOICES, "m3net", BASE, seed) for seed in (1, 2, 101, 102)),
    *((VOICES, "m3net", CMERC, seed) for seed in (1, 2)),
    *((VOICES, "m3net", OUR_METHOD, seed) for seed in (1, 2)),
    (VOICES, "m3net", WITHOUT_CURRICULUM, 1),
    (VOICES, "m3net", "base-defective-focal", 1),
    (VOICES, "m3net", "cmerc-constraint-3", 1),
    (VOICES, "m3net", "cmerc-removing-text", 1),
    *((VOICES, "dialogue-rnn", BASE, seed) for seed in (1, 2)),
    (COMPOSED, "m3net", BASE, 1),
    (COMPOSED, "m3net", CMERC, 1),
)
"""What was done before somebody interrupted."""


class Made(NamedTuple):
    content: dict[str, Any]
    results: Path
    study: CmercStudy
    place: Place
    messages: list[str]


def tiny(name: str, cache: Path, *, fold: int | None, seed: int, report: Report = silent) -> EvidenceCorpus:
    """In place of a corpus of that name: as many modalities, and other conversations in every fold."""
    widths = {m: w for m, w in WIDTHS.items() if name == COMPOSED or m != "face"}
    corpus = feature_corpus((8, 6, 6), (2, 6), widths=widths, seed=10 * (fold or 0))
    renamed = {
        split: tuple(replace(c, id=f"{name}-{fold}-{c.id}") for c in conversations)
        for split, conversations in corpus.splits.items()
    }
    return replace(corpus, name=name, splits=renamed, composed=name == COMPOSED, facts={"text": "made up"})


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("cmerc")
    place = Place(root / "work", root / "cache", 2)
    study = CmercStudy(place, SCOPE)
    messages: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "load_feature_corpus", tiny)
        work._corpus.cache_clear()
        for corpus, model, method, seed in DONE:
            run = Run(corpus, model, method, seed, fold_of(corpus, seed))
            assert do_run(study, run) is None, run
        content = reproduce(
            study, root / "results", workers=0, report=lambda row: messages.append(row["message"])
        )
    work._corpus.cache_clear()
    return Made(content, root / "results", study, place, messages)
