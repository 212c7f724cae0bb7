"""The settings under which each backbone was trained here, beside those it was published with."""

from __future__ import annotations

from collections.abc import Sequence

from heartsay.experiments.cmerc.plan import OUR_BACKBONE, VOICES
from heartsay.experiments.configurations import BASE, Parts, compose
from heartsay.experiments.feature_corpora import CROSS_VALIDATED
from heartsay.experiments.report_tables import ABSENT, Lines, grid
from heartsay.models.registry import BACKBONES
from heartsay.settings import constructor_options

PUBLISHED = ("iemocap", "meld")
TRAINING = ("epochs", "batch_size", "learning_rate", "weight_decay")


def sizes(corpora: Sequence[str], models: Sequence[str]) -> Lines:
    """A table of every setting that differs from the published one of MELD or between the corpora.

    Args:
        corpora: those that were run, by the names that configurations have for them.
        models: the backbones.
    """
    own = list(dict.fromkeys(VOICES if c in CROSS_VALIDATED else c for c in corpora if c not in PUBLISHED))
    columns = (*own, *PUBLISHED)
    table = []
    for model in models:
        known = own if model == OUR_BACKBONE else columns
        by_corpus = [settings(model, corpus) for corpus in known]
        for name in by_corpus[0] if by_corpus else ():
            values = [of[name] for of in by_corpus]
            if len(set(values)) > 1:
                absent = [ABSENT] * (len(columns) - len(values))
                table.append([model, name.replace("_", " "), *values, *absent])
    return grid(("backbone", "setting", *own, *(f"published, {c.upper()}" for c in PUBLISHED)), table)


def settings(model: str, corpus: str) -> dict[str, str]:
    """Everything that a backbone's base runs on a corpus are set to, as it is shown."""
    chosen = compose(Parts(model, BASE, corpus))
    options = {
        name: chosen.backbone.settings.get(name, option.default)
        for name, option in constructor_options(BACKBONES[model].load(), 1).items()
    }
    training = {name: getattr(chosen, name) for name in TRAINING}
    loss = {"supervision": chosen.task_loss.name, "removed by": chosen.removal}
    return {
        name: f"{value:g}" if isinstance(value, float) else "its own" if value is None else str(value)
        for name, value in {**options, **training, **loss}.items()
    }
